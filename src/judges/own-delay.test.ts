import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import { alsoSeen, cleanIntervals, measuredOf } from './fixture.ts';
import { judge } from './index.ts';
import { boundsOf, ownDelay } from './own-delay.ts';

/** Slices of a second from 3 to 13 s, each with these. */
const seconds = (parts: (nth: number) => Parts): Measured =>
  measuredOf(
    [
      ...cleanIntervals().slice(0, 1),
      ...Array.from({ length: 10 }, (_, nth) =>
        intervalOf(3000 + nth * 1000, 4000 + nth * 1000, { steady: parts(nth) }),
      ),
    ],
    { thresholds: [] },
  );
const during = (nth: number) => [3000 + nth * 1000 + 100, 4000 + nth * 1000 - 100] as const;

describe('the generator’s own delay', () => {
  test('is what its sends and its event loop were late there, and nothing at other times', () => {
    const run = seconds((nth) =>
      nth === 4 ? { trends: { send_lag: trendOf([30]) }, gauges: { generator_event_loop_delay: 20 } } : {},
    );
    // A standstill is seen to within 5 ms.
    expect(ownDelay(run, ...during(4))).toBeCloseTo(30 + 20 + 3 * 5);
    expect(ownDelay(run, ...during(6))).toBe(0);
  });

  test('is no more than two rounds each time, nor than all that came late together', () => {
    const late = (ms: number, times: number) =>
      seconds(() => ({
        gauges: { generator_event_loop_delay: { count: 200, sum: ms * times, min: 0, max: ms, last: 0 } },
      }));
    expect(ownDelay(late(20, 9), ...during(4))).toBeCloseTo(2 * 25);
    expect(ownDelay(late(20, 6), ...during(4), 5)).toBeCloseTo(120 + 15 * 5);
    expect(ownDelay(late(20, 40), ...during(4), 5)).toBeCloseTo(5 * 2 * 25);
  });

  test('of a few ms is none', () => {
    const run = seconds(() => ({ trends: { send_lag: trendOf([4.9]) }, gauges: { generator_event_loop_delay: 4.9 } }));
    expect(ownDelay(run, ...during(4))).toBe(0);
  });

  test('is that of its sends for its reading too, where its event loop is not read, as in k6', () => {
    const run = seconds(() => ({ trends: { send_lag: trendOf([30]) } }));
    expect(ownDelay(run, ...during(4))).toBeCloseTo(30 + 2 * 30);
  });

  test('is longer by what waits in its sockets beyond what one read takes', () => {
    const waiting = (generator_unread_bytes: number) =>
      seconds(() => ({ counters: { bytes_received: 10e6 }, gauges: { generator_unread_bytes } }));
    expect(ownDelay(waiting(2e6), ...during(4))).toBe(0);
    expect(ownDelay(waiting(5e6), ...during(4))).toBeCloseTo(500);
  });

  test('is not known of a full event loop where nobody counts what it leaves unread', () => {
    const full = { generator_event_loop_utilization: 0.97 };
    expect(
      ownDelay(
        seconds(() => ({ gauges: full })),
        ...during(4),
      ),
    ).toBe(Infinity);
    const counted = seconds((nth) => ({ gauges: { ...full, ...(nth === 0 && { generator_unread_bytes: 0 }) } }));
    expect(ownDelay(counted, ...during(4))).toBe(0);
  });
});

describe('a trend without it', () => {
  test('is the same where there was none', () => {
    const run = measuredOf(cleanIntervals());
    const same = run.trend('broadcast_latency');
    expect(boundsOf(run, 'broadcast_latency')).toEqual({ least: same, most: same });
  });

  test('is less by as much only of what was under way then', () => {
    const run = seconds((nth) => ({
      trends: { broadcast_latency: trendOf([100]), send_lag: trendOf([nth === 4 ? 40 : 1]) },
      gauges: { generator_event_loop_delay: 0 },
    }));
    // Taken in the slice, or begun in it: slices touch where one ends and the next begins.
    const less = percentileOf(boundsOf(run, 'broadcast_latency').least, 20)! / 1000;
    expect(less).toBeGreaterThan(58.5);
    expect(less).toBeLessThanOrEqual(60);
    expect(percentileOf(boundsOf(run, 'broadcast_latency').least, 40)! / 1000).toBeCloseTo(100, -1);
  });

  test('takes more off a join, for which one waits several times', () => {
    const held = alsoSeen({ trends: { join_time: trendOf([500]) }, gauges: { generator_event_loop_delay: 20 } });
    expect(boundsOf(measuredOf([...cleanIntervals(), held]), 'join_time').least.max_us).toBe(
      (500 - 20 - 5 * 3 * 5) * 1000,
    );
  });

  test('never touches the generator’s own figures', () => {
    const run = seconds(() => ({ trends: { send_lag: trendOf([40]) } }));
    expect(boundsOf(run, 'send_lag').least).toEqual(run.trend('send_lag'));
  });

  test('may be more of what is measured only from when it was sent', () => {
    const run = seconds(() => ({
      trends: { broadcast_service_time: trendOf([100]), broadcast_latency: trendOf([100]), send_lag: trendOf([40]) },
      gauges: { generator_event_loop_delay: 0 },
    }));
    expect(boundsOf(run, 'broadcast_service_time').most.max_us).toBe(140_000);
    expect(boundsOf(run, 'broadcast_latency').most.max_us).toBe(100_000);
  });
});

