import { defineScenario } from '../src/scenario/define.ts';

const hostState = defineScenario({
  name: 'host-state',
  about:
    'People editing together while a third joins later, and the host answers each of them with its own whole state.',
  users: [
    {
      kind: 'editor',
      share: 2,
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
  host_sends_state: true,
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
});
export const { options } = hostState;
export default hostState;
