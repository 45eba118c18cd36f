import { describe, expect, test } from 'vitest';
import { resultJsonSchema } from '../result/assemble.ts';
import { decodeHistogram } from '../result/histogram.ts';
import { headerOf, intervalOf, trendOf } from '../result/fixture.ts';
import { resultSchema, type Result } from '../result/result.ts';
import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { conclude } from './conclude.ts';
import { alsoSeen, cleanIntervals, measurementOf } from './fixture.ts';

const concluded = (intervals: Interval[], plan: Partial<Plan> = {}, end: object = {}): Result =>
  conclude({ header: headerOf(plan), measurement: measurementOf(intervals, plan), end: { ended_ms: 14_000, ...end } });

describe('a result', () => {
  const clean = concluded(cleanIntervals());

  test('of a clean run passes, and is as its published schema says', () => {
    expect(resultSchema.parse(clean)).toEqual(clean);
    expect(clean).toMatchObject({
      outcome: 'pass',
      run: 'k3f9zq',
      seed: 417_093,
      started_at: '2026-03-01T20:48:03.000Z',
      ended_at: '2026-03-01T20:48:17.000Z',
    });
    expect(clean.summary).toBe('Everybody saw every change. p99 2.17 ms, nobody was disconnected.');
    expect(clean.interrupted).toBeUndefined();
  });

  test('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(clean))).toEqual(clean);
  });

  test('always has trends, counters and rates; a gauge that was not read is absent', () => {
    expect(clean.metrics.ack_rtt).toMatchObject({ count: 0, p99: null, histogram: null });
    expect(clean.metrics.lost).toEqual({ kind: 'counter', count: 0, rate: 0 });
    expect(clean.metrics.delivery_rate).toEqual({ kind: 'rate', value: 1, hits: 2700, total: 2700 });
    expect(clean.metrics.server_rss).toBeUndefined();
    expect(concluded([]).metrics.disconnect_rate).toEqual({ kind: 'rate', value: null, hits: 0, total: 0 });
  });

  test('counts what was due in the window, and oracles and joins over the whole run', () => {
    const early = intervalOf(1000, 2000, {
      ramp: { counters: { deliveries: 9, commands_sent: 1, misrouted: 1, cursors_sent: 4 } },
    });
    const { metrics } = concluded([...cleanIntervals(), early]);
    expect(metrics.deliveries).toEqual({ kind: 'counter', count: 2700, rate: 270 });
    expect(metrics.cursors_sent).toMatchObject({ count: 0 });
    expect(metrics.misrouted).toMatchObject({ count: 1 });
    expect(metrics.connections).toEqual({ kind: 'counter', count: 30, rate: Math.round((30 / 14) * 1e6) / 1e6 });
  });

  test('holds histograms that other tools read', () => {
    const { broadcast_latency } = clean.metrics;
    if (broadcast_latency?.kind !== 'trend') throw new Error('no trend');
    const buckets = decodeHistogram(broadcast_latency.histogram!);
    expect(buckets.filter((_, at) => at % 2 === 1).reduce((a, b) => a + b)).toBe(2700);
  });

  test('has a timeline without histograms, of what there was', () => {
    expect(clean.timeline.map(({ stage, users }) => [stage, users])).toEqual([
      ['ramp', 0],
      ['steady', 30],
      ['drain', 30],
    ]);
    expect(Object.keys(clean.timeline[0]!.metrics)).toEqual([
      'join_time',
      'connections',
      'arrivals_told',
      'departures_told',
    ]);
    expect(clean.timeline[1]!.metrics.broadcast_latency).not.toHaveProperty('histogram');
  });

  test('of a window that ended early has its rates over what was measured', () => {
    const result = concluded(
      cleanIntervals(),
      {},
      { interrupted: 'stopped by SIGINT', window_end_ms: 8000, ended_ms: 9000 },
    );
    expect(result.metrics.deliveries).toMatchObject({ rate: 540 });
    expect(result.interrupted).toBe('stopped by SIGINT');
    expect(result.summary).toMatch(/^Everybody saw every change until the run was stopped\./);
  });

  test('without any end is one that was cut off', () => {
    const result = conclude({ header: headerOf(), measurement: measurementOf(cleanIntervals()) });
    expect(result).toMatchObject({
      interrupted: expect.stringContaining('cut off'),
      ended_at: '2026-03-01T20:48:17.000Z',
    });
  });

  test('that was cut off passes nothing, says from when on nothing is known, and claims nothing of its end', () => {
    const [ramp, steady] = cleanIntervals();
    const half = { ...steady!, to_ms: 9200 };
    const result = conclude({ header: headerOf(), measurement: measurementOf([ramp!, half]) });
    expect(resultSchema.parse(result)).toEqual(result);
    expect(result.outcome).toBe('inconclusive');
    expect(result.summary).toMatch(
      /^Not all of the run is known: nothing is kept from \d\d:48:12 on \(its journal has no end\)\. So nothing can be said of delivery, /,
    );
    expect(result.gaps).toEqual([{ from_ms: 9200, doubtful: false, because: 'its journal has no end' }]);
    expect(result.not_claimed).toContainEqual({
      judge: 'convergence',
      claim: 'everybody in a session ended with the same document',
      because: expect.stringMatching(/^documents are compared at the end, which the journal does not hold/),
    });
  });

  test('states the window that its rates are of', () => {
    const stopped = { interrupted: 'stopped by Ctrl+C', window_end_ms: 7490, ended_ms: 9000 };
    expect(concluded(cleanIntervals(), {}, stopped).window).toEqual({ from_ms: 3000, to_ms: 7490 });
  });

  test('of nothing is inconclusive', () => {
    expect(concluded([])).toMatchObject({ outcome: 'inconclusive' });
  });

  test('has a JSON Schema of the same source', () => {
    expect(resultJsonSchema()).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['schema', 'verdicts', 'timeline']),
    });
  });
});

