import type { Facts, Retry } from '../facts.ts';
import { tlsRules } from './tls.ts';
import { asMeant, triedIn, type Rule } from './rule.ts';

/** Whether one change of the handshake made it pass. */
const passedBy = (way: Retry['way'], { upgrade, retries = [] }: Facts): Retry | undefined =>
  upgrade === undefined || upgrade.said === 'upgrade'
    ? undefined
    : retries.find((one) => one.way === way && one.status === 101);

/** Whether HTTP was heard on that port at all. */
const hearsHttp = ({ upgrade, retries = [] }: Facts): Retry | undefined =>
  upgrade?.status === undefined ? retries.find((one) => one.status !== undefined) : undefined;

/** Answers that are no refusal: a page, or nothing at that path. */
const NO_ENDPOINT = /^(?:2\d\d|404|405|410)$/;

/** From a name to a WebSocket: those nearest to the wire first. */
export const connection: readonly Rule[] = [
  {
    cause: 'no-such-host',
    find: ({ unresolved, proxy }) =>
      unresolved === undefined
        ? undefined
        : {
            what: `There is no host called ${unresolved}.`,
            why: `The name service knows no address of it.${proxy === undefined ? '' : ` ${proxy}`}`,
            do: [
              'look at the name in --url',
              'try its address (ws://192.168.…) or localhost',
              ...(proxy === undefined
                ? []
                : ['where only the proxy knows it: run this on a machine that reaches it directly']),
            ],
          },
  },
  {
    cause: 'nothing-listens',
    find: ({ addresses }, { port, again }) =>
      addresses && addresses.length > 0 && addresses.every(({ outcome }) => outcome === 'refused')
        ? {
            what: `Nothing listens on port ${port}.`,
            why: `The machine is there and refused the connection at once (${addresses.map(({ address }) => address).join(', ')}).`,
            do: [
              'start the server, and read its output',
              'look at the port in --url',
              'from another machine: the server must listen at 0.0.0.0, not at 127.0.0.1',
              again('reach'),
            ],
            not: 'a firewall: that would have let us wait.',
          }
        : undefined,
  },
  {
    cause: 'filtered',
    find: ({ addresses, proxy }, { port }) =>
      addresses &&
      addresses.some(({ outcome }) => outcome === 'filtered') &&
      !addresses.some(({ outcome }) => outcome === 'open')
        ? {
            what: 'Nothing answers at that address and port: often a firewall.',
            why: `Connection attempts got no answer at all, neither yes nor no.${proxy === undefined ? '' : ` ${proxy}`}`,
            do: [
              `try it on the server’s own machine: npx loadtest check --url ws://localhost:${port}`,
              `let port ${port} through the firewall (docs/check.md)`,
              'look whether the machine is on and in this network',
            ],
          }
        : undefined,
  },
  ...tlsRules,
  {
    cause: 'never-answers',
    find: (facts, { holder, again }) => {
      const { upgrade, retries = [] } = facts;
      if (upgrade?.said !== 'nothing' || passedBy('path', facts) || passedBy('origin', facts)) return undefined;
      const http = hearsHttp(facts);
      return {
        what: http
          ? `It speaks HTTP, and never answers the WebSocket handshake.`
          : 'The port is open, and whoever listens there never answers.',
        why: `The connection was accepted, our handshake was sent, and no byte came back. ${triedIn(retries)}`,
        do: [
          ...(http ? ['look at the path in --url', 'a proxy may wait for the server behind it: look at both'] : []),
          `look at ${holder}`,
          'a server that hangs: read its output, end it, start it again',
          again('reach'),
        ],
      };
    },
  },
  {
    cause: 'other-path',
    find(facts, { url }) {
      const found = passedBy('path', facts);
      return (
        found && {
          what: `There is a WebSocket at ${found.path}, and none at the path of rule P1 (/ws/SESSION/USER).`,
          why: `One change made the difference: ${facts.upgrade?.status === undefined ? 'no HTTP' : `HTTP ${facts.upgrade.status}`} at the one, ${found.outcome} at the other.`,
          do: [`look at the path in --url: ${url.replace(/\/$/, '')}${found.path}?user={user}, or whatever it takes`],
        }
      );
    },
  },
  {
    cause: 'wants-origin',
    find(facts, { again }) {
      const found = passedBy('origin', facts);
      return (
        found && {
          what: 'The server lets in only who names the Origin of a page that it knows.',
          why: `One change made the difference: with "${found.change}" the handshake passed (${found.outcome}), without it not (${facts.upgrade?.text ?? 'no answer'}).`,
          do: [
            `give it: --header "${found.change}", or the address of your web application`,
            'a desktop client sends none: let the server take it without',
            again('reach'),
          ],
          not: 'credentials: the same handshake passed without any more of them.',
        }
      );
    },
  },
  {
    cause: 'wants-subprotocol',
    find(facts) {
      const found = passedBy('subprotocol', facts);
      return (
        found && {
          what: 'The server lets in only who offers a sub-protocol.',
          why: `One change made the difference: with a sub-protocol offered the handshake passed (${found.outcome}), without it not (${facts.upgrade?.text ?? 'no answer'}).`,
          do: ['give its name: --subprotocol NAME', 'or let the server take clients without one'],
        }
      );
    },
  },
  {
    cause: 'refuses-handshake',
    find({ upgrade, retries = [] }, { again }) {
      if (upgrade?.said !== 'http' || NO_ENDPOINT.test(String(upgrade.status))) return undefined;
      return {
        what: `The server refuses the handshake with HTTP ${upgrade.status}: ${upgrade.meaning}.`,
        why: `It answered ${upgrade.text}. ${triedIn(retries)}`.trim(),
        do: [...asMeant(upgrade.hint), again('reach')],
      };
    },
  },
  {
    cause: 'plain-http',
    find: ({ upgrade, retries = [] }, { holder }) =>
      upgrade?.said === 'http'
        ? {
            what: `This is a plain HTTP server, or no WebSocket at that path: HTTP ${upgrade.status} where 101 was expected.`,
            why: `It answered ${upgrade.text}. ${triedIn(retries)}`.trim(),
            do: [
              'look at host, port and path in --url',
              `an old or other server may hold the port: ${holder}`,
              'behind a proxy: let it pass "Upgrade: websocket"',
            ],
          }
        : undefined,
  },
  {
    cause: 'drops-handshake',
    find(facts, scene) {
      const http = hearsHttp(facts);
      return facts.upgrade?.said === 'closed' && http
        ? {
            what: 'The server speaks HTTP, and cuts the connection on our WebSocket handshake.',
            why: `Our handshake: ${facts.upgrade.text}. ${triedIn(facts.retries ?? [])}`,
            do: [
              'no WebSocket at that path: many servers cut instead of a 404. Look at the path in --url',
              'or it does not let us in, and cuts without a word: Origin and credentials by --header',
              scene.again('reach'),
            ],
          }
        : undefined;
    },
  },
  {
    cause: 'no-http',
    find: (facts, { holder }) => {
      const { upgrade, retries = [] } = facts;
      if ((upgrade?.said !== 'other' && upgrade?.said !== 'closed') || hearsHttp(facts)) return undefined;
      const isCut = upgrade.said === 'closed';
      return {
        what: isCut
          ? 'Whoever listens there answers nothing: no HTTP, so no WebSocket either.'
          : 'Whoever listens there speaks no HTTP, so no WebSocket either.',
        why: `Our handshake: ${upgrade.text}. ${triedIn(retries)}`.trim(),
        do: [
          ...asMeant(isCut ? upgrade.hint : undefined).slice(0, 1),
          'look at the port in --url',
          `look at ${holder}`,
        ],
      };
    },
  },
];
