import { defineScenario } from '../src/scenario/define.ts';

const drag = defineScenario({
  name: 'drag',
  about: 'People dragging items about: bursts of 10 to 60 steps a second, each an update and a move, then a pause.',
  users: [
    {
      kind: 'dragger',
      share: 3,
      edits: {
        arrivals: { pattern: 'drag', steps: [10, 60], per_second: [10, 60] },
        mix: { add: 0, move: 1, update: 1, remove: 0 },
      },
      cursors_per_second: 0.2,
    },
    { kind: 'watcher', share: 1 },
  ],
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
  defaults: { rate: 2 },
});

export const { options } = drag;
export default drag;
