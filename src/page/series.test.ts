import { expect, test } from 'vitest';
import { breaksOf, broken } from './series.ts';

const slice = (from_ms: number) => ({
  from_ms,
  to_ms: from_ms + 1000,
  stage: 'steady' as const,
  users: 1,
  metrics: {},
});
const gap = (from_ms: number, to_ms?: number, doubtful = false) => ({
  from_ms,
  ...(to_ms !== undefined && { to_ms }),
  doubtful,
  because: '',
});

test('a line over time is broken where nothing is known, and only there', () => {
  const timeline = [0, 1000, 4000, 5000, 8000].map(slice);
  const gaps = [gap(2000, 4000), gap(6000, 8000), gap(0, 2000, true), gap(9000)];
  const breaks = breaksOf({ timeline, gaps });
  expect(breaks).toEqual([
    { before: 2, middle_ms: 3000 },
    { before: 4, middle_ms: 7000 },
  ]);
  expect(broken([1, 2, 3, 4, 5], breaks, () => null)).toEqual([1, 2, null, 3, 4, null, 5]);
  expect(breaksOf({ timeline })).toEqual([]);
});
