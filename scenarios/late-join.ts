import { defineScenario } from '../src/scenario/define.ts';

const lateJoin = defineScenario({
  name: 'late-join',
  about: 'People editing together while one in five joins later, at any time, and must be shown what is there by then.',
  users: [
    {
      kind: 'editor',
      share: 4,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      cursors_per_second: 0.2,
    },
    {
      kind: 'latecomer',
      share: 1,
      joins: [0, 0.95],
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
    },
  ],
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000', 'sync_time:p(95)<5000'],
});
export const { options } = lateJoin;
export default lateJoin;
