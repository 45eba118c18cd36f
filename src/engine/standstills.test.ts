import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judge } from '../judges/index.ts';
import { measuredOf } from '../judges/fixture.ts';
import type { Clock, Door, DoorEvents, Timer } from '../load/ports.ts';
import { Relay } from '../load/testing/relay.ts';
import { EDITORS, planOf, simulate, type Host } from '../load/testing/simulate.ts';
import type { VirtualTime } from '../load/testing/virtual-time.ts';
import { WatchedTimer } from './watched-timer.ts';

/** From when to when the generator does nothing, µs. */
type Span = readonly [from: number, to: number];

/** A generator that stands still at times: what is due then, and what comes, waits for the end of it, in its order. */
class Standstills {
  readonly #time: VirtualTime;
  readonly #spans: readonly Span[];

  constructor(time: VirtualTime, spans: readonly Span[]) {
    this.#time = time;
    this.#spans = spans;
  }

  run = (call: () => void): void => {
    const now = this.#time.clock();
    let until = now;
    for (const _ of this.#spans) for (const [from, to] of this.#spans) if (from <= until && until < to) until = to;
    if (until > now) this.#time.at(until, call);
    else call();
  };

  timer(): Timer {
    const timer = this.#time.timer();
    let setting = 0;
    return {
      set: (due, fire, next) => {
        const own = ++setting;
        timer.set(due, () => this.run(() => own === setting && fire()), next);
      },
      clear: () => {
        setting++;
        timer.clear();
      },
    };
  }

  door(door: Door, clock: Clock): Door {
    const late = (events: DoorEvents): DoorEvents => ({
      opened: (seat, connection) => this.run(() => events.opened(seat, connection, clock())),
      message: (seat, connection, bytes, start, end) =>
        this.run(() => events.message(seat, connection, bytes, start, end, clock())),
      binary: (seat, connection, bytes, start, end) =>
        this.run(() => events.binary(seat, connection, bytes, start, end, clock())),
      closed: (seat, connection, ending) => this.run(() => events.closed(seat, connection, ending, clock())),
    });
    return { connect: (seat, session, user, events) => door.connect(seat, session, user, late(events)) };
  }
}

/** A number in [0, 1) that is the same for the same copy in every run. */
const drawn = (...of: number[]): number => {
  let hash = 2_166_136_261;
  for (const each of of) hash = Math.imul(hash ^ each, 16_777_619) ^ (hash >>> 13);
  return (hash >>> 8) / 2 ** 24;
};

interface Server {
  /** What a copy takes: so much, and up to so much more, ms. */
  least: number;
  more: number;
  /** The share of copies that it loses, and of pings that it leaves without a pong. */
  loses: number;
}

/**
 * Standings of all claims in a run of 5 s from 1.5 s on, with standstills in it: none so long that users are given up, which
 * would send less.
 */
function judged({ least, more, loses }: Server, spans: readonly Span[], thresholds: string[], isWatched: boolean) {
  const plan = planOf({ users: 4, sessions: 2, rate: 3, duration_ms: 5000, heartbeat_ms: 4000, thresholds });
  let still: Standstills;
  const sent = new Map<string, number>();
  const nth = (key: string): number => {
    sent.set(key, (sent.get(key) ?? 0) + 1);
    return sent.get(key)!;
  };
  const hostOf = (time: VirtualTime): Host => {
    still = new Standstills(time, spans);
    const late: number[] = [];
    const timer = new WatchedTimer(still.timer(), time.clock, (ms) => late.push(ms));
    const takeLateness = (): number[] => {
      timer.tellOverdue();
      return late.splice(0);
    };
    return { timer, run: still.run, ...(isWatched && { takeLateness }) };
  };
  const { intervals, ended_us } = simulate(
    plan,
    EDITORS,
    (time) =>
      still.door(
        new Relay(time, {
          relay: (text, from, to) => {
            const copy = [from.seat, to.seat, nth(`${from.seat} ${to.seat}`)] as const;
            if (drawn(1, ...copy) >= loses) to.deliver(text, (least + more * drawn(2, ...copy)) * 1000);
            return false;
          },
          pong: (client) => drawn(3, client.seat, nth(`${client.seat}`)) >= loses,
        }),
        time.clock,
      ),
    undefined,
    undefined,
    hostOf,
  );
  return judge(measuredOf(intervals, plan, { ended_ms: ended_us / 1000 })).verdicts;
}

const standstills = fc
  .array(
    fc.tuple(
      fc.integer({ min: 2000, max: 6000 }),
      fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 1900 })),
    ),
    {
      maxLength: 2,
    },
  )
  .map((all) => all.map(([from, ms]): Span => [from * 1000, (from + ms) * 1000]));
const servers = fc.record({
  least: fc.integer({ min: 1, max: 300 }),
  more: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 2200 })),
  loses: fc.constantFrom(0, 0, 0.01),
});

it('turn no truth into its opposite in whole runs, however long they are', () => {
  const seen = { pass: 0, fail: 0, unknown: 0 };
  const law = fc.property(
    servers,
    standstills,
    fc.constantFrom('p(50)', 'p(99)', 'max', 'avg', 'min'),
    fc.integer({ min: 5, max: 1500 }),
    (server, spans, aggregation, limit) => {
      const thresholds = ['broadcast_latency', 'broadcast_service_time'].map(
        (name) => `${name}:${aggregation}<${limit}`,
      );
      const truth = judged(server, [], thresholds, false);
      const told = judged(server, spans, thresholds, true);
      for (const { judge: name, claim, standing, because } of told) {
        if (name === 'generator') continue;
        const real = truth.find((one) => one.judge === name && one.claim === claim);
        seen[standing]++;
        // What is not claimed of the one, as nobody's document is known to the end, may be of the other.
        if (standing !== 'unknown' && real)
          expect(standing, `${claim}: ${because}; in truth ${real.because}`).toBe(real.standing);
      }
    },
  );
  fc.assert(law, { numRuns: 30 });
  expect(Math.min(seen.pass, seen.fail, seen.unknown)).toBeGreaterThan(5);
});

it('leave nothing unknown where there are none', () => {
  const law = fc.property(servers, fc.integer({ min: 5, max: 1500 }), (server, limit) => {
    const verdicts = judged(server, [], [`broadcast_latency:p(99)<${limit}`], true);
    expect(verdicts.filter(({ standing }) => standing === 'unknown')).toEqual([]);
  });
  fc.assert(law, { numRuns: 10 });
});
