import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADD, applied, appliedNow, damaged, EDIT, isDamaged, isSame, isThere, over, REMOVE, stampOf } from './cell.ts';

interface Step {
  stamp: number;
  action: number;
}

/**
 * Items of one place, one after the other: added, edited, and all but the last removed. Nothing edits what is removed,
 * as only its owner removes an item: that is what the cells rest on where changes come in another order.
 */
const lives = fc
  .array(fc.record({ edits: fc.nat(3), isRemoved: fc.constantFrom(true, true, false) }), { minLength: 1, maxLength: 4 })
  .map((items) =>
    items.flatMap(({ edits, isRemoved }) => [
      ADD,
      ...Array.from({ length: edits }, () => EDIT),
      ...(isRemoved ? [REMOVE] : []),
    ]),
  )
  .map(numbered);

/** Whatever may come in the order of versions: also edits of what is not there, as its addition was skipped. */
const changes = fc.array(fc.constantFrom(ADD, EDIT, EDIT, REMOVE), { minLength: 1, maxLength: 8 }).map(numbered);

function numbered(actions: readonly number[]): Step[] {
  return actions.map((action, n) => ({ stamp: n + 1, action }));
}

const all = (steps: readonly Step[], cell = 0): number =>
  steps.reduce((now, { stamp, action }) => applied(now, stamp, action), cell);

/** What a place holds once its changes are applied in their order, in plain words. */
function naive(steps: readonly Step[]): { isThere: boolean; stamp: number } {
  let there = false;
  let stamp = 0;
  for (const step of steps) {
    if (step.action === ADD) there = true;
    if (step.action === REMOVE) there = false;
    ({ stamp } = step);
  }
  return { isThere: there, stamp };
}

describe('a cell', () => {
  it('holds what the changes of its place add up to, in their order (P9)', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const cell = all(steps);
        const { isThere: there, stamp } = naive(steps);
        expect(isThere(cell)).toBe(there);
        expect(stampOf(cell)).toBe(stamp);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whatever the order in which its changes come', () => {
    let shuffled = 0;
    fc.assert(
      fc.property(
        lives.chain((steps) => fc.tuple(fc.constant(steps), fc.shuffledSubarray(steps, { minLength: steps.length }))),
        ([steps, anyOrder]) => {
          if (anyOrder.some(({ stamp }, n) => stamp !== n + 1)) shuffled++;
          expect(isSame(all(anyOrder), all(steps))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
    expect(shuffled).toBeGreaterThan(1000);
  });

  it('takes a change twice as once', () => {
    fc.assert(
      fc.property(lives, fc.nat(15), (steps, nth) => {
        const again = steps[nth % steps.length]!;
        expect(all([...steps, again])).toBe(all(steps));
      }),
    );
  });

  it('is the same as itself and as whatever is not there, and differs from what another change made', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const [one, other] = [all(a), all(b)];
        expect(isSame(one, one)).toBe(true);
        expect(isSame(one, other)).toBe(isSame(other, one));
        if (!isThere(one) && !isThere(other)) expect(isSame(one, other)).toBe(true);
        if (isThere(one) !== isThere(other)) expect(isSame(one, other)).toBe(false);
        if (isThere(one) && isThere(other)) expect(isSame(one, other)).toBe(stampOf(one) === stampOf(other));
      }),
    );
  });

  it('shows an altered copy as such until a later change comes, and never again', () => {
    let showed = 0;
    fc.assert(
      fc.property(changes, fc.nat(7), (steps, nth) => {
        const bad = steps[nth % steps.length]!;
        let cell = 0;
        for (const step of steps) {
          cell = step === bad ? damaged(cell, step.stamp, step.action) : applied(cell, step.stamp, step.action);
        }
        const isLast = bad === steps.at(-1);
        if (isLast && isThere(cell)) expect(isDamaged(cell)).toBe(true);
        if (isDamaged(cell)) showed++;
        if (isDamaged(cell)) expect(stampOf(cell)).toBe(bad.stamp);
      }),
      { numRuns: 1000 },
    );
    expect(showed).toBeGreaterThan(10);
  });

  it('of a snapshot, under what came after it, is what all of it adds up to', () => {
    let split = 0;
    fc.assert(
      fc.property(lives, fc.nat(15), (steps, cut) => {
        const base = steps.slice(0, cut);
        const after = steps.slice(cut);
        if (base.length > 0 && after.length > 0) split++;
        expect(isSame(over(all(base), all(after)), all(steps))).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(split).toBeGreaterThan(100);
  });

  it('in the order of arrival, holds what came last', () => {
    fc.assert(
      fc.property(
        changes.chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length })),
        (steps) => {
          const cell = steps.reduce((now, { stamp, action }) => appliedNow(now, stamp, action), 0);
          expect(isThere(cell)).toBe(naive(steps).isThere);
          expect(stampOf(cell)).toBe(steps.at(-1)!.stamp);
        },
      ),
    );
  });
});
