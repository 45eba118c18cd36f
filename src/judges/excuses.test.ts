import { describe, expect, test } from 'vitest';
import type { Disconnect, Example, Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import { cleanIntervals, measuredOf } from './fixture.ts';
import { judge } from './index.ts';

/** A run of a minute from 3 s on, in slices of a second, with the ramp-up before and a drain of 11 s after. */
function minute(what: (second: number) => Parts, rest: Partial<Interval> = {}, plan: Partial<Plan> = {}) {
  const slices = Array.from({ length: 71 }, (_, nth) => {
    const parts = { ...what(3 + nth), gauges: { users_connected: 30, ...what(3 + nth).gauges } };
    return intervalOf(3000 + nth * 1000, 4000 + nth * 1000, { [nth < 60 ? 'steady' : 'drain']: parts });
  });
  const told = intervalOf(74_000, 74_000, {}, rest);
  const measured = measuredOf(
    [cleanIntervals()[0]!, ...slices, told],
    { duration_ms: 60_000, thresholds: [], ...plan },
    { ended_ms: 74_500 },
  );
  const { verdicts } = judge(measured);
  return (name: string) => verdicts.find((one) => one.judge === name)!;
}

const held =
  (at: number, ms: number) =>
  (second: number): Parts =>
    second === at ? { gauges: { generator_event_loop_delay: ms } } : {};
/** What a second has, and what was counted in the whole run. */
const withCounts =
  (of: (second: number) => Parts, counters: NonNullable<Parts['counters']>) =>
  (second: number): Parts => ({
    ...of(second),
    ...(second === 3 && { counters }),
  });
const lost = (due_ms: number): Example => ({
  kind: 'lost',
  session: 's',
  receiver: 'r',
  sender: 'a',
  seq: due_ms,
  due_ms,
});
const losing = { lost: 1, lost_upper: 1, deliveries_expected: 1 };

describe('a copy that never came', () => {
  const standing = (due_ms: number, of: (second: number) => Parts, plan: Partial<Plan> = {}) =>
    minute(withCounts(of, losing), { examples: [lost(due_ms)] }, plan)('delivery').standing;

  test('was lost where it was waited for longer than the generator may have stood still', () => {
    expect(standing(20_000, held(25, 4000))).toBe('fail');
    expect(standing(20_000, held(31, 9000))).toBe('fail');
  });

  test('may have come where the users left while the generator stood still, or soon after', () => {
    expect(standing(62_000, held(72, 4000))).toBe('unknown');
    expect(standing(62_000, held(40, 4000))).toBe('fail');
  });

  test('is not explained by some ms of a deadline of seconds, unless the server was seen to need the rest', () => {
    expect(standing(62_900, held(73, 30))).toBe('fail');
    const slow = (second: number): Parts => ({
      ...held(73, 30)(second),
      ...(second === 50 && { trends: { broadcast_latency: trendOf([9960]) } }),
    });
    expect(standing(63_990, slow)).toBe('unknown');
  });

  test('is explained by a quarter of a short deadline and no less', () => {
    expect(standing(73_850, held(73, 6), { deadline_ms: 100 })).toBe('fail');
    expect(standing(73_950, held(73, 20), { deadline_ms: 100 })).toBe('unknown');
  });

  test('may be one that came late after all, where more came late than are told of', () => {
    const late: Example = { ...lost(20_000), kind: 'late', at_ms: 31_000 };
    const counts = (count: number) => withCounts(held(25, 4000), { ...losing, late: count });
    const trends = { broadcast_latency: trendOf([11_000]) };
    const of = (count: number) => (second: number) => ({ ...counts(count)(second), ...(second === 26 && { trends }) });
    const told = (count: number) =>
      minute(of(count), { examples: [lost(20_000), lost(21_000), late] })('delivery').standing;
    // Of two told losses one came late: the other is waited for to the end.
    expect(told(1)).toBe('fail');
    expect(told(2)).toBe('unknown');
  });
});

describe('a copy that came after the deadline', () => {
  const standing = (latency_ms: number, of: (second: number) => Parts) =>
    minute((second) => ({
      ...withCounts(of, { late: 1, deliveries_expected: 1 })(second),
      ...(second === 30 && { trends: { broadcast_latency: trendOf([latency_ms]) } }),
    }))('delivery').standing;

  test('was late by more than the generator, or not', () => {
    expect(standing(10_300, held(30, 100))).toBe('fail');
    expect(standing(10_300, held(30, 300))).toBe('unknown');
    expect(standing(10_300, held(50, 300))).toBe('fail');
  });
});

describe('a pong that did not come', () => {
  const missed: Example = { kind: 'heartbeats_missed', session: 's', receiver: 'r', at_ms: 20_000 };
  const standing = (of: (second: number) => Parts, counters: NonNullable<Parts['counters']>) =>
    minute(withCounts(of, { heartbeats: 9, ...counters }), { examples: [missed] }, { heartbeat_ms: 5000 })('heartbeat')
      .standing;

  test('was missed where it never came, and may have been on time where it came late', () => {
    expect(standing(held(19, 1300), { heartbeats_missed: 1 })).toBe('fail');
    expect(standing(held(19, 1300), { heartbeats_missed: 1, heartbeats_late: 1 })).toBe('unknown');
    expect(standing(held(40, 1300), { heartbeats_missed: 1, heartbeats_late: 1 })).toBe('fail');
    expect(standing(held(19, 1200), { heartbeats_missed: 1, heartbeats_late: 1 })).toBe('fail');
  });
});

describe('a connection that ended', () => {
  const ending = (of: Partial<Disconnect>): Disconnect => ({
    code: 1011,
    reason: 'keepalive ping timeout',
    initiator: 'server',
    phase: 'steady',
    expected: false,
    count: 1,
    first_ms: 20_000,
    last_ms: 20_000,
    ...of,
  });
  const told = (of: (second: number) => Parts, endings: Disconnect[], plan: Partial<Plan> = {}) => {
    const count = endings.reduce((sum, one) => sum + one.count, 0);
    return minute(withCounts(of, { disconnects_unexpected: count, connections: 30 }), { disconnects: endings }, plan);
  };
  const standing = (of: (second: number) => Parts, ...endings: Disconnect[]) =>
    told(of, endings)('disconnects').standing;

  test('may have been given up while the generator was silent at that time, and at no other', () => {
    expect(standing(held(19, 1500), ending({}))).toBe('unknown');
    expect(standing(held(19, 900), ending({}))).toBe('fail');
    expect(standing(held(40, 1500), ending({}))).toBe('fail');
  });

  test('of several, one at another time is enough', () => {
    expect(standing(held(19, 1500), ending({ count: 3, last_ms: 50_000 }))).toBe('fail');
    expect(
      standing(held(19, 1500), ending({ count: 3 }), ending({ code: 1006, first_ms: 50_000, last_ms: 50_000 })),
    ).toBe('fail');
    expect(standing(held(19, 1500), ending({ count: 3 }))).toBe('unknown');
  });

  test('counts in a threshold as far as it is certain', () => {
    const endings = [ending({ count: 3 }), ending({ code: 1006, first_ms: 50_000, last_ms: 50_000 })];
    const on = (limit: number) =>
      told(held(19, 1500), endings, { thresholds: [`disconnects_unexpected:count<${limit}`] })('thresholds');
    expect(on(1).standing).toBe('fail');
    expect(on(5).standing).toBe('pass');
    expect(on(3)).toMatchObject({
      standing: 'unknown',
      because: 'it was 4, of which up to 3 may be the generator’s own; limit 3',
    });
  });
});

test('an attempt to join that was given up was so by the generator’s own delay only where that was a good part of it', () => {
  const failed: Disconnect = {
    code: 1006,
    reason: '',
    initiator: 'client',
    phase: 'join',
    expected: false,
    count: 1,
    first_ms: 20_000,
    last_ms: 20_000,
  };
  const standing = (ms: number, at: number) =>
    minute(withCounts(held(at, ms), { connections_failed: 1, connections: 29 }), { disconnects: [failed] })(
      'disconnects',
    ).standing;
  expect(standing(400, 15)).toBe('fail');
  expect(standing(2500, 15)).toBe('unknown');
  expect(standing(2500, 40)).toBe('fail');
});
