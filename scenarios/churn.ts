import { defineScenario } from '../src/scenario/define.ts';

const churn = defineScenario({
  name: 'churn',
  about: 'People who come and go while others edit: each stays for about ten seconds and is back two seconds later.',
  users: [
    {
      kind: 'visitor',
      share: 1,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      leaves: { after_s: 10, away_s: 2 },
    },
    {
      kind: 'editor',
      share: 1,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
    },
  ],
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
});

export const { options } = churn;
export default churn;
