import { closeCodeMeaning } from '../../protocol/closing.ts';
import { RELOOK, type Rule } from './rule.ts';

/** What a server that lets users in does wrong. */
export const conduct: readonly Rule[] = [
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
];
