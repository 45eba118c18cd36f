/**
 * The buckets of a histogram with two significant digits over 1 µs to one hour: HdrHistogram's index
 * (lowestDiscernibleValue 1, highestTrackableValue 3.6e9, 2 digits; http://hdrhistogram.org), as pure arithmetic so
 * that it costs nanoseconds and also runs where no library can be loaded.
 *
 * Values up to 255 have a bucket each; above, every doubling is cut into 128 buckets of equal width.
 */

/** The smallest and largest value kept, µs. */
export const MIN_US = 1;
export const MAX_US = 3.6e9;

/** One past the highest index: 3.6e9 lies in the 25th doubling. */
export const BUCKETS = 26 * 128;

/**
 * The bucket of a value.
 * @param us whole or fractional µs, already within {@link MIN_US} and {@link MAX_US}
 */
export function bucketOf(us: number): number {
  // Values of 2^31 and more do not fit an int32 shift: take them from half.
  if (us >= 0x80000000) {
    const half = Math.floor(us / 2);
    return bucketOf(half) + 128;
  }
  const value = us | 0;
  const doublings = 24 - Math.clz32(value | 255);
  return (doublings << 7) + (value >>> doublings);
}

/** The lowest value of a bucket, µs. */
export function lowestOf(bucket: number): number {
  if (bucket < 256) return bucket;
  const doublings = (bucket >> 7) - 1;
  return ((bucket & 127) + 128) * 2 ** doublings;
}

/** The width of a bucket, µs. */
export const widthOf = (bucket: number): number => (bucket < 256 ? 1 : 2 ** ((bucket >> 7) - 1));
