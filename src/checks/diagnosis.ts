import { closeCodeMeaning } from '../protocol/closing.ts';
import type { Facts } from './facts.ts';

/** What is wrong, why it is thought so, what to do, and what it is not. */
export interface Diagnosis {
  /** The rule that found it. */
  cause: string;
  /** `cause`: what fails. `note`: what stands out, and fails nobody here. */
  kind: 'cause' | 'note';
  what: string;
  why: string;
  likely?: string;
  do: string[];
  not?: string;
}

interface Rule {
  cause: string;
  kind?: 'note';
  find(facts: Facts): Omit<Diagnosis, 'cause' | 'kind'> | undefined;
}

const WEBSOCKETS = /websockets\/(\d+)(?:\.[\d.]+)?/;
const RELOOK = 'npx loadtest check --url ws://HOST:PORT --layer server';
const NOT_1008 = '1008, whatever a Qt log says: Qt calls 1011 "CloseCodeBadOperation".';

/** The first that fits names the cause: those nearest to the wire come first. */
const RULES: readonly Rule[] = [
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
    find: ({ addresses }) =>
      addresses && addresses.length > 0 && addresses.every(({ outcome }) => outcome === 'refused')
        ? {
            what: 'Nothing listens there.',
            why: `The machine is there and refused the connection at once (${addresses.map(({ address }) => address).join(', ')}).`,
            do: [
              'start the server, and read its output',
              'look at the port in --url',
              'from another machine: the server must listen at 0.0.0.0, not at 127.0.0.1',
            ],
            not: 'a firewall: that would have let us wait.',
          }
        : undefined,
  },
  {
    cause: 'filtered',
    find: ({ addresses }) =>
      addresses &&
      addresses.some(({ outcome }) => outcome === 'filtered') &&
      !addresses.some(({ outcome }) => outcome === 'open')
        ? {
            what: 'Nothing answers at that address and port: often a firewall.',
            why: 'Connection attempts got no answer at all, neither yes nor no.',
            do: [
              'try it on the server’s own machine with ws://localhost:PORT',
              'let the port through the firewall',
              'look whether the machine is on and in this network',
            ],
          }
        : undefined,
  },
  {
    cause: 'certificate-expired',
    find: ({ tls }) =>
      tls?.expired_since === undefined
        ? undefined
        : {
            what: `The server’s TLS certificate expired on ${tls.expired_since.slice(0, 10)}.`,
            why: `It was valid until ${tls.expired_since}; every client that looks refuses it.`,
            do: ['renew the certificate, and let the server load it'],
          },
  },
  {
    cause: 'tls',
    find: ({ tls }) =>
      tls?.error === undefined && tls?.not_before === undefined
        ? undefined
        : {
            what: 'TLS does not come about.',
            why:
              tls.not_before === undefined
                ? `The system says ${tls.error}.`
                : `The certificate is valid from ${tls.not_before} only.`,
            do: [
              'a certificate of your own authority: --ca FILE',
              'a server without TLS: ws:// for wss://',
              'another name: the one that is in the certificate',
            ],
          },
  },
  {
    cause: 'never-answers',
    find: ({ upgrade }) =>
      upgrade?.said === 'nothing'
        ? {
            what: 'The port is open, and whoever listens there never answers.',
            why: 'The connection was accepted, our handshake was sent, and no byte came back.',
            do: [
              'look which process has the port (above)',
              'a server that hangs: read its output, start it again',
              'a server with TLS: wss:// for ws://',
            ],
          }
        : undefined,
  },
  {
    cause: 'plain-http',
    find: ({ upgrade }) =>
      upgrade?.said === 'http' && upgrade.status !== undefined
        ? {
            what: `This is a plain HTTP server, or no WebSocket at that path: HTTP ${upgrade.status} where 101 was expected.`,
            why: 'It answered our opening handshake as it answers a browser.',
            do: [
              'look at port and path in --url',
              'an old or other server may hold the port (above: which process)',
              'behind a proxy: let it pass "Upgrade: websocket"',
            ],
          }
        : undefined,
  },
  {
    cause: 'no-http',
    find: ({ upgrade }) =>
      upgrade?.said === 'other' || upgrade?.said === 'closed'
        ? {
            what: 'Whoever listens there speaks no HTTP, so no WebSocket either.',
            why:
              upgrade.text === undefined
                ? 'It closed the connection instead of an answer.'
                : `It answered "${upgrade.text}".`,
            do: ['look at the port in --url', 'a server with TLS: wss:// for ws://'],
          }
        : undefined,
  },
  {
    cause: 'unasked-extension',
    find: ({ unasked_extension }) =>
      unasked_extension === undefined
        ? undefined
        : {
            what: `The server compresses although no client asked for it (${unasked_extension}).`,
            why: 'Its handshake names an extension that ours did not offer; RFC 6455 lets a client end the connection.',
            do: ['switch compression off: compression=None in websockets, perMessageDeflate: false in ws'],
          },
  },
  {
    cause: 'other-protocol',
    find: ({ kind, first_message }) => {
      const name = {
        'engine.io': 'Engine.IO (first frame `0{"sid":…`)',
        yjs: 'Yjs (first byte 00)',
        echo: 'echo: it sends back what it gets',
      }[kind as string];
      return name === undefined
        ? undefined
        : {
            what: `This server speaks ${name}.`,
            why:
              first_message === undefined
                ? 'It answered our message with the message.'
                : `Its first message was ${first_message.slice(0, 60)}`,
            do: [
              'look at host, port and path in --url: is another server meant?',
              'for a test of the collaboration, start the collaboration server',
            ],
          };
    },
  },
  {
    cause: 'handler-raises',
    find: ({ join, variations = [], server_header }) => {
      if (join?.outcome !== 'closed' || join.code !== 1011) return undefined;
      const difference = variations.find(({ same }) => !same);
      const version = WEBSOCKETS.exec(server_header ?? '');
      const isNew = version !== null && Number(version[1]) >= 14;
      return {
        what: 'Your server accepts everybody, then its own handler fails (1011).',
        why: difference
          ? `1011 is sent by the WebSocket library when the code behind it raised. What made a difference: ${difference.change} (${difference.outcome}).`
          : '1011 is sent by the WebSocket library when the code behind it raised. Nothing we changed made a difference, so the cause is in the server.',
        ...(isNew && {
          likely: `def handler(websocket, path): websockets 14 and later pass only the first argument, and your server says it is ${version[0].replace('/', ' ')}.`,
        }),
        do: [
          "read the server's output: the exception is there",
          "if it is a TypeError about 'path', write def handler(websocket) and take the path from websocket.request.path",
          RELOOK,
        ],
        not: NOT_1008,
      };
    },
  },
  {
    cause: 'closes-at-once',
    find: ({ join, variations = [] }) => {
      if (join?.outcome !== 'closed') return undefined;
      const difference = variations.find(({ same }) => !same);
      return {
        what: `Your server lets everybody in and closes at once: ${join.code} (${closeCodeMeaning(join.code ?? 1006)}).`,
        why: difference
          ? `One change made the difference: ${difference.change} (${difference.outcome}).`
          : 'Nothing we changed made a difference, so the cause is in the server.',
        do: [
          ...(join.code === 1008 ? ['look at the path that it expects, and at who is allowed'] : []),
          "read the server's output at this moment",
          RELOOK,
        ],
      };
    },
  },
  {
    cause: 'acknowledges-nobody',
    find: ({ join, kind }) =>
      join?.outcome === 'silent' || join?.outcome === 'other'
        ? {
            what: 'Your server lets users in and acknowledges nobody.',
            why: `No connection:ack came, whatever we changed${kind === 'collaboration' ? ', although it answers ping with pong' : ''}. A client waits for it before it does anything.`,
            do: [
              'send {"type":"connection:ack","session_id":…,"user_id":…} as the first message to who connects',
              RELOOK,
            ],
          }
        : undefined,
  },
  {
    cause: 'leaks-sessions',
    find: ({ leaked }) =>
      leaked === undefined
        ? undefined
        : {
            what: 'Your server has no session isolation: what happens in one session reaches users of another.',
            why: `A user in a session of its own got ${leaked} of a session that it is not in.`,
            do: ['keep the connections by session_id, and send only to those of the sender’s', RELOOK],
          },
  },
  {
    cause: 'forgets-heartbeat',
    find: ({ heartbeat }) =>
      heartbeat === 'forgotten'
        ? {
            what: 'Your server forgets the heartbeat.',
            why: 'A user was acknowledged, sent {"type":"ping"}, and no {"type":"pong"} came.',
            do: ['answer each message of type ping with {"type":"pong"} to its sender'],
            not: 'protocol pings (opcode 9): the heartbeat is a JSON message.',
          }
        : undefined,
  },
  {
    cause: 'closes-on-not-json',
    find: ({ not_json }) =>
      not_json === undefined
        ? undefined
        : {
            what: `Your server ends the connection with ${not_json.code} on anything that is not JSON.`,
            why: 'The same connection lived on JSON, and ended with the first message that was none.',
            do: [
              'catch the error of the parser around one message, not around the whole loop',
              'answer {"type":"error"}, and go on',
            ],
            not: 'a normal end, though 1000 says so: a handler that returns closes with 1000.',
          },
  },
  {
    cause: 'waits-for-slow-reader',
    find: ({ stalled_by_slow_reader: stalled }) =>
      stalled === undefined
        ? undefined
        : {
            what: 'Your server waits for its slowest reader: one user who does not read holds up everybody.',
            why: 'A third user stopped reading, and the other two stopped hearing from each other.',
            do: [
              'give each connection a queue and a writer of its own, bounded',
              'or send to all at once with a time limit (websockets.broadcast, asyncio.wait_for)',
            ],
          },
  },
  {
    cause: 'port-left-busy',
    find: ({ shutdown, restart }) =>
      (shutdown && (!shutdown.port_free || !shutdown.ended)) || restart?.listens === false
        ? {
            what: 'Your server leaves the port busy after Ctrl+C.',
            why:
              shutdown && (!shutdown.port_free || !shutdown.ended)
                ? `${(shutdown.after_ms / 1000).toFixed(1)} s after Ctrl+C it was still there.`
                : `Started again at once, it did not listen${restart?.last_line ? `: ${restart.last_line}` : ''}.`,
            do: [
              'close the listening socket and all connections on SIGINT and SIGTERM, then leave',
              'listen with SO_REUSEADDR (asyncio: reuse_address=True)',
              'for now, end the process that has the port (docs/check.md)',
            ],
          }
        : undefined,
  },
  {
    cause: 'no-relay',
    find: ({ relayed }) =>
      relayed === false
        ? {
            what: 'Your server does not pass changes on.',
            why: 'Two users were in one session, one sent a command, the other got none.',
            do: ['send each command to all others of the session', "read the server's output at this moment"],
          }
        : undefined,
  },
  {
    cause: 'thrown-out',
    find: ({ unexpected_close: closed }) =>
      closed === undefined
        ? undefined
        : {
            what: `Your server throws users out: ${closed.code} (${closeCodeMeaning(closed.code, true)}).`,
            why: `Everything went well for ${(closed.after_ms / 1000).toFixed(1)} s, then it closed the connection${closed.reason === '' ? '' : `: "${closed.reason}"`}.`,
            do: [
              "read the server's output at this moment",
              ...(closed.code === 1011 ? ['an exception is there, or a limit on pongs: we answer every ping'] : []),
            ],
          },
  },
  {
    cause: 'pings-with-short-timeout',
    kind: 'note',
    find: ({ pings }) =>
      pings?.closes_without_pong === undefined
        ? undefined
        : {
            what: `Your server pings by itself and closes with ${pings.closes_without_pong.code} where no pong comes within its limit (${(pings.closes_without_pong.after_ms / 1000).toFixed(1)} s).`,
            why: 'Of two connections, the one that answered pings stayed, the one that did not was closed.',
            do: [
              'switch it off (ping_interval=None in websockets), or lengthen ping_timeout',
              'in the client, keep long work out of the event loop: Qt answers pings only while it runs',
            ],
            not: NOT_1008,
          },
  },
  {
    cause: 'pings',
    kind: 'note',
    find: ({ pings }) =>
      pings && pings.count > 0 && !pings.closes_without_pong
        ? {
            what: 'Your server sends protocol pings of its own.',
            why: `${pings.count} came while we watched; they were answered.`,
            do: ['nothing: Qt answers them. ping_interval=None switches them off'],
          }
        : undefined,
  },
  {
    cause: 'compression',
    kind: 'note',
    find: ({ compresses_if_offered }) =>
      compresses_if_offered
        ? {
            what: 'Your server compresses where a client offers it.',
            why: 'Offered permessage-deflate, it took it; not offered, it does not.',
            do: ['nothing for Qt, which offers none; compression=None switches it off'],
          }
        : undefined,
  },
];

/** What the facts come to: the first cause, then the notes. */
export function diagnose(facts: Facts): Diagnosis[] {
  const found = RULES.flatMap(({ cause, kind, find }): Diagnosis[] => {
    const said = find(facts);
    return said ? [{ cause, kind: kind ?? 'cause', ...said }] : [];
  });
  const first = found.find(({ kind }) => kind === 'cause');
  return [...(first ? [first] : []), ...found.filter((one) => one !== first)];
}
