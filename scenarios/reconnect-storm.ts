import { defineScenario } from '../src/scenario/define.ts';

const reconnectStorm = defineScenario({
  name: 'reconnect-storm',
  about:
    'People editing together who are all cut off at the same moment, as by a network, and come back by themselves.',
  users: [
    {
      kind: 'editor',
      share: 4,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      cursors_per_second: 0.2,
    },
    { kind: 'watcher', share: 1 },
  ],
  storms: [{ at: 0.4, share: 1 }],
  // Who never comes back counts as infinite, so that a maximum means everybody.
  thresholds: ['recovery_time:p(95)<10000', 'recovery_time:max<30000', 'broadcast_latency:p(99)<1000'],
});
export const { options } = reconnectStorm;
export default reconnectStorm;
