import * as fc from 'fast-check';
import { build, type JsHistogram } from 'hdr-histogram-js';
import { describe, expect, test } from 'vitest';
import { MAX_US } from '../core/buckets.ts';
import { trendOf } from './fixture.ts';
import { addTrends, decodeHistogram, emptyTrend, encodeHistogram, percentileOf, statedTrend } from './histogram.ts';

const anyMs = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 4e6 }), fc.integer({ min: 1, max: MAX_US })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((values) => values.map((us) => us / 1000));

function oracleOf(ms: readonly number[]): JsHistogram {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 64,
    useWebAssembly: false,
  }) as JsHistogram;
  for (const value of ms) histogram.recordValue(Math.round(value * 1000));
  return histogram;
}

describe('percentiles', () => {
  test('are those of HdrHistogram, yet never above the largest value', () => {
    const anyPercent = fc.oneof(
      fc.constantFrom(0.001, 50, 90, 95, 99, 99.9, 100),
      fc.double({ min: 0.001, max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(anyMs, anyPercent, (ms, percent) => {
        const expected = Math.min(oracleOf(ms).getValueAtPercentile(percent), Math.round(Math.max(...ms) * 1000));
        expect(percentileOf(trendOf(ms), percent)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('count what is missing as infinite: beyond what arrived there is none', () => {
    const trend = trendOf(
      Array.from({ length: 98 }, (_, i) => i + 1),
      2,
    );
    expect(percentileOf(trend, 98)).toBe(98_000);
    expect(percentileOf(trend, 98.1)).toBe(Infinity);
    expect(statedTrend(trend)).toMatchObject({
      count: 98,
      missing: 2,
      p95: expect.any(Number),
      p99: null,
      p999: null,
      max: 98,
    });
  });

  test('of nothing are unknown, and the result says null', () => {
    expect(percentileOf(emptyTrend(), 50)).toBeUndefined();
    expect(statedTrend(emptyTrend())).toEqual({
      kind: 'trend',
      unit: 'ms',
      count: 0,
      missing: 0,
      min: null,
      mean: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      p999: null,
      max: null,
    });
  });

  test('of things that all are missing lie beyond what arrived', () => {
    expect(percentileOf(trendOf([], 3), 1)).toBe(Infinity);
  });
});

describe('adding trends up', () => {
  test('gives the trend of all values', () => {
    fc.assert(
      fc.property(anyMs, anyMs, (a, b) => {
        expect(addTrends(trendOf(a, 1), trendOf(b, 2))).toEqual({ ...trendOf([...a, ...b]), missing: 3 });
      }),
    );
  });

  test('to nothing changes nothing', () => {
    expect(addTrends(emptyTrend(), trendOf([1, 2]))).toEqual(trendOf([1, 2]));
    expect(addTrends(trendOf([1, 2]), emptyTrend())).toEqual(trendOf([1, 2]));
  });
});

describe('HdrHistogram V2', () => {
  test('is what the library writes of the same values, and reads back', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const trend = trendOf(ms);
        expect(decodeHistogram(encodeHistogram(trend))).toEqual(trend.buckets);
      }),
      { numRuns: 50 },
    );
  });

  test('keeps counts beyond 32 bits', () => {
    const trend = { ...emptyTrend(), count: 6e9, buckets: [5, 6e9] };
    expect(decodeHistogram(encodeHistogram(trend))).toEqual([5, 6e9]);
  });

  test('of another resolution is refused', () => {
    const other = build({ lowestDiscernibleValue: 1, highestTrackableValue: 1e6, numberOfSignificantValueDigits: 3 });
    other.recordValue(10);
    const coded = (other as unknown as { encodeIntoCompressedBase64(): string }).encodeIntoCompressedBase64();
    expect(() => decodeHistogram(coded)).toThrow(/another resolution/);
  });
});
