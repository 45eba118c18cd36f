import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan/plan.ts';
import { Relay } from './testing/relay.ts';
import { EDITORS, planOf, simulate } from './testing/simulate.ts';
import type { ScenarioSpec } from '../scenario/define.ts';

const MS = 1000;
/** When nobody is just joining any more, µs. */
const SETTLED_US = 2_000_000;

/** A relay whose copies take so long; 0 loses one. */
type Delay = (copy: { now: number; nth: number; to: number }) => number;

/** The stalls that are told of a relay: when each began, and how long it was, ms. */
function told(delay: Delay, plan: Partial<Plan> = {}, spec: ScenarioSpec = EDITORS): { at: number; ms: number }[] {
  const run = simulate(planOf({ users: 10, sessions: 1, ...plan }), spec, (time) => {
    return new Relay(time, {
      relay(text, _from, to, nth) {
        const us = delay({ now: time.clock(), nth, to: to.user });
        if (us > 0) to.deliver(text, us);
        return false;
      },
    });
  });
  const stalls = run.intervals.flatMap(({ events }) => events).filter(({ kind }) => kind === 'stall');
  return stalls.map(({ at_ms, text }) => ({ at: at_ms, ms: 1000 * Number(/ for ([\d.]+) s/.exec(text)![1]) }));
}

/** A server that stands still from one time to another, µs: what comes meanwhile it passes on when it goes on. */
const standing =
  (from: number, to: number): Delay =>
  ({ now }) =>
    now >= from && now < to ? to - now + 400 : 400;

describe('stalls', () => {
  it('a server that stands still is told, for as long, however long that is', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 400, max: 1900 }), (seed, ms) => {
        const [stall, ...others] = told(standing(5e6, 5e6 + ms * MS), { seed, rate: 8 });
        expect(others).toEqual([]);
        // Changes are 12 ms apart, on average.
        expect(stall!.at).toBeGreaterThan(4900);
        expect(stall!.at).toBeLessThan(5150);
        expect(Math.abs(stall!.ms - ms)).toBeLessThan(150);
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('a quiet plan needs a longer one, and is not told more than it shows', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        // Four changes a second; the deadline is two seconds.
        const stalls = told(standing(5e6, 6.5e6), { seed, rate: 0.4 });
        expect(stalls.length).toBeLessThanOrEqual(1);
        for (const { ms } of stalls) expect(ms).toBeLessThan(2300);
        found += stalls.length;
      }),
      { numRuns: 20, seed: 1 },
    );
    expect(found).toBeGreaterThan(15);
  });

  it('a server that stands still again and again is told each time', () => {
    const again: Delay = ({ now }) => standing(now - (now % 3e6), now - (now % 3e6) + 6e5)({ now, nth: 0, to: 0 });
    const stalls = told(again, { rate: 8, duration_ms: 12_000 });
    expect(stalls.map(({ at }) => Math.round(at / 3000) * 3000)).toEqual([0, 3000, 6000, 9000, 12_000]);
  });

  it('nothing is told where a plan is quiet, whatever copies are lost or late by themselves', () => {
    let odd = 0;
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.double({ min: 0.02, max: 0.6, noNaN: true }),
        fc.integer({ min: 5, max: 40 }),
        fc.constantFrom(0, 300 * MS, 900 * MS, 1900 * MS),
        (seed, rate, every, late) => {
          const delay: Delay = ({ now, nth }) => {
            if (now < SETTLED_US || nth % every !== 1) return 400;
            odd++;
            return late;
          };
          expect(told(delay, { seed, rate })).toEqual([]);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
    expect(odd).toBeGreaterThan(400);
  });

  it('a server that is slow all the time does not stand still, and neither do people who draw now and then', () => {
    const edits = EDITORS.users[0]!.edits!;
    const bursts: ScenarioSpec = {
      ...EDITORS,
      users: [
        {
          ...EDITORS.users[0]!,
          edits: { ...edits, arrivals: { pattern: 'drag', steps: [10, 30], per_second: [10, 60] } },
        },
      ],
    };
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 0, max: 1800 }),
        fc.integer({ min: 1, max: 200 }),
        (seed, ms, jitter) => {
          const slow: Delay = ({ nth }) => 400 + ms * MS + ((nth * 7919) % (jitter * MS));
          expect(told(slow, { seed, rate: 0.5 })).toEqual([]);
          expect(told(slow, { seed, rate: 0.5 }, bursts)).toEqual([]);
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it('a server that stands still for good is told once, when what it holds back is overdue', () => {
    const stalls = told(({ now }) => (now < 5e6 ? 400 : 0), { rate: 1 });
    expect(stalls).toHaveLength(1);
    expect(stalls[0]!.at).toBeGreaterThan(4900);
    expect(stalls[0]!.at).toBeLessThan(5500);
    expect(stalls[0]!.ms).toBeGreaterThanOrEqual(2000);
    // One that never delivered anything as well.
    expect(told(() => 0, { rate: 1 })).toHaveLength(1);
  });

  it('one who stops reading is nobody who stands still', () => {
    expect(told(({ to, now }) => (to === 3 && now > 4e6 ? 9e6 - Math.min(now, 8.99e6) : 400), { rate: 0.2 })).toEqual(
      [],
    );
  });
});
