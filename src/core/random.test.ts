import { expect, it } from 'vitest';
import { draw, exponential, keyOf, uniform, uuidOf, whole } from './random.ts';

const many = Array.from({ length: 20_000 }, (_, n) => n);
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it('draws the same for the same key and number, in any order', () => {
  const key = keyOf(1, 2, 3);
  expect(draw(key, 5)).toBe(draw(keyOf(1, 2, 3), 5));
  expect(draw(key, 5)).not.toBe(draw(keyOf(1, 3, 2), 5));
  expect(new Set(many.map((n) => draw(key, n))).size).toBeGreaterThan(19_990);
});

it('is uniform, exponential and whole as promised', () => {
  const key = keyOf(417093, 0, 7, 1);
  const uniforms = many.map((n) => uniform(key, n));
  expect(mean(uniforms)).toBeCloseTo(0.5, 1);
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = uniforms.filter((value) => Math.floor(value * 10) === tenth).length / many.length;
    expect(share).toBeCloseTo(0.1, 1);
  }
  const gaps = many.map((n) => exponential(key, n, 40));
  expect(mean(gaps) / 40).toBeCloseTo(1, 1);
  // A Poisson process: the share of gaps beyond the mean is 1/e.
  expect(gaps.filter((gap) => gap > 40).length / many.length).toBeCloseTo(Math.exp(-1), 1);
  expect([...new Set(many.map((n) => whole(key, n, 3, 6)))].sort()).toEqual([3, 4, 5, 6]);
});

it('keeps neighbouring users apart', () => {
  const first = Array.from({ length: 1000 }, (_, user) => uniform(keyOf(1, 0, user, 1), 0));
  expect(new Set(first).size).toBe(1000);
  expect(mean(first)).toBeCloseTo(0.5, 1);
});

it('names items as UUIDs of version 4', () => {
  const names = many.slice(0, 1000).map((n) => uuidOf(keyOf(n)));
  for (const name of names)
    expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(names).size).toBe(1000);
});
