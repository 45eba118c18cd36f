import { defineScenario } from '../src/scenario/define.ts';

const joinStorm = defineScenario({
  name: 'join-storm',
  about: 'Everybody joins at the same moment, as after an invitation, and then edits.',
  users: [
    {
      kind: 'editor',
      share: 4,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      cursors_per_second: 0.2,
    },
    { kind: 'watcher', share: 1 },
  ],
  thresholds: ['join_time:p(95)<5000', 'sync_time:p(95)<5000', 'broadcast_latency:p(99)<1000'],
  defaults: { 'ramp-up': '0s', settle: '5s' },
});
export const { options } = joinStorm;
export default joinStorm;
