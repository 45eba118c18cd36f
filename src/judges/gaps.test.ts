import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import type { Gap } from '../result/result.ts';
import { alsoSeen, cleanIntervals, measuredOf } from './fixture.ts';
import { judge, worst, type Judged } from './index.ts';
import { summarise } from './summary.ts';

const gapOf = (from_ms: number, to_ms?: number, doubtful = false): Gap => ({
  from_ms,
  ...(to_ms !== undefined && { to_ms }),
  doubtful,
  because: 'line 7 of its journal is damaged',
});

function judged(intervals: Interval[], gaps: Gap[], plan: Partial<Plan> = {}) {
  const measured = measuredOf(intervals, plan, {}, gaps);
  const { verdicts, not_claimed } = judge(measured);
  const of = (name: string): Judged | undefined => verdicts.find((verdict) => verdict.judge === name);
  return { verdicts, not_claimed, of, outcome: worst(verdicts), summary: summarise(measured, verdicts) };
}

const inWindow = gapOf(5000, 8000);

describe('where not all of a run is known', () => {
  test('nothing passes, each says so, and the summary says from when to when', () => {
    const { verdicts, of, outcome, summary } = judged(cleanIntervals(), [inWindow]);
    expect(outcome).toBe('unknown');
    expect(verdicts.map(({ standing }) => standing)).not.toContain('pass');
    expect(of('delivery')).toMatchObject({
      standing: 'unknown',
      because: '2,700 of 2,700 arrived, once, unchanged, as far as is known',
      explained_by: 'journal',
    });
    expect(summary).toMatch(
      /^Not all of the run is known: nothing is kept from \d\d:48:08 to \d\d:48:11 \(line 7 of its journal is damaged\)\. So nothing can be said of convergence, /,
    );
  });

  test('what was seen to fail stays failed, and the gap is told beside it', () => {
    const seen = alsoSeen({ counters: { lost: 2, misrouted: 1 } });
    const { of, outcome, summary } = judged([...cleanIntervals(), seen], [inWindow]);
    expect(outcome).toBe('fail');
    expect(of('delivery')!.standing).toBe('fail');
    expect(of('isolation')!.standing).toBe('fail');
    expect(of('order')!.standing).toBe('unknown');
    expect(summary).toMatch(/^1 change arrived in another session\. Not all of the run is known: nothing is kept /);
  });

  test('what is doubtful is told apart from what is missing, one moment from a span, and the rest is counted', () => {
    const gaps = [gapOf(0, undefined, true), gapOf(5000, 5100), gapOf(6000), gapOf(7000, 9000), gapOf(9500, 9600)];
    expect(judged(cleanIntervals(), gaps).of('journal')!.because).toMatch(
      /^what is kept from \d\d:48:03 on is doubtful \(.*\), nothing is kept at \d\d:48:08 \(.*\), nothing is kept from \d\d:48:09 on \(.*\) and 2 more gaps$/,
    );
  });

  test('nothing is said of the server as if it were known', () => {
    const [ramp, steady] = cleanIntervals();
    const { not_claimed } = judged([ramp!, steady!], [gapOf(13_000, 14_000)]);
    expect(not_claimed.find((one) => one.judge === 'order')!.because).toBe(
      'the server gives its changes no versions, as far as is known',
    );
  });

  test('without a gap nothing of this is said', () => {
    const { of, outcome } = judged(cleanIntervals(), []);
    expect(outcome).toBe('pass');
    expect(of('journal')).toBeUndefined();
  });
});

const latencies = (fast: number, slow: number): number[] => [
  ...Array.from({ length: fast }, () => 5),
  ...Array.from({ length: slow }, () => 500),
];

/** The window of a run with these, in which a gap of so many of its 11 s is. */
function standingOf(parts: Parts, threshold: string, gap_ms: number) {
  const steady = intervalOf(3000, 13_000, { steady: parts });
  const { of } = judged([cleanIntervals()[0]!, steady], [gapOf(4000, 4000 + gap_ms)], { thresholds: [threshold] });
  return of('thresholds')!.standing;
}

