import { defineScenario } from '../src/scenario/define.ts';

const plain = defineScenario({
  name: 'plain',
  about: 'What the C client does: everybody edits at an even rate, and nothing else is sent.',
  users: [
    {
      kind: 'editor',
      share: 1,
      edits: { arrivals: { pattern: 'even' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
    },
  ],
  thresholds: ['broadcast_latency:p(99)<1000'],
  defaults: { items: 0, heartbeat: '1m' },
});

export const { options } = plain;
export default plain;
