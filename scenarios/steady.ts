import { defineScenario } from '../src/scenario/define.ts';

const steady = defineScenario({
  name: 'steady',
  about: 'People editing together: adds, moves, updates and removes at an even rate, a few cursors; some only watch.',
  users: [
    {
      kind: 'editor',
      share: 4,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      cursors_per_second: 0.2,
    },
    { kind: 'watcher', share: 1 },
  ],
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
});

export const { options } = steady;
export default steady;
