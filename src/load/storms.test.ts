import { expect, it } from 'vitest';
import storm from '../../scenarios/reconnect-storm.ts';
import { foundIn } from './testing/history.ts';
import { ReferenceServer } from './testing/reference.ts';
import { planOf, simulate } from './testing/simulate.ts';

const SEEDS = 8;

it('P10 a change that its sender was cut off after is known again by the states of those who come back', () => {
  let doubted = 0;
  let blind = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const plan = planOf({ users: 6, sessions: 4, rate: 30, items: 10, duration_ms: 3000, seed });
    const run = simulate(plan, storm.spec, (time) => new ReferenceServer(time));
    expect(foundIn(run)).toEqual({});
    doubted += run.count('lost_upper');
    blind += plan.users_total - run.count('replicas_compared');
  }
  // What was on its way to five others each when all were cut.
  expect(doubted).toBeGreaterThan(20);
  // Of removals there is no trace, and of two changes at once nobody knows which was first.
  expect(blind / (SEEDS * 24)).toBeLessThan(0.1);
});
