import { defineScenario } from '../src/scenario/define.ts';

const burst = defineScenario({
  name: 'burst',
  about: 'What the C client does with --burst 4: everybody makes four changes at once, then pauses.',
  users: [
    {
      kind: 'editor',
      share: 1,
      edits: {
        // Two steps of a gesture, an update and a move each, with no time between.
        arrivals: { pattern: 'drag', steps: [2, 2], per_second: [1e9, 1e9] },
        mix: { add: 0, move: 1, update: 1, remove: 0 },
      },
    },
  ],
  thresholds: ['broadcast_latency:p(99)<1000'],
  defaults: { items: 0, heartbeat: '1m' },
});

export const { options } = burst;
export default burst;
