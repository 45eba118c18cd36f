import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STAGES, type Interval, type Violation } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { PLAN, gaugeOf, intervalOf, trendOf } from './fixture.ts';
import { acrossWorkers } from './interval.ts';
import {
  addInterval,
  emptyMeasurement,
  journalIntervalMs,
  mergeMeasurements,
  sliceMs,
  slicesOf,
  totalOf,
  type Measurement,
} from './measurement.ts';

/** Whole numbers, so that sums are exact; each worker's seconds follow one another. */
const anyIntervals = fc
  .array(
    fc.record({
      worker: fc.integer({ min: 0, max: 2 }),
      stage: fc.constantFrom(...STAGES),
      deliveries: fc.integer({ min: 0, max: 50 }),
      ms: fc.array(fc.integer({ min: 1, max: 2000 }), { maxLength: 5 }),
      users: fc.integer({ min: 0, max: 30 }),
      read: fc.boolean(),
      kind: fc.constantFrom<Violation>('lost', 'echoed'),
      reason: fc.constantFrom('', 'bye'),
    }),
    { maxLength: 12 },
  )
  .map((seeds) =>
    seeds.map((seed, second): Interval => {
      const parts = { counters: { deliveries: seed.deliveries }, trends: { broadcast_latency: trendOf(seed.ms) } };
      const at_ms = second * 1000;
      return intervalOf(
        at_ms,
        at_ms + 1000,
        { [seed.stage]: { ...parts, ...(seed.read && { gauges: { users_connected: seed.users } }) } },
        {
          worker: seed.worker,
          pending: seed.users,
          joined_user_ms: seed.users,
          planned_user_ms: 30,
          examples: [{ kind: seed.kind, session: 's', due_ms: at_ms }],
          events: [{ at_ms, kind: 'stall', text: seed.reason }],
          errors: [{ kind: 'connect', message: seed.reason, count: 1, first_ms: at_ms, last_ms: at_ms }],
          disconnects: [
            {
              code: 1006,
              reason: seed.reason,
              initiator: 'network',
              phase: 'steady',
              expected: false,
              count: 1,
              first_ms: at_ms,
              last_ms: at_ms,
            },
          ],
          traits: seed.read ? ['acks'] : ['versions'],
        },
      );
    }),
  );

const measurementOf = (intervals: readonly Interval[], plan: Plan = PLAN): Measurement =>
  intervals.reduce(addInterval, emptyMeasurement(plan));

/** Slices of ten seconds, so that several intervals of one worker meet in one. */
const COARSE: Plan = { ...PLAN, duration_ms: 6_000_000 };

