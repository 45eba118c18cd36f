import { describe, expect, it } from 'vitest';
import joinStorm from '../../scenarios/join-storm.ts';
import lateJoin from '../../scenarios/late-join.ts';
import reconnectStorm from '../../scenarios/reconnect-storm.ts';
import slowConsumer from '../../scenarios/slow-consumer.ts';
import type { Plan } from '../plan/plan.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Connection, Door, DoorEvents } from './ports.ts';
import { foundOf, OF_COPIES } from './testing/found.ts';
import { Relay, type Meddling } from './testing/relay.ts';
import { planOf, simulate, type Simulated } from './testing/simulate.ts';
import type { VirtualTime } from './testing/virtual-time.ts';

/** What the users' connections went through, and when, µs. */
interface Seen {
  what: 'connect' | 'cut' | 'pause' | 'resume' | 'halfClose' | 'close' | 'send';
  seat: number;
  at: number;
  text?: string;
}

/** A door that notes what is done with its connections. */
function watched(door: Door, time: VirtualTime, seen: Seen[]): Door {
  return {
    connect(seat, session, user, events) {
      const note = (what: Seen['what']): void => void seen.push({ what, seat, at: time.clock() });
      note('connect');
      let mine: Connection | undefined;
      const told: DoorEvents = {
        opened: (one, _connection, at) => events.opened(one, mine!, at),
        message: (one, _connection, bytes, start, end, at) => events.message(one, mine!, bytes, start, end, at),
        binary: (one, _connection, bytes, start, end, at) => events.binary(one, mine!, bytes, start, end, at),
        closed: (one, _connection, ending, at) => events.closed(one, mine!, ending, at),
      };
      const theirs = door.connect(seat, session, user, told);
      mine = {
        send: (text) => {
          seen.push({ what: 'send', seat, at: time.clock(), text });
          theirs.send(text);
        },
        close: (code, reason) => (note('close'), theirs.close(code, reason)),
        fail: (breach) => theirs.fail(breach),
        cut: () => (note('cut'), theirs.cut()),
        pause: () => (note('pause'), theirs.pause()),
        resume: () => (note('resume'), theirs.resume()),
        halfClose: () => (note('halfClose'), theirs.halfClose()),
      };
      return mine;
    },
  };
}

const PLAN: Partial<Plan> = { users: 10, sessions: 3, rate: 4, ramp_up_ms: 1000, settle_ms: 500, duration_ms: 10_000 };
/** The window's start and its moments, µs, by {@link PLAN}. */
const at = (part: number): number => 1_500_000 + part * 10_000_000;

function live(
  spec: ScenarioSpec,
  plan: Partial<Plan> = {},
  meddling: Meddling = {},
  sessions?: readonly number[],
): Simulated & { seen: Seen[] } {
  const seen: Seen[] = [];
  const whole = planOf({ ...PLAN, ...plan });
  const run = simulate(whole, spec, (time) => watched(new Relay(time, meddling), time, seen), sessions);
  return { ...run, seen };
}

const of = (run: { seen: Seen[] }, what: Seen['what']): Seen[] => run.seen.filter((one) => one.what === what);
const events = (run: Simulated) => run.intervals.flatMap((one) => one.events).filter(({ kind }) => kind !== 'stall');
const ORACLES = [...OF_COPIES, 'heartbeats_missed', 'disconnects_unexpected', 'connections_failed'] as const;
const found = (run: Simulated) => foundOf(run, ORACLES);

/** Nothing was found wrong, and something was there to be found wrong. */
function expectClean(run: Simulated): void {
  expect(found(run)).toEqual({});
  expect(run.finished).toBe(true);
  expect(run.count('deliveries')).toBeGreaterThan(1000);
  expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
}

describe('join-storm', () => {
  it('has everybody join in the same microsecond', () => {
    const run = live(joinStorm.spec, { ramp_up_ms: 0 });
    expectClean(run);
    expect(joinStorm.spec.defaults).toMatchObject({ 'ramp-up': '0s' });
    expect(of(run, 'connect').map((one) => one.at)).toEqual(Array.from({ length: 30 }, () => 0));
    expect(run.values('join_time')).toBe(30);
  });
});

