import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucketOf, lowestOf } from '../core/buckets.ts';
import { survivalOf } from './survival.ts';

const pairs = (lengths: number[]): number[] => {
  const counts = new Map<number, number>();
  for (const ms of lengths) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b).flat();
};
const curve = (ended: number[], censored: number[]) => survivalOf({ ended: pairs(ended), censored: pairs(censored) });

it('is the textbook’s: the remission times of 21 patients', () => {
  // Freireich et al. 1963, the 6-MP group; the estimates as in Collett, Modelling Survival Data, and everywhere else.
  const steps = curve([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]);
  expect(steps!.map(({ after_ms, alive, at_risk }) => [after_ms, Number(alive.toFixed(3)), at_risk])).toEqual([
    [0, 1, 21],
    [6, 0.857, 21],
    [7, 0.807, 17],
    [10, 0.753, 15],
    [13, 0.69, 12],
    [16, 0.627, 11],
    [22, 0.538, 7],
    [23, 0.448, 6],
    [35, 0.448, 1],
  ]);
});

it('is nothing where no stay ended, and falls to nothing where all did', () => {
  expect(curve([], [10, 20])).toBeUndefined();
  expect(curve([10, 20, 40], [])!.map(({ alive }) => Number(alive.toFixed(3)))).toEqual([1, 0.667, 0.333, 0]);
});

it('without censoring is the share of stays that lasted longer', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(lengths, (ended) => {
      for (const { after_ms, alive } of curve(ended, [])!) {
        const longer = ended.filter((ms) => lowestOf(bucketOf(ms)) > after_ms).length;
        expect(alive).toBeCloseTo(longer / ended.length, 4);
      }
    }),
  );
});

it('never rises, and stays that end by our own hand only ever raise it', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(lengths, lengths, (ended, censored) => {
      const [with_, without] = [curve(ended, censored)!, curve(ended, [])!];
      for (let at = 1; at < with_.length; at++) {
        expect(with_[at]!.alive).toBeLessThanOrEqual(with_[at - 1]!.alive);
        expect(with_[at]!.after_ms).toBeGreaterThan(with_[at - 1]!.after_ms);
      }
      for (const { after_ms, alive } of without) {
        const same = with_.find((one) => one.after_ms === after_ms)!;
        expect(same.alive).toBeGreaterThanOrEqual(alive - 1e-6);
      }
    }),
  );
});
