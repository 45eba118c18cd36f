import { refusalMeaning } from '../../protocol/refusals.ts';
import type { Rule } from './rule.ts';

/** Redirections, credentials that are missing, too many requests, and servers in trouble. */
/** Node's code for a certificate that is good, and not for the name it was asked for by. */
const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';
/** OpenSSL's for one whose chain does not end at an authority that is trusted. */
const UNTRUSTED = /^(?:UNABLE_TO_\w+|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\w*|CERT_UNTRUSTED)$/;
const REFUSES = /^(?:3\d\d|401|403|407|429|5\d\d)$/;

/** From a name to a WebSocket: those nearest to the wire first. */
export const connection: readonly Rule[] = [
  {
    cause: 'no-such-host',
    find: ({ unresolved }) =>
      unresolved === undefined
        ? undefined
        : {
            what: `There is no host called ${unresolved}.`,
            why: 'The name service knows no address of it.',
            do: ['look at the name in --url', 'try its address (ws://192.168.…) or localhost'],
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
    find: ({ addresses }, { port }) =>
      addresses &&
      addresses.some(({ outcome }) => outcome === 'filtered') &&
      !addresses.some(({ outcome }) => outcome === 'open')
        ? {
            what: 'Nothing answers at that address and port: often a firewall.',
            why: 'Connection attempts got no answer at all, neither yes nor no.',
            do: [
              `try it on the server’s own machine: npx loadtest check --url ws://localhost:${port}`,
              `let port ${port} through the firewall (docs/check.md)`,
              'look whether the machine is on and in this network',
            ],
          }
        : undefined,
  },
  {
    cause: 'certificate-expired',
    find: ({ tls }, { again }) =>
      tls?.expired_since === undefined
        ? undefined
        : {
            what: `The server’s TLS certificate expired on ${tls.expired_since.slice(0, 10)}.`,
            why: `It was valid until ${tls.expired_since}; every client that looks refuses it.${
              tls.upgrades_otherwise ? ' With the certificate taken as it is, the handshake passes.' : ''
            }`,
            do: ['renew the certificate, and let the server load it', again('reach')],
          },
  },
  {
    cause: 'no-tls',
    find: ({ tls, detour }, { url }) =>
      tls?.error !== undefined && detour?.way === 'plain'
        ? {
            what: 'The server speaks ws://, without TLS.',
            why: `TLS failed (${tls.error}); the same handshake without TLS got ${detour.outcome}.`,
            do: [`write ${url.replace(/^wss:/, 'ws:')} for ${url}`],
          }
        : undefined,
  },
  {
    cause: 'certificate-name',
    find: ({ tls }, { url, again }) =>
      tls?.error === WRONG_NAME
        ? {
            what: 'The server’s TLS certificate is for another name.',
            why: `It is for ${tls.names}, and was asked for as ${new URL(url).hostname}; every client that looks refuses it.`,
            do: [
              'reach the server by a name that is in its certificate',
              'a certificate for this name',
              again('reach'),
            ],
          }
        : undefined,
  },
  {
    cause: 'certificate-untrusted',
    find: ({ tls }) =>
      tls?.error !== undefined && UNTRUSTED.test(tls.error)
        ? {
            what: 'Nobody here knows who has signed the server’s TLS certificate.',
            why: `No authority that this system trusts has signed it, or one between it and them is missing: ${tls.error}.`,
            do: [
              'an authority of your own: its certificate with --ca FILE here, and to every client',
              'an authority that is known: let the server send the certificates in between too (the full chain)',
            ],
          }
        : undefined,
  },
  {
    cause: 'tls',
    find: ({ tls }, { again }) =>
      tls?.error === undefined && tls?.not_before === undefined
        ? undefined
        : {
            what: 'TLS does not come about.',
            why:
              tls.not_before === undefined
                ? `The system says ${tls.error}.`
                : `The certificate is valid from ${tls.not_before} only.`,
            do: [again('reach'), 'a server without TLS: ws:// for wss://'],
          },
  },
  {
    cause: 'wants-tls',
    find: ({ detour }, { url }) =>
      detour?.way === 'tls'
        ? {
            what: 'The server speaks wss://: it wants TLS.',
            why: `Our handshake got no HTTP answer; the same through TLS got ${detour.outcome}.`,
            do: [`write ${url.replace(/^ws:/, 'wss:')} for ${url}`],
          }
        : undefined,
  },
  {
    cause: 'never-answers',
    find: ({ upgrade }, { holder, again }) =>
      upgrade?.said === 'nothing'
        ? {
            what: 'The port is open, and whoever listens there never answers.',
            why: 'The connection was accepted, our handshake was sent, and no byte came back: neither to it, nor to a plain HTTP request, nor to TLS.',
            do: [`look at ${holder}`, 'a server that hangs: read its output, end it, start it again', again('reach')],
          }
        : undefined,
  },
  {
    cause: 'other-path',
    find: ({ upgrade, detour }, { url }) =>
      upgrade?.said === 'http' && detour?.way === 'path'
        ? {
            what: `There is a WebSocket at ${detour.path}, and none at the path of rule P1 (/ws/SESSION/USER).`,
            why: `HTTP ${upgrade.status} at the one, ${detour.outcome} at the other.`,
            do: [
              `look at the path in --url: ${url.replace(/\/$/, '')}${detour.path}?user={user}, or whatever it takes`,
            ],
          }
        : undefined,
  },
  {
    cause: 'refuses-handshake',
    find: ({ upgrade }, { again }) => {
      if (upgrade?.said !== 'http' || upgrade.status === undefined || !REFUSES.test(String(upgrade.status))) {
        return undefined;
      }
      const status = `HTTP ${upgrade.status}`;
      const { meaning, hint } = refusalMeaning(status)!;
      return {
        what: `The server refuses the handshake with ${status}: ${meaning}.`,
        why: 'It answered as a server does that knows what was asked, and says no.',
        do: [hint.replace(/\.$/, ''), again('reach')],
      };
    },
  },
  {
    cause: 'plain-http',
    find: ({ upgrade }, { holder }) =>
      upgrade?.said === 'http' && upgrade.status !== undefined
        ? {
            what: `This is a plain HTTP server, or no WebSocket at that path: HTTP ${upgrade.status} where 101 was expected.`,
            why: 'It answered our opening handshake as it answers a browser, and at other paths too.',
            do: [
              'look at host, port and path in --url',
              `an old or other server may hold the port: ${holder}`,
              'behind a proxy: let it pass "Upgrade: websocket"',
            ],
          }
        : undefined,
  },
  {
    cause: 'no-http',
    find: ({ upgrade }, { holder }) =>
      upgrade?.said === 'other' || upgrade?.said === 'closed'
        ? {
            what: 'Whoever listens there speaks no HTTP, so no WebSocket either.',
            why:
              upgrade.text === undefined
                ? 'It closed the connection instead of an answer, with TLS and without.'
                : `It answered "${upgrade.text}".`,
            do: ['look at the port in --url', `look at ${holder}`],
          }
        : undefined,
  },
];
