import * as fc from 'fast-check';
import { build, type JsHistogram } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { BUCKETS, bucketOf, lowestOf, MAX_US, MIN_US, widthOf } from './buckets.ts';

const oracle = build({
  lowestDiscernibleValue: MIN_US,
  highestTrackableValue: MAX_US,
  numberOfSignificantValueDigits: 2,
  bitBucketSize: 64,
  useWebAssembly: false,
}) as JsHistogram;

/** Values of every magnitude, and both sides of every power of two. */
const anyUs = fc
  .oneof(
    fc.integer({ min: MIN_US, max: MAX_US }),
    fc.tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: -1, max: 1 })).map(([bits, off]) => 2 ** bits + off),
    fc
      .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 1, max: 2, noNaN: true }))
      .map(([bits, x]) => 2 ** bits * x),
  )
  .map((us) => Math.min(Math.max(us, MIN_US), MAX_US));

test('a bucket is the one that HdrHistogram takes for the same value', () => {
  fc.assert(
    fc.property(anyUs, (us) => {
      const bucket = bucketOf(us);
      expect(bucket).toBe(oracle.countsArrayIndex(Math.floor(us)));
      expect(lowestOf(bucket)).toBe(oracle.lowestEquivalentValue(Math.floor(us)));
      expect(widthOf(bucket)).toBe(oracle.sizeOfEquivalentValueRange(Math.floor(us)));
    }),
    { numRuns: 2000 },
  );
});

test('every bucket has its place, and its values follow those of the one before', () => {
  expect(oracle.countsArrayLength).toBe(BUCKETS);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    expect(lowestOf(bucket)).toBe(oracle.valueFromIndex(bucket));
    if (bucket > 0) expect(lowestOf(bucket)).toBe(lowestOf(bucket - 1) + widthOf(bucket - 1));
  }
  expect(bucketOf(MAX_US)).toBeLessThan(BUCKETS);
});
