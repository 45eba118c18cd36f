import { uniform } from '../core/random.ts';

const BASE_MS = 250;
const CAP_MS = 10_000;

/**
 * How long a user who was thrown out waits before its n-th try in a row to come back (n from 0): full jitter,
 * `random(0, min(cap, base · 2ⁿ))` (Brooker, "Exponential Backoff and Jitter").
 * @returns µs
 */
export const backoffUs = (key: number, n: number, tries: number): number =>
  uniform(key, n) * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(tries, 20)) * 1000;