describe('a summary names the cause first', () => {
  test('of losses and slowness', () => {
    const result = concluded([
      ...cleanIntervals(),
      alsoSeen({
        counters: { lost: 3, lost_upper: 3, deliveries_expected: 3 },
        trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 143)) },
      }),
    ]);
    expect(result.outcome).toBe('fail');
    expect(result.summary).toBe('3 deliveries were lost. broadcast_latency p(99) was 143 ms, limit 100 ms.');
  });

  test('of one failure, and what held', () => {
    const { summary } = concluded([...cleanIntervals(), alsoSeen({ counters: { misrouted: 1 } })]);
    expect(summary).toBe(
      '1 change arrived in another session. What held: convergence, delivery, order, presence, late-join, heartbeat, disconnects and thresholds.',
    );
  });

  test('of a generator that was not fit', () => {
    const slow = { trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 143)) } };
    const result = concluded([...cleanIntervals(), alsoSeen({ ...slow, gauges: { generator_event_loop_delay: 60 } })]);
    expect(result.outcome).toBe('inconclusive');
    expect(result.summary).toMatch(
      /^The generator was the limit: it was held up for up to 65 ms at a time .*, which leaves thresholds undecided\. So nothing can be said of thresholds\.$/,
    );
  });

  test('of a pass says that the generator’s own delay is in it', () => {
    const held = alsoSeen({ gauges: { generator_event_loop_delay: 60 } });
    expect(concluded([...cleanIntervals(), held]).summary).toMatch(
      /^Everybody saw every change\. p99 at most 2\.17 ms, with the generator’s own delay in it, nobody was disconnected\.$/,
    );
  });

  test('of a run without changes', () => {
    const idle = intervalOf(3000, 13_000, {
      steady: { counters: { heartbeats: 30 }, gauges: { generator_event_loop_utilization: 0.1 } },
    });
    const plans = { edits: false, cursors: false, heartbeats: true, leaves: false };
    const result = concluded([cleanIntervals()[0]!, idle], { plans });
    expect(result.outcome).toBe('pass');
    expect(result.summary).toBe(
      'Everything that was judged held. Nobody was disconnected, 30 heartbeats were answered.',
    );
  });
});
