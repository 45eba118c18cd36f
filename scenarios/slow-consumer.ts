import { defineScenario, type Edits } from '../src/scenario/define.ts';

const edits: Edits = { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } };

const slowConsumer = defineScenario({
  name: 'slow-consumer',
  about: 'People editing busily together, some of whom stop reading, half-close or vanish: the others must not notice.',
  users: [
    { kind: 'editor', share: 7, edits, cursors_per_second: 0.2 },
    { kind: 'stops-reading', share: 1, edits, stops: { how: 'reading', at: 0.25 } },
    { kind: 'half-closes', share: 1, edits, stops: { how: 'half-close', at: 0.25 } },
    { kind: 'vanishes', share: 1, edits, stops: { how: 'vanish', at: 0.25 } },
  ],
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
  // The system’s own buffers take some megabytes for each connection before a server feels that nobody reads.
  defaults: { sessions: 2, rate: 50, duration: '60s' },
});
export const { options } = slowConsumer;
export default slowConsumer;
