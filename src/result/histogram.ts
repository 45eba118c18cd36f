import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { BUCKETS, lowestOf, MAX_US, MIN_US, widthOf } from '../core/buckets.ts';
import type { TrendRecord } from '../core/record.ts';
import type { Trend } from './result.ts';

/** Histograms once they are cold: adding up, percentiles, and HdrHistogram's V2 coding. */

export const emptyTrend = (): TrendRecord => ({ count: 0, missing: 0, sum_us: 0, min_us: 0, max_us: 0, buckets: [] });

/** Adds two trends up: commutative and associative, as percentiles merge by adding histograms, never by averaging. */
export function addTrends(a: TrendRecord, b: TrendRecord): TrendRecord {
  return {
    count: a.count + b.count,
    missing: a.missing + b.missing,
    sum_us: a.sum_us + b.sum_us,
    min_us: a.count === 0 ? b.min_us : b.count === 0 ? a.min_us : Math.min(a.min_us, b.min_us),
    max_us: Math.max(a.max_us, b.max_us),
    buckets: addPairs(a.buckets, b.buckets),
  };
}

/** Adds pairs of index and count up; both are by ascending index, and so is the sum. */
export function addPairs(a: number[], b: number[]): number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const sum: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const inA = i < a.length ? a[i]! : BUCKETS;
    const inB = j < b.length ? b[j]! : BUCKETS;
    const index = Math.min(inA, inB);
    sum.push(index, (inA === index ? a[i + 1]! : 0) + (inB === index ? b[j + 1]! : 0));
    if (inA === index) i += 2;
    if (inB === index) j += 2;
  }
  return sum;
}

/**
 * The value that `percent` per cent of the measurements do not exceed: HdrHistogram's, the highest value that shares
 * its bucket (so within 1 % above the truth), yet never above the largest one measured. `missing` counts as infinite.
 * @returns µs; Infinity where it lies beyond what arrived; undefined without any measurement
 */
export function percentileOf(trend: TrendRecord, percent: number): number | undefined {
  const total = trend.count + trend.missing;
  if (total <= 0) return undefined;
  // A product such as 0.99 × 100 may come out a hair above the whole number it means.
  const exact = (percent / 100) * total;
  const rank = Math.max(Math.ceil(exact - exact * 2 ** -50), 1);
  let seen = 0;
  for (let i = 0; i < trend.buckets.length; i += 2) {
    seen += trend.buckets[i + 1]!;
    if (seen < rank) continue;
    const bucket = trend.buckets[i]!;
    return Math.min(lowestOf(bucket) + widthOf(bucket) - 1, trend.max_us);
  }
  return Infinity;
}

/** Milliseconds with whole µs: what a result holds. */
const toMs = (us: number): number => Math.round(us) / 1000;

/** A trend as the result states it. Percentiles beyond what arrived are null: over the deadline. */
export function statedTrend(trend: TrendRecord): Trend {
  const percentile = (percent: number): number | null => {
    const us = percentileOf(trend, percent);
    return us === undefined || us === Infinity ? null : toMs(us);
  };
  const some = trend.count > 0;
  return {
    kind: 'trend',
    unit: 'ms',
    count: trend.count,
    missing: Math.max(trend.missing, 0),
    min: some ? toMs(trend.min_us) : null,
    mean: some ? toMs(trend.sum_us / trend.count) : null,
    p50: percentile(50),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
    p999: percentile(99.9),
    max: some ? toMs(trend.max_us) : null,
  };
}

const blank = (): JsHistogram =>
  // 64 bits a bucket are exact up to 2^53; JavaScript's own arrays, as nothing here is hot.
  build({
    lowestDiscernibleValue: MIN_US,
    highestTrackableValue: MAX_US,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 64,
    useWebAssembly: false,
  }) as JsHistogram;

/** The histogram as HdrHistogram V2, compressed, base64: readable by every HdrHistogram library. */
export function encodeHistogram(trend: TrendRecord): string {
  const histogram = blank();
  for (let i = 0; i < trend.buckets.length; i += 2) {
    histogram.recordValueWithCount(lowestOf(trend.buckets[i]!), trend.buckets[i + 1]!);
  }
  return encodeIntoCompressedBase64(histogram);
}

/**
 * The buckets of a coded histogram, as in a {@link TrendRecord}.
 * @throws Error where the text is no HdrHistogram V2 of this resolution
 */
export function decodeHistogram(base64: string): number[] {
  const histogram = decodeFromCompressedBase64(base64, 64) as JsHistogram;
  if (histogram.numberOfSignificantValueDigits !== 2 || histogram.lowestDiscernibleValue !== MIN_US) {
    throw new Error('A histogram of another resolution: 2 significant digits from 1 µs on are expected.');
  }
  const buckets: number[] = [];
  for (let index = 0; index < Math.min(histogram.countsArrayLength, BUCKETS); index++) {
    const count = histogram.getCountAtIndex(index);
    if (count > 0) buckets.push(index, count);
  }
  return buckets;
}