describe('the examples', () => {
  const thresholdOf = (parts: Parts, threshold: string) =>
    judge(measuredOf([...cleanIntervals(), alsoSeen(parts)], { thresholds: [threshold] })).verdicts.find(
      (one) => one.judge === 'thresholds',
    )!;

  test('a join of 3 s against 0.1 fails, however the generator paused for some ms', () => {
    const parts = {
      trends: { join_time: trendOf(Array.from({ length: 30 }, () => 3010)) },
      gauges: { generator_event_loop_delay: 14 },
    };
    expect(thresholdOf(parts, 'join_time:p(95)<100')).toMatchObject({
      standing: 'fail',
      because: expect.stringMatching(/^it was 3,010 ms, of which up to [\d.]+ ms may be the generator’s own; 30 of 60/),
    });
  });

  test('a p99 of 15 ms against 1,000 passes as an upper bound, with the loop busy for 71 %', () => {
    const parts = {
      trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 14.9)) },
      gauges: { generator_event_loop_utilization: 1.1, generator_event_loop_delay: 9, generator_unread_bytes: 0 },
    };
    expect(thresholdOf(parts, 'broadcast_latency:p(99)<1000')).toEqual({
      judge: 'thresholds',
      claim: 'broadcast_latency p(99)<1000',
      standing: 'pass',
      because: expect.stringMatching(/^it was at most 14\.9 ms: up to 14\.\d ms of it may be the generator’s own$/),
    });
  });

  test('between the two it is unknown, with the numbers', () => {
    const parts = {
      trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 120)), send_lag: trendOf([40]) },
      gauges: { generator_event_loop_delay: 0 },
    };
    expect(thresholdOf(parts, 'broadcast_latency:p(99)<100')).toMatchObject({
      standing: 'unknown',
      explained_by: 'generator',
      because: expect.stringMatching(
        /^it was 120 ms, of which up to 4\d(\.\d)? ms may be the generator’s own; limit 100 ms$/,
      ),
    });
  });

  test('a lower limit goes the other way', () => {
    const parts = (ms: number): Parts => ({
      trends: { broadcast_latency: trendOf(Array.from({ length: 9000 }, () => ms)), send_lag: trendOf([40]) },
      gauges: { generator_event_loop_delay: 0 },
    });
    expect(thresholdOf(parts(120), 'broadcast_latency:p(50)>100').standing).toBe('unknown');
    expect(thresholdOf(parts(150), 'broadcast_latency:p(50)>100').standing).toBe('pass');
    expect(thresholdOf(parts(90), 'broadcast_latency:p(50)>100').standing).toBe('fail');
  });
});

/** A second of a run: what the server took, ms, and by how much the generator lengthened each. */
const second = fc.record({
  held_ms: fc.oneof(
    fc.constant(0),
    fc.double({ min: 0, max: 4, noNaN: true }),
    fc.double({ min: 6, max: 900, noNaN: true }),
  ),
  samples: fc.array(
    fc.record({
      true_ms: fc.double({ min: 0.1, max: 400, noNaN: true }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 30 },
  ),
});
const THRESHOLDS = ['p(99)', 'p(50)', 'p(90)', 'max', 'min', 'avg', 'med'].flatMap((aggregation) =>
  ['<', '>'].map((op) => `broadcast_latency:${aggregation}${op}`),
);

test('laws: a sick generator turns no true fail into a pass and no true pass into a fail; a healthy one leaves nothing unknown', () => {
  const seen = { pass: 0, fail: 0, unknown: 0 };
  const law = fc.property(
    fc.array(second, { minLength: 10, maxLength: 10 }),
    fc.constantFrom(...THRESHOLDS),
    fc.double({ min: 1, max: 400, noNaN: true }),
    (all, rule, limit) => {
      const isSick = all.some(({ held_ms }) => held_ms > 5);
      const run = (isTrue: boolean) => {
        const intervals = all.map(({ held_ms, samples }, nth) => {
          // Late in sending and in reading: as late as it may be with what it takes down.
          const own = isTrue || held_ms <= 5 ? 0 : 2 * held_ms;
          const latencies = samples.map(({ true_ms, part }) => true_ms + own * part);
          const trends = { broadcast_latency: trendOf(latencies), send_lag: trendOf([isTrue ? 0.1 : held_ms]) };
          const gauges = { generator_event_loop_delay: isTrue ? 0 : held_ms };
          return intervalOf(3000 + nth * 1000, 4000 + nth * 1000, { steady: { trends, gauges } });
        });
        const drain = intervalOf(13_001, 14_000, { drain: {} });
        const { verdicts } = judge(measuredOf([...intervals, drain], { thresholds: [`${rule}${limit}`] }));
        return verdicts.find((one) => one.judge === 'thresholds')!.standing;
      };
      const [truth, told] = [run(true), run(false)];
      seen[told]++;
      expect(truth).not.toBe('unknown');
      if (told !== 'unknown') expect(told).toBe(truth);
      else expect(isSick).toBe(true);
    },
  );
  fc.assert(law);
  expect(Math.min(seen.pass, seen.fail, seen.unknown)).toBeGreaterThan(5);
});
