import { describe, expect, test } from 'vitest';
import type { Interval } from '../core/record.ts';
import { intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import type { Plan } from '../plan/plan.ts';
import { cleanBut, cleanIntervals, measuredOf, rulingOf } from './fixture.ts';
import { generator, healthOf } from './generator.ts';

/** The clean run sends 300 changes in a window of 10 s. */
const health = (parts: Parts, plan: Partial<Plan> = {}) => healthOf(cleanBut(parts, {}, plan));
const explains = (parts: Parts, plan: Partial<Plan> = {}) => {
  const { mayExplain } = health(parts, plan);
  return (['latency', 'deadline', 'silence'] as const).filter((one) => mayExplain(one));
};
const late = (...ms: number[]): Parts => ({ trends: { send_lag: trendOf(ms) } });
const collected = (...ms: number[]): Parts => ({ trends: { generator_gc_pause: trendOf(ms) } });
const p99 = (limit: number) => ({ thresholds: [`broadcast_latency:p(99)<${limit}`] });

describe('a generator that stood still once', () => {
  test('does not explain a loss within a deadline of 100 ms by a pause of 6 or 20 ms', () => {
    expect(explains(late(6), { deadline_ms: 100 })).toEqual([]);
    expect(explains(late(20), { deadline_ms: 100 })).toEqual([]);
    expect(explains(late(26), { deadline_ms: 100 })).toEqual(['deadline']);
  });

  test('may always have done so for 5 ms, however short the deadline', () => {
    expect(explains(late(4.9), { deadline_ms: 10 })).toEqual([]);
  });

  test('explains disconnects from a second on, whatever the deadline', () => {
    expect(explains(late(990), { deadline_ms: 60_000 })).toEqual([]);
    expect(explains(late(1001), { deadline_ms: 60_000 })).toEqual(['silence']);
  });

  test('is seen by its event loop too, where nothing is sent, and before the window', () => {
    const ramp = intervalOf(1000, 2000, { ramp: { gauges: { generator_event_loop_delay: 2700 } } });
    const { reasons, mayExplain } = healthOf(measuredOf([...cleanIntervals(), ramp]));
    expect(reasons).toEqual([expect.stringMatching(/^it stood still for 2,700 ms \(worst at \d\d:\d\d:04\)$/)]);
    expect(mayExplain('silence')).toBe(true);
    expect(mayExplain('latency')).toBe(false);
  });
});

describe('a generator that is late', () => {
  const some = (count: number, ms: number) => late(...Array.from({ length: count }, () => ms));

  test('is held to the percentile of each objective', () => {
    // 2 of 302 are beyond p99, and not beyond p99.9.
    expect(explains(some(2, 40), p99(100))).toEqual([]);
    expect(explains(some(2, 40), { thresholds: ['broadcast_latency:p(99.9)<100'] })).toEqual(['latency']);
    expect(explains(some(1, 40), { thresholds: ['broadcast_latency:max<100'] })).toEqual(['latency']);
    expect(explains(some(1, 40), { thresholds: ['broadcast_latency:max<500'] })).toEqual([]);
  });

  test('says by how much, when, and what to do', () => {
    const ruling = rulingOf(generator, cleanBut(some(30, 80), {}, { ...p99(100), workers: 1 }));
    expect(ruling.because).toMatch(
      /^its sends were late by 80 ms at p99, which is over 10 ms \(worst at \d\d:\d\d:11\); take fewer users, more workers \(--workers\) or another machine \(--shard\)$/,
    );
    expect(ruling.headline).toMatch(/^The generator was the limit: its sends were late .*:11\)\.$/);
  });

  test('with as many workers as there are cores is not told to take more', () => {
    expect(health(some(30, 80), { workers: 2 }).remedy).toBe('take fewer users or another machine (--shard)');
  });
});

describe('a generator whose core is taken away', () => {
  const shared = (generator_event_loop_utilization: number, generator_steal: number): Interval[] => {
    const [ramp, steady, drain] = cleanIntervals();
    return [
      { ...ramp!, stages: ramp!.stages },
      intervalOf(3000, 13_000, {
        steady: {
          gauges: { generator_event_loop_utilization, generator_steal },
          trends: steady!.stages.steady!.trends,
        },
      }),
      drain!,
    ];
  };

  test('is fit where what is left to it is enough', () => {
    expect(healthOf(measuredOf(shared(0.34, 0.3))).reasons).toEqual([]);
  });

  test('is not where its event loop is busy for over 70 % of what is left', () => {
    const { reasons, remedy, mayExplain } = healthOf(measuredOf(shared(0.34, 0.6)));
    expect(reasons).toEqual([
      expect.stringMatching(/^others had its core for 60 % of the time, and of the rest .* busy for 85 %, .* 70 %/),
    ]);
    expect(remedy).toMatch(/^leave it the machine/);
    expect((['latency', 'deadline', 'silence'] as const).map((one) => mayExplain(one))).toEqual([true, true, false]);
  });
});

describe('bytes that wait unread in its own sockets', () => {
  /** 10 MB in 10 s, and readings of so many bytes. */
  const waiting = (...readings: number[]) =>
    healthOf(
      measuredOf([
        ...cleanIntervals(),
        ...readings.map((generator_unread_bytes, nth) =>
          intervalOf(4000 + nth * 1000, 5000 + nth * 1000, {
            steady: { gauges: { generator_unread_bytes }, counters: nth === 0 ? { bytes_received: 10e6 } : {} },
          }),
        ),
      ]),
    );

  test('are held against what comes in a second: they are latency that would be blamed on the server', () => {
    expect(waiting(9000, 9000, 9000).reasons).toEqual([]);
    expect(waiting(30_000, 40_000, 11_000).reasons).toEqual([
      expect.stringMatching(/^30,000 bytes waited unread .*, which is 30 ms of all that came and over 10 ms/),
    ]);
  });

  test('are no state where one reading fell on a burst, or only two were taken', () => {
    expect(waiting(0, 900_000, 0, 0).reasons).toEqual([]);
    expect(waiting(900_000, 900_000).reasons).toEqual([]);
  });
});

describe('pauses', () => {
  test('for garbage collection count where they are long and many', () => {
    const long = Array.from({ length: 6 }, () => 12);
    expect(explains(collected(12), p99(100))).toEqual([]);
    expect(explains(collected(...long), p99(100))).toEqual(['latency']);
    expect(explains(collected(...long), p99(1000))).toEqual([]);
    expect(explains(collected(...long, ...long), { ...p99(100), thresholds: ['broadcast_latency:p(50)<100'] })).toEqual(
      [],
    );
    expect(health(collected(...long), p99(100)).reasons[0]).toMatch(
      /^garbage collection stopped it for more than 10 ms at a time, 0\.72 % of the time, which is over 0\.5 %/,
    );
  });

  test('any one counts where the objective is the worst of all', () => {
    expect(explains(collected(12), { thresholds: ['broadcast_latency:max<100'] })).toEqual(['latency']);
  });

  test('of the event loop count where nothing is sent', () => {
    const stood = (generator_event_loop_delay: number): Parts => ({ gauges: { generator_event_loop_delay } });
    expect(explains(stood(300), p99(100))).toEqual(['latency']);
    expect(explains(stood(40), p99(100))).toEqual([]);
    expect(explains(stood(300), p99(5000))).toEqual([]);
  });
});
