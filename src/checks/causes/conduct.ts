import { shellWord } from '../../core/shell-word.ts';
import { formatBytes, formatDuration } from '../../core/units.ts';
import { heartbeatFor } from '../../judges/idle-limit.ts';
import { closeCodeMeaning } from '../../protocol/closing.ts';
import { NOT_1008, readOutput, type Rule } from './rule.ts';

/** What a server that lets users in does wrong. */
export const conduct: readonly Rule[] = [
  {
    cause: 'refuses-text',
    find: ({ largest_text: largest = 0, refused_text: refused, kind }, scene) => {
      if (!refused) return undefined;
      const size = formatBytes(refused.bytes);
      const how =
        refused.code === undefined
          ? 'answers no'
          : `ends the connection (${refused.code}, ${closeCodeMeaning(refused.code)}) on a`;
      return {
        what:
          largest > 0
            ? `Your server ${how} message of ${size}; up to ${formatBytes(largest)} it answers.`
            : `Your server ${how} message of ours${kind === 'collaboration' ? ', a ping' : ''}.`,
        why:
          largest > 0
            ? 'One change made the difference: the size. Up to 1 MiB is lawful.'
            : 'It let us in, spoke, and did so at the first message, which is as short as they get.',
        do: [
          ...(largest > 0 ? ['raise its limit: max_size in websockets, maxPayload in ws, a proxy’s limit'] : []),
          readOutput(scene),
          scene.again('protocol'),
        ],
        ...(refused.code === 1011 && { not: NOT_1008 }),
      };
    },
  },
  {
    cause: 'leaks-sessions',
    find: ({ leaked }, { again }) =>
      leaked === undefined
        ? undefined
        : {
            what: 'Your server has no session isolation: what happens in one session reaches users of another.',
            why: `A user in a session of its own got ${leaked} of a session that it is not in.`,
            do: ['keep the connections by session_id, and send only to those of the sender’s', again('server')],
          },
  },
  {
    cause: 'forgets-heartbeat',
    find: ({ heartbeat, heartbeat_if }, { again }) =>
      heartbeat === 'forgotten'
        ? {
            what:
              heartbeat_if === undefined
                ? 'Your server forgets the heartbeat.'
                : `Your server answers the heartbeat only ${heartbeat_if}.`,
            why: `A user was acknowledged, sent {"type":"ping","user_id":…}, and no {"type":"pong"} came${
              heartbeat_if === undefined
                ? '; nor to a ping without user_id, with a timestamp, or after sync:request.'
                : '.'
            }`,
            do: ['answer each message of type ping with {"type":"pong"} to its sender', again('server')],
            not: 'protocol pings (opcode 9): the heartbeat is a JSON message.',
          }
        : undefined,
  },
  {
    cause: 'closes-on-not-json',
    find: ({ not_json }, { again }) =>
      not_json === undefined
        ? undefined
        : {
            what: `Your server ends the connection with ${not_json.code} on anything that is not JSON${not_json.also.map((one) => `, and on ${one}`).join('')}.`,
            why: `One change made the difference: the same connection lived on${not_json.lives_on.map((one) => ` ${one}`).join(',')}, and ended with text that is no JSON.`,
            do: [
              'catch the error of the parser around one message, not around the whole loop',
              'answer {"type":"error"}, and go on',
              again('server'),
            ],
            ...(not_json.code === 1000 && {
              not: 'a normal end, though 1000 says so: a handler that returns closes with 1000.',
            }),
          },
  },
  {
    cause: 'waits-for-slow-reader',
    find: ({ stalled_by_slow_reader: stalled }, { again }) =>
      stalled === undefined
        ? undefined
        : {
            what: 'Your server waits for its slowest reader: one user who does not read holds up everybody.',
            why: 'A third user stopped reading, and the other two stopped hearing from each other; as soon as all three read, the same amount arrived.',
            do: [
              'give each connection a queue and a writer of its own, bounded',
              'or send to all at once with a time limit (websockets.broadcast, asyncio.wait_for)',
              again('server'),
            ],
          },
  },
  {
    cause: 'port-left-busy',
    find: ({ shutdown, restart }, scene) =>
      (shutdown && (!shutdown.port_free || !shutdown.ended)) || restart?.listens === false
        ? {
            what: 'Your server leaves the port busy after Ctrl+C.',
            why:
              shutdown && (!shutdown.port_free || !shutdown.ended)
                ? `${formatDuration(shutdown.after_ms)} after Ctrl+C ${shutdown.holder === undefined ? 'it was still there' : `port ${scene.port} still belonged to ${shutdown.holder}`}.`
                : `Started again at once, it did not listen${restart?.last_line ? `: ${restart.last_line}` : ''}.`,
            do: [
              'close the listening socket and all connections on SIGINT and SIGTERM, then leave',
              'listen with SO_REUSEADDR (asyncio: reuse_address=True)',
              'for now, end the process that has the port (docs/check.md)',
              scene.again('server'),
            ],
          }
        : undefined,
  },
  {
    cause: 'no-relay',
    find: ({ relayed }, scene) =>
      relayed === false
        ? {
            what: 'Your server does not pass changes on.',
            why: 'Two users were in one session, one sent a command, the other got none.',
            do: ['send each command to all others of the session', readOutput(scene), scene.again('server')],
          }
        : undefined,
  },
  {
    cause: 'echoes-to-sender',
    find: ({ echoed }, { again }) =>
      echoed
        ? {
            what: 'Your server sends changes back to who made them.',
            why: 'A user sent a command and got it, as the other user of the session did.',
            do: ['send a command to all of the session but its sender', again('server')],
          }
        : undefined,
  },
  {
    cause: 'alters-changes',
    find: ({ altered }, { again }) =>
      altered === undefined
        ? undefined
        : {
            what: `Your server alters changes on their way (${altered}).`,
            why: 'Each field of a command was held against what the other user got.',
            do: ['pass a command on with all of its fields, known or unknown', again('workflow')],
          },
  },
  {
    cause: 'silent-presence',
    find: ({ untold }, scene) =>
      untold === undefined
        ? undefined
        : {
            what: `Your server does not tell the others who ${untold === 'user:joined' ? 'joins' : 'leaves'}.`,
            why: `Two users were in one session, and the first got no ${untold} for the second.`,
            do: [
              `send {"type":"${untold}","user_id":…} to the others of the session`,
              readOutput(scene),
              scene.again('server'),
            ],
          },
  },
  {
    cause: 'idle-limit',
    find: ({ idle_limit: limit }, { url }) =>
      limit === undefined
        ? undefined
        : {
            what: `Connections are cut ${formatDuration(limit.quiet_ms)} after their last byte: an idle limit, of the server’s or on the way.`,
            why: `One change made the difference: a user who sent a ping every ${formatDuration(limit.kept_by_ms)} stayed, where those who said nothing for longer were cut.`,
            do: [
              'raise it: nginx’s proxy_read_timeout, haproxy’s timeout tunnel, client and server, a load balancer’s idle timeout, the server’s own',
              `or let every client send heartbeats more often, as npx loadtest idle --url ${shellWord(url)} --heartbeat ${heartbeatFor(limit.quiet_ms)} does`,
            ],
            not: 'a crash: the server let others in all the while.',
          },
  },
  {
    cause: 'thrown-out',
    find: ({ unexpected_close: closed, idle_limit }, scene) =>
      closed === undefined || idle_limit !== undefined
        ? undefined
        : {
            what: `Your server throws users out: ${closed.code} (${closeCodeMeaning(closed.code, true)}).`,
            why: `Everything went well for ${formatDuration(closed.after_ms)}, then it closed the connection ${closed.where}${closed.reason === '' ? '' : `: "${closed.reason}"`}.`,
            do: [
              readOutput(scene),
              ...(closed.code === 1011 ? ['an exception is there, or a limit on pongs: we answer every ping'] : []),
              scene.again('workflow'),
            ],
            ...(closed.code === 1011 && { not: NOT_1008 }),
          },
  },
  {
    cause: 'throws-qt-out',
    find: ({ qt, join }, scene) =>
      qt?.stayed === false && qt.ours_stayed && join?.outcome === 'acknowledged'
        ? {
            what: `Your server throws a real Qt client out: Qt shows ${qt.code} (${qt.name}).`,
            why: 'One change made the difference: the client. Ours did the same on your server and stayed, and this Qt stays on the bundled echo server.',
            do: [
              readOutput(scene),
              'compare what the two send: loadtest watch shows the conversation of each',
              scene.again('qt'),
            ],
          }
        : undefined,
  },
];
