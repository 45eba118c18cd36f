import { describe, expect, test } from 'vitest';
import { trendOf } from '../result/fixture.ts';
import { parseThreshold } from '../core/expression.ts';
import { cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { thresholds } from './thresholds.ts';
import { valueOf } from './values.ts';

const clean = (...own: string[]) => measuredOf(cleanIntervals(), { thresholds: own });

/** A run in which nothing happened but joins. */
const empty = (text: string, plan: object = {}) =>
  measuredOf(cleanIntervals().slice(0, 1), { thresholds: [text], ...plan });

describe('a threshold', () => {
  test('that holds passes, with the value', () => {
    const ruling = rulingOf(thresholds, clean('broadcast_latency:p(99)<100'));
    expect(ruling).toMatchObject({ claim: 'broadcast_latency p(99)<100', standing: 'pass', because: 'it was 2.17 ms' });
  });

  test('that does not hold fails, with how many were beyond it', () => {
    const slow = { trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 143)) } };
    const ruling = rulingOf(thresholds, cleanBut(slow));
    expect(ruling).toMatchObject({ standing: 'fail' });
    expect(ruling.because).toBe(
      'it was 143 ms; 100 of 2,800 (3.6 %) took longer; late after sending, not before (sends late by 0.723 ms at p99)',
    );
    expect(ruling.headline).toBe('broadcast_latency p(99) was 143 ms, limit 100 ms.');
  });

  test('names the moments at which nothing was delivered', () => {
    const events = [8100, 8600].map((at_ms) => ({
      at_ms,
      kind: 'stall',
      text: 'nothing delivered to any of 30 users for 0.5 s',
    }));
    const slow = { trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 143)) } };
    expect(rulingOf(thresholds, cleanBut(slow, { events })).because).toMatch(
      /; \d\d:\d\d:11: nothing delivered to any of 30 users for 0\.5 s, and 1 more stall$/,
    );
  });

  test('fails on what never arrived, as that counts as infinite', () => {
    const lost = { trends: { broadcast_latency: trendOf([], 100) } };
    for (const aggregation of ['p(99)', 'max', 'avg']) {
      const run = cleanBut(lost, {}, { thresholds: [`broadcast_latency:${aggregation}<100000`] });
      const ruling = rulingOf(thresholds, run);
      expect(ruling).toMatchObject({ standing: 'fail', follows_from: ['delivery'] });
      expect(ruling.because).toMatch(
        /^it was over the deadline: something never arrived(; 100 of 2,800 \(3\.6 %\) never came)?$/,
      );
    }
  });

  test('is not hidden by rounding', () => {
    const run = measuredOf([], { thresholds: ['join_time:max<=100'] });
    const close = { ...run, metrics: { join_time: { ...cleanMetric, max: 100.04 } } };
    expect(rulingOf(thresholds, close)).toMatchObject({ standing: 'fail', because: 'it was 100.04 ms' });
  });

  test('without a sample is unknown', () => {
    const ruling = rulingOf(thresholds, clean('ack_rtt:p(99)<100'));
    expect(ruling).toMatchObject({ standing: 'unknown', because: 'there was no sample' });
  });

  test('of a counter that is 0 has a sample', () => {
    expect(rulingOf(thresholds, clean('lost:count==0'))).toMatchObject({ standing: 'pass', because: 'it was 0' });
  });

  test('on what the plan does not call for is not claimed', () => {
    const idle = { plans: { edits: false, cursors: false, heartbeats: false, leaves: false } };
    expect(unclaimedBy(thresholds, empty('broadcast_latency:p(99)<1', idle))).toMatch(/sends no changes/);
    expect(unclaimedBy(thresholds, empty('broadcast_latency:p(99)<1', { rate: 0 }))).toMatch(/sends no changes/);
    expect(unclaimedBy(thresholds, empty('broadcast_latency:p(99)<1', { users: 1 }))).toMatch(/nobody receives/);
    expect(unclaimedBy(thresholds, empty('heartbeat_rtt:max<1', idle))).toMatch(/no heartbeats/);
    expect(unclaimedBy(thresholds, empty('recovery_time:max<1'))).toMatch(/nobody had to reconnect/);
    expect(unclaimedBy(thresholds, measuredOf([], { thresholds: [] }))).toBe('there is none');
  });

  test('with @ is unknown where the run ended before', () => {
    expect(rulingOf(thresholds, clean('lost:count==0@30s'))).toMatchObject({
      standing: 'unknown',
      because: 'the run ended before 30 s',
    });
    expect(rulingOf(thresholds, clean('lost:count==0@5s')).standing).toBe('pass');
  });

  test('names the judge whose failure would explain its own', () => {
    const run = cleanBut(
      { counters: { disconnects_unexpected: 3 } },
      {},
      { thresholds: ['disconnect_rate:rate<0.001'] },
    );
    expect(rulingOf(thresholds, run)).toMatchObject({
      standing: 'fail',
      because: 'it was 0.1',
      follows_from: ['disconnects'],
    });
  });

  test('of one stage says so', () => {
    expect(rulingOf(thresholds, clean('join_time{stage:ramp}:max<0.5@5s'))).toMatchObject({
      claim: 'join_time{stage:ramp} max<0.5@5s',
      headline: 'join_time of ramp max was 0.78 ms, limit 0.5 ms.',
    });
  });

  test('each gets a verdict of its own', () => {
    expect(thresholds.judge(clean('lost:count==0', 'join_time:p(95)<5000'))).toHaveLength(2);
  });
});

const cleanMetric = {
  kind: 'trend',
  unit: 'ms',
  count: 9,
  missing: 0,
  min: 1,
  mean: 2,
  p50: 2,
  p90: 2,
  p95: 2,
  p99: 2,
  p999: 2,
  max: 2,
} as const;

describe('the value a threshold is about', () => {
  const run = measuredOf(cleanIntervals());
  test.each([
    ['join_time:count>0', 30],
    ['join_time:min>0', 0.2],
    ['join_time:p(0)>0', 0.2],
    ['join_time:med>0', 0.48],
    ['join_time{stage:ramp}:max>0', 0.78],
    ['join_time{stage:steady}:max>0', undefined],
    ['commands_sent:count>0', 300],
    ['commands_sent:rate>0', 30],
    ['delivery_rate:value>0', 1],
    ['disconnect_rate:rate<1', 0],
    ['availability:value>0', 1],
    ['users_connected:last>0', 30],
    ['generator_event_loop_utilization:mean<1', 0.34],
    ['server_rss:max<1', undefined],
  ])('%s: %d', (text, value) => {
    const found = valueOf(run, parseThreshold(text));
    if (value === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(value, 2);
  });
});
