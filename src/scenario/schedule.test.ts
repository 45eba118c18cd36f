import { describe, expect, it } from 'vitest';
import type { Arrivals, UserKind } from './define.ts';
import { castOf, ratesOf } from './cast.ts';
import { EditTimes, PURPOSE, streamOf } from './schedule.ts';

/** Due times of one user over some seconds. */
function dues(arrivals: Arrivals, rate: number, seconds: number, user = 0): number[] {
  const times = new EditTimes(1);
  const key = streamOf(417093, 0, user, PURPOSE.edit);
  const found: number[] = [];
  let due = times.first(0, key, arrivals, rate, 0);
  for (let n = 0; due < seconds * 1e6; n++) {
    found.push(due);
    due = times.next(0, key, arrivals, rate, n, due);
  }
  return found;
}

const perSecond = (arrivals: Arrivals, rate: number): number => {
  let count = 0;
  for (let user = 0; user < 40; user++) count += dues(arrivals, rate, 2000, user).length;
  return count / 40 / 2000;
};
const DRAG: Arrivals = { pattern: 'drag', steps: [10, 60], per_second: [10, 60] };

describe('arrivals', () => {
  it.each([
    ['poisson', { pattern: 'poisson' } as Arrivals, 1],
    ['even', { pattern: 'even' } as Arrivals, 4],
    ['drag', DRAG, 2],
    ['drag at a rate that leaves no pause', DRAG, 90],
  ])('of %s come at the rate asked for', (_name, arrivals, rate) => {
    const found = perSecond(arrivals, rate);
    expect(found / rate).toBeGreaterThan(0.9);
    expect(found / rate).toBeLessThan(1.1);
  });

  it('of poisson vary as a Poisson process does: variance of the gaps is the square of their mean', () => {
    const due = dues({ pattern: 'poisson' }, 10, 2000);
    const gaps = due.slice(1).map((at, i) => at - due[i]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(variance / mean ** 2).toBeGreaterThan(0.9);
    expect(variance / mean ** 2).toBeLessThan(1.1);
  });

  it('of drag come in pairs, 10 to 60 steps a second, 10 to 60 steps a gesture', () => {
    const due = dues(DRAG, 2, 2000);
    const steps = due.filter((_, i) => i % 2 === 0);
    expect(steps).toEqual(due.filter((_, i) => i % 2 === 1).slice(0, steps.length));
    const gestures: number[] = [];
    let length = 1;
    for (let i = 1; i < steps.length; i++) {
      if (steps[i]! - steps[i - 1]! <= 1e6 / 10 + 1) length++;
      else {
        gestures.push(length);
        length = 1;
      }
    }
    expect(gestures.length).toBeGreaterThan(20);
    expect(Math.min(...gestures)).toBeGreaterThanOrEqual(10);
  });

  it('never come at a rate of 0', () => {
    expect(dues({ pattern: 'poisson' }, 0, 1000)).toEqual([]);
  });
});

describe('the cast', () => {
  const edits = { arrivals: { pattern: 'poisson' } as const, mix: { add: 1, move: 1, update: 1, remove: 1 } };
  const kinds: UserKind[] = [
    { kind: 'editor', share: 4, edits },
    { kind: 'watcher', share: 1 },
  ];

  it('keeps the shares, in small sessions too', () => {
    const cast = castOf(kinds, 50);
    expect([...cast].filter((kind) => kind === 1)).toHaveLength(10);
    expect([...castOf(kinds, 2)]).toEqual([0, 0]);
    expect([...castOf(kinds, 1)]).toEqual([0]);
  });

  it('scales the editors’ rate so that the mean over all users is the rate asked for', () => {
    const cast = castOf(kinds, 50);
    const rates = ratesOf(kinds, cast, 1);
    expect([...cast].reduce((sum, kind) => sum + rates[kind]!, 0) / 50).toBeCloseTo(1);
    expect(rates[1]).toBe(0);
  });
});
