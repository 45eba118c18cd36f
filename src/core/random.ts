/**
 * Counter-based random numbers: every draw is a pure function of (key, n), with no stored stream, so that any split of
 * the users over processes, any reconnect and any skipped send leaves all other draws as they were.
 *
 * The mixing is MurmurHash3's 32-bit finaliser over a Weyl sequence, as splitmix32 does.
 */
const mix = (value: number): number => {
  let h = value | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
};

const WEYL = 0x9e3779b9;

/** The key of one stream of draws, for example (seed, session, user, purpose). An int32. */
export function keyOf(...parts: number[]): number {
  let key = 0;
  for (const part of parts) key = mix(Math.imul(key, 31) + (part | 0) + WEYL);
  return key;
}

/** The n-th draw of a stream: uniform over 0 … 2³²−1. */
export const draw = (key: number, n: number): number => mix(key + Math.imul(n + 1, WEYL)) >>> 0;

/** Uniform in [0, 1). */
export const uniform = (key: number, n: number): number => draw(key, n) / 4294967296;

/** Exponential with this mean: the gap of a Poisson process. Never infinite, as a uniform draw is never 1. */
export const exponential = (key: number, n: number, mean: number): number => -mean * Math.log(1 - uniform(key, n));

/** A whole number from `least` to `most`, both included. */
export const whole = (key: number, n: number, least: number, most: number): number =>
  least + Math.floor(uniform(key, n) * (most - least + 1));

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

/** A UUID-shaped name (version 4, variant 1) that is a pure function of its key: 36 characters. */
export function uuidOf(key: number): string {
  const a = hex(draw(key, 0));
  const b = hex(draw(key, 1));
  const c = hex((draw(key, 2) & 0x3fffffff) | 0x80000000);
  const d = hex(draw(key, 3));
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}