describe('a measurement is a commutative monoid', () => {
  test.each([
    ['short', PLAN],
    ['long', COARSE],
  ] as const)('the order in which intervals come does not show (%s run)', (_, plan) => {
    fc.assert(
      fc.property(anyIntervals, fc.infiniteStream(fc.nat()), (intervals, keys) => {
        const shuffled = intervals
          .map((interval) => ({ interval, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key);
        const mixed = measurementOf(
          shuffled.map(({ interval }) => interval),
          plan,
        );
        expect(slicesOf(mixed)).toEqual(slicesOf(measurementOf(intervals, plan)));
        expect(totalOf(mixed)).toEqual(totalOf(measurementOf(intervals, plan)));
      }),
    );
  });

  test('merging is commutative and associative, and gives what adding everything gives', () => {
    fc.assert(
      fc.property(anyIntervals, fc.nat(12), fc.nat(12), (intervals, i, j) => {
        const [from, to] = [Math.min(i, j), Math.max(i, j)];
        const [a, b, c] = [intervals.slice(0, from), intervals.slice(from, to), intervals.slice(to)].map((some) =>
          measurementOf(some, COARSE),
        );
        const whole = slicesOf(measurementOf(intervals, COARSE));
        expect(slicesOf(mergeMeasurements(a!, mergeMeasurements(b!, c!)))).toEqual(whole);
        expect(slicesOf(mergeMeasurements(mergeMeasurements(c!, a!), b!))).toEqual(whole);
      }),
    );
  });

  test('nothing is its neutral element', () => {
    const some = measurementOf([intervalOf(0, 1000, { steady: { counters: { lost: 1 } } })]);
    expect(slicesOf(mergeMeasurements(some, emptyMeasurement(PLAN)))).toEqual(slicesOf(some));
    expect(slicesOf(mergeMeasurements(emptyMeasurement(PLAN), some))).toEqual(slicesOf(some));
  });
});

const reading = (worker: number, second: number, users: number, busy: number): Interval =>
  intervalOf(
    second * 1000,
    second * 1000 + 1000,
    { steady: { gauges: { users_connected: users, generator_event_loop_utilization: busy } } },
    { worker },
  );
const gauges = (intervals: Interval[]) => totalOf(measurementOf(intervals)).stages.steady!.gauges;

describe('gauges', () => {
  test('of one moment in several workers add up, or the worst counts', () => {
    const sum = gauges([reading(0, 3, 10, 0.2), reading(1, 3, 20, 0.6)]);
    expect(sum.users_connected).toMatchObject({ min: 30, max: 30, last: 30 });
    expect(sum.generator_event_loop_utilization).toMatchObject({ max: 0.6, last: 0.6 });
  });

  test('of later moments keep the extremes, the mean by count and the last', () => {
    const sum = gauges([reading(0, 5, 30, 0), reading(0, 3, 10, 0), reading(0, 4, 20, 0)]).users_connected!;
    expect(sum).toMatchObject({ min: 10, max: 30, last: 30 });
    expect(sum.sum / sum.count).toBe(20);
  });

  test('do not confuse a later interval without a reading with a reading', () => {
    const silent = intervalOf(6000, 7000, { steady: { counters: { lost: 1 } } });
    const sum = gauges([reading(0, 3, 10, 0), silent, reading(0, 5, 7, 0)]).users_connected!;
    expect(sum.last).toBe(7);
  });
});

describe('the same moment in all workers as one interval', () => {
  test('adds up counters and what is pending', () => {
    const one = intervalOf(0, 1000, { ramp: { counters: { connections: 4 } } }, { worker: 1, pending: 3 });
    const two = intervalOf(0, 1001, { ramp: { counters: { connections: 5 } } }, { worker: 2, pending: 4 });
    expect(acrossWorkers([one, two])).toMatchObject({
      worker: 1,
      from_ms: 0,
      to_ms: 1001,
      pending: 7,
      stages: { ramp: { counters: { connections: 9 } } },
    });
  });

  test('does not take two reports of one worker for two workers', () => {
    const stages = { ramp: { gauges: { users_connected: 8 } } };
    const reports = [0, 990].map((at) => intervalOf(at, at + 500, stages, { worker: 0, pending: 3 }));
    const other = intervalOf(0, 1000, stages, { worker: 1, pending: 4 });
    const sum = acrossWorkers([reports[0]!, other, reports[1]!]);
    expect(sum.stages.ramp!.gauges.users_connected).toMatchObject({ min: 16, max: 16, last: 16 });
    expect(sum.pending).toBe(7);
  });

  test('of none is an empty one', () => {
    expect(acrossWorkers([]).stages).toEqual({});
  });

  test('keeps the ten earliest examples of a kind', () => {
    const many = Array.from({ length: 3 }, (_, worker) =>
      intervalOf(
        0,
        1000,
        {},
        {
          worker,
          examples: Array.from({ length: 10 }, (_none, i) => ({
            kind: 'lost' as const,
            session: 's',
            due_ms: i * 10 + worker,
          })),
        },
      ),
    );
    const kept = acrossWorkers(many).examples.map(({ due_ms }) => due_ms);
    expect(kept).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22, 30]);
  });

  test('many events of one kind do not hide the only one of another', () => {
    const stops = Array.from({ length: 2000 }, (_, at_ms) => ({ at_ms, kind: 'stopped', text: 'a reader' }));
    const death = { at_ms: 9000, kind: 'worker-died', text: 'a process' };
    const { events } = totalOf(
      measurementOf([intervalOf(0, 1000, {}, { events: stops }), intervalOf(9000, 9500, {}, { events: [death] })]),
    );
    expect(events.at(-1)).toEqual(death);
    expect(events.length).toBeLessThan(1000);
  });
});

describe('lengths', () => {
  test.each([
    [30_000, 1000],
    [1_700_000, 1000],
    [3_500_000, 2000],
    [8 * 3_600_000, 30_000],
    [7 * 86_400_000, 60_000],
  ])('a run of %d ms has journal intervals of %d ms: at most 1,800 lines', (duration_ms, expected) => {
    expect(journalIntervalMs({ ...PLAN, duration_ms })).toBe(expected);
  });

  test('the timeline has at most 600 entries, of whole journal intervals', () => {
    for (const duration_ms of [30_000, 590_000, 1_700_000, 3_600_000, 8 * 3_600_000, 7 * 86_400_000]) {
      const plan = { ...PLAN, duration_ms };
      expect(sliceMs(plan) % journalIntervalMs(plan)).toBe(0);
      expect((duration_ms + 14_000) / sliceMs(plan)).toBeLessThanOrEqual(600);
    }
  });

  test('a run that outlasts its plan still has at most 600 slices', () => {
    const late = Array.from({ length: 1000 }, (_, second) => intervalOf(second * 1000, second * 1000 + 1000, {}));
    expect(slicesOf(measurementOf(late, { ...PLAN, duration_ms: 570_000 })).length).toBeLessThanOrEqual(600);
  });
});

test('readings made elsewhere without a time count at the end of their interval', () => {
  const early = intervalOf(0, 1000, {});
  early.stages.ramp = { counters: {}, trends: {}, gauges: { server_rss: gaugeOf(5) } };
  const late = intervalOf(1000, 2000, {});
  late.stages.ramp = { counters: {}, trends: {}, gauges: { server_rss: gaugeOf(9) } };
  expect(totalOf(measurementOf([late, early])).stages.ramp!.gauges.server_rss!.last).toBe(9);
});
