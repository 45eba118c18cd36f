import { formatDuration } from '../../core/units.ts';
import { closeCodeMeaning } from '../../protocol/closing.ts';
import { NOT_1008, type Rule } from './rule.ts';

/** What stands out, and fails nobody here. */
export const notes: readonly Rule[] = [
  {
    cause: 'pings-with-short-timeout',
    kind: 'note',
    find: ({ pings }) =>
      pings?.closes_without_pong === undefined
        ? undefined
        : {
            what: `Your server pings by itself and closes with ${pings.closes_without_pong.code} where no pong comes within its limit (${formatDuration(pings.closes_without_pong.after_ms)}).`,
            why: 'One change made the difference: of two connections, the one that answered pings stayed, the one that did not was closed.',
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
            what: `Your server sends protocol pings of its own${pings.every_ms === undefined ? '' : `, every ${formatDuration(pings.every_ms)}`}.`,
            why: `${pings.count} came in the ${formatDuration(pings.watched_ms)} that we watched; they were answered.`,
            do: ['nothing: Qt answers them. ping_interval=None switches them off'],
          }
        : undefined,
  },
  {
    cause: 'closes-silent-clients',
    kind: 'note',
    find: ({ closes_silent: closed, idle_limit }) =>
      closed === undefined || idle_limit !== undefined
        ? undefined
        : {
            what: `Your server, or something on the way, closes connections that say nothing after ${formatDuration(closed.after_ms)}: ${closed.code} (${closeCodeMeaning(closed.code)}).`,
            why: 'Two connections that were opened and left alone ended so, whether they answered pings or not.',
            do: [
              'keep that limit well above the heartbeat of 30 s, or send heartbeats more often: --heartbeat in a run',
            ],
          },
  },
  {
    cause: 'compression',
    kind: 'note',
    find: ({ compresses_if_offered }) =>
      compresses_if_offered
        ? {
            what: 'Your server compresses where a client offers it.',
            why: 'One change made the difference: offered permessage-deflate, it took it; not offered, it does not.',
            do: ['nothing for Qt, which offers none; compression=None switches it off'],
          }
        : undefined,
  },
];
