import { describe, expect, it } from 'vitest';
import steady from '../../scenarios/steady.ts';
import type { Plan } from '../plan/plan.ts';
import { meet, ODDITIES, ORACLES, QUICK_CHURN } from './testing/oddities.ts';
import { countOf, wrong } from './testing/results.ts';

const PLAN: Partial<Plan> = {
  users: 4,
  sessions: 4,
  rate: 5,
  items: 4,
  // Its own length is its deadline, which this process, being all three, has to keep.
  heartbeat_ms: 1600,
  ramp_up_ms: 400,
  settle_ms: 300,
  duration_ms: 2000,
  deadline_ms: 5000,
};

describe.concurrent('messages are judged by what they say, also', () => {
  it.each(Object.keys(ODDITIES).map((name, nth) => [name, nth] as const))('%s', async (name, nth) => {
    const oddity = ODDITIES[name]!;
    const { spec = steady.spec, unclaimed = [] } = oddity;
    const result = await meet(oddity, `od${nth.toString(36).padStart(4, '0')}`, spec, PLAN);
    expect(ORACLES.filter((counter) => countOf(result, counter) !== 0)).toEqual([]);
    expect(wrong(result).map(({ judge, because }) => `${judge}: ${because}`)).toEqual([]);
    expect(countOf(result, 'deliveries')).toBeGreaterThan(100);
    if (spec === QUICK_CHURN) expect(countOf(result, 'reconnects')).toBeGreaterThan(5);
    const judges = new Set(result.not_claimed.map(({ judge }) => judge));
    for (const judge of unclaimed) expect(judges).toContain(judge);
    if (unclaimed.length === 0) {
      for (const judge of ['order', 'late-join', 'convergence']) expect(judges).not.toContain(judge);
    }
  });
});