describe('reconnect-storm', () => {
  it('cuts everybody in the same microsecond, and everybody is back, by a back-off with jitter', () => {
    const run = live(reconnectStorm.spec);
    expectClean(run);
    expect(of(run, 'cut').map((one) => one.at)).toEqual(Array.from({ length: 30 }, () => at(0.4)));
    const back = of(run, 'connect').slice(30);
    expect(new Set(back.map(({ seat }) => seat)).size).toBe(30);
    const waits = back.map((one) => one.at - at(0.4));
    expect(Math.max(...waits)).toBeLessThanOrEqual(250_000);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(150_000);
    expect(run.count('reconnects')).toBe(30);
    expect(run.values('recovery_time')).toBe(30);
    const told = run.intervals.flatMap((one) => one.disconnects).filter(({ phase }) => phase === 'steady');
    expect(told).toMatchObject([{ count: 30, expected: true, initiator: 'client', reason: 'cut by the scenario' }]);
  });

  it('is told once on the time line, for all processes', () => {
    const text = 'reconnect storm: 30 users cut at once';
    expect(events(live(reconnectStorm.spec))).toEqual([{ at_ms: at(0.4) / 1000, kind: 'storm', text }]);
    expect(events(live(reconnectStorm.spec, {}, {}, [0, 2]))).toHaveLength(1);
    expect(events(live(reconnectStorm.spec, {}, {}, [1]))).toEqual([]);
  });

  it('may cut a part of all users, spread evenly, and more than once', () => {
    const spec = { ...reconnectStorm.spec, storms: [0.2, 0.6].map((one) => ({ at: one, share: 0.5 })) };
    const run = live(spec);
    expectClean(run);
    expect(of(run, 'cut').map((one) => one.at)).toEqual([0.2, 0.6].flatMap((one) => Array(15).fill(at(one))));
    expect(events(run).map(({ text }) => text)).toEqual(Array(2).fill('reconnect storm: 15 of 30 users cut at once'));
  });

  it('counts who is not let in again as never recovered', () => {
    const joined = new Set<number>();
    const run = live(
      reconnectStorm.spec,
      {},
      { join: ({ seat }) => seat !== 4 || (!joined.has(4) && !!joined.add(4)) },
    );
    const recoveries = run.intervals.flatMap(({ stages }) => stages.steady?.trends.recovery_time ?? []);
    const drained = run.intervals.flatMap(({ stages }) => stages.drain?.trends.recovery_time ?? []);
    expect(run.values('recovery_time')).toBe(29);
    expect([...recoveries, ...drained].reduce((sum, { missing }) => sum + missing, 0)).toBe(1);
  });
});

describe('late-join', () => {
  const joins = (plan: Partial<Plan>, sessions?: readonly number[]): Map<number, number> => {
    const run = live(lateJoin.spec, plan, {}, sessions);
    expectClean(run);
    return new Map(of(run, 'connect').map((one) => [one.seat, one.at]));
  };

  it('has one in five join at moments spread over the window, pure in the seed', () => {
    const all = joins({ seed: 3, users: 20 });
    const late = [...all].filter(([, when]) => when > at(0));
    expect(all.size).toBe(60);
    expect(late).toHaveLength(12);
    expect(Math.min(...late.map(([, when]) => when))).toBeLessThan(at(0.3));
    expect(Math.max(...late.map(([, when]) => when))).toBeGreaterThan(at(0.6));
    expect(joins({ seed: 3, users: 20 })).toEqual(all);
    expect(joins({ seed: 4, users: 20 })).not.toEqual(all);
    // Whatever the process that has the session.
    expect([...joins({ seed: 3, users: 20 }, [1]).values()].sort()).toEqual(
      [...all]
        .filter(([seat]) => seat >= 20 && seat < 40)
        .map(([, when]) => when)
        .sort(),
    );
  });
});

describe('slow-consumer', () => {
  it('has one in ten stop reading, one half-close and one vanish at the same moment, and says so', () => {
    const run = live(slowConsumer.spec);
    expectClean(run);
    for (const what of ['pause', 'halfClose', 'cut'] as const) {
      expect(of(run, what).map((one) => one.at)).toEqual(Array.from({ length: 3 }, () => at(0.25)));
    }
    expect(events(run).map(({ kind, text }) => [kind, text])).toEqual([
      ['stopped', '3 of 30 users stop reading'],
      ['stopped', '3 of 30 users close their half of the connection'],
      ['stopped', '3 of 30 users vanish'],
    ]);
    expect(of(run, 'connect')).toHaveLength(30);
  });

  it('says nothing more by them, expects nothing of them, and has them read on at the end', () => {
    const run = live(slowConsumer.spec);
    const stopped = new Set(of(run, 'pause').map(({ seat }) => seat));
    const said = of(run, 'send').filter((one) => stopped.has(one.seat) && one.at >= at(0.25));
    expect(said).toEqual([]);
    expect(of(run, 'send').some((one) => stopped.has(one.seat))).toBe(true);
    const resumed = of(run, 'resume');
    expect(new Set(resumed.map(({ seat }) => seat))).toEqual(stopped);
    expect(Math.min(...resumed.map((one) => one.at))).toBeGreaterThanOrEqual(at(1));
    const late = run.intervals.filter(({ from_ms }) => from_ms > at(0.25) / 1000 + 1000 && from_ms < at(0.9) / 1000);
    // 21 of 30 are left, and time that the scenario has users be gone is not planned for them.
    for (const one of late) expect(one.planned_user_ms / (one.to_ms - one.from_ms)).toBeCloseTo(21, 5);
  });

  it('P15 takes a close with 4008 of who does not read as expected, seen once it reads again', () => {
    const run = live(
      slowConsumer.spec,
      {},
      {
        relay: (_text, _from, to) => {
          if (to.tap.isClosed) to.end({ code: 4008, reason: 'too slow', initiator: 'server' });
          return !to.tap.isClosed;
        },
      },
    );
    expectClean(run);
    const slow = run.intervals.flatMap((one) => one.disconnects).filter(({ code }) => code === 4008);
    expect(slow.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(slow.every(({ expected, initiator }) => expected && initiator === 'server')).toBe(true);
  });
});