describe('a threshold that fails by what is known', () => {
  const p99 = (slow: number, gap_ms: number) =>
    standingOf(
      { trends: { broadcast_latency: trendOf(latencies(1000 - slow, slow)) } },
      'broadcast_latency:p(99)<100',
      gap_ms,
    );

  test('stays failed where a percentile is beyond its limit even with everything in the gap within it', () => {
    expect(p99(500, 2000)).toBe('fail');
    expect(p99(20, 2000)).toBe('fail');
  });

  test('is unknown where the gap could turn it', () => {
    expect(p99(11, 2000)).toBe('unknown');
    expect(p99(20, 8000)).toBe('unknown');
  });

  const counted: Parts = { counters: { commands_sent: 90, lost: 3, disconnects_unexpected: 1, connections: 10 } };
  test.each([
    ['commands_sent:count<50', 'fail'],
    ['commands_sent:count==50', 'fail'],
    ['commands_sent:count>100', 'unknown'],
    ['commands_sent:count==100', 'unknown'],
    ['commands_sent:rate>100', 'unknown'],
    ['lost:count==0', 'fail'],
    ['disconnect_rate:rate<0.01', 'unknown'],
  ])('%s is %s', (threshold, standing) => {
    expect(standingOf(counted, threshold, 1000)).toBe(standing);
  });

  const some: Parts = { trends: { join_time: trendOf([20, 40]) }, gauges: { server_rss: 9e6 } };
  test.each([
    ['join_time:max<30', 'fail'],
    ['join_time:min>30', 'fail'],
    ['join_time:max>50', 'unknown'],
    ['join_time:min<10', 'unknown'],
    ['join_time:avg<25', 'unknown'],
    ['join_time:count<2', 'fail'],
    ['join_time:count>2', 'unknown'],
    ['server_rss:max<1000000', 'fail'],
    ['server_rss:mean<1000000', 'unknown'],
  ])('%s is %s', (threshold, standing) => {
    expect(standingOf(some, threshold, 1000)).toBe(standing);
  });
});

test('law: with any second missing nothing passes, and nothing fails that would not with all of them', () => {
  const second = fc.record({
    lost: fc.integer({ min: 0, max: 1 }),
    slow: fc.nat(6),
    cut: fc.nat(1),
    isKept: fc.boolean(),
  });
  const thresholds = [
    'broadcast_latency:p(95)<100',
    'deliveries:count>950',
    'disconnect_rate:rate<0.1',
    'lost:count<4',
  ];
  const [ramp, , drain] = cleanIntervals();
  let failures = 0;
  const law = fc.property(fc.array(second, { minLength: 10, maxLength: 10 }), (seconds) => {
    const all = seconds.map(({ lost, slow, cut }, n) => {
      const counters = { commands_sent: 10, deliveries: 100, deliveries_expected: 100 + lost, lost };
      const trends = { broadcast_latency: trendOf(latencies(100 - slow, slow)) };
      const parts = { counters: { ...counters, connections: 2 * cut, disconnects_unexpected: cut }, trends };
      return intervalOf(3000 + n * 1000, 4000 + n * 1000, { steady: parts });
    });
    const gaps = seconds.flatMap(({ isKept }, n) => (isKept ? [] : gapOf(3000 + n * 1000, 4000 + n * 1000)));
    fc.pre(gaps.length > 0);
    const kept = all.filter((_, n) => seconds[n]!.isKept);
    const whole = judged([ramp!, ...all, drain!], [], { thresholds });
    const part = judged([ramp!, ...kept, drain!], gaps, { thresholds });
    expect(part.outcome).not.toBe('pass');
    for (const { judge: name, claim, standing } of part.verdicts) {
      expect(standing).not.toBe('pass');
      if (standing !== 'fail') continue;
      failures++;
      expect(whole.verdicts.find((one) => one.judge === name && one.claim === claim)!.standing).toBe('fail');
    }
  });
  fc.assert(law);
  expect(failures).toBeGreaterThan(50);
});
