import { exponential, keyOf, uniform, whole } from '../core/random.ts';
import type { Arrivals } from './define.ts';

/** What a stream of draws is for: each purpose of a user has its own. */
export const PURPOSE = {
  edit: 1,
  cursor: 2,
  heartbeat: 3,
  leave: 4,
  backoff: 5,
  choice: 6,
  join: 7,
  phase: 8,
} as const;

export const streamOf = (seed: number, session: number, user: number, purpose: number): number =>
  keyOf(seed, session, user, purpose);

/**
 * When a user's changes are due: pure steps over typed arrays, one place a user. Due times never depend on responses.
 * A `drag` gesture is a run of changes in pairs, an update and a move, that share a due time.
 */
export class EditTimes {
  readonly #gesture: Uint32Array;
  readonly #left: Uint16Array;
  readonly #gap: Float64Array;

  constructor(users: number) {
    this.#gesture = new Uint32Array(users);
    this.#left = new Uint16Array(users);
    this.#gap = new Float64Array(users);
  }

  /** Number of the gesture a user is in, which says what is dragged. */
  gesture(user: number): number {
    return this.#gesture[user]!;
  }

  /**
   * The first due time after `from`, µs.
   * @param rate changes a second of this user; 0 is never
   */
  first(user: number, key: number, arrivals: Arrivals, rate: number, from: number): number {
    if (rate <= 0) return Infinity;
    const gap = 1e6 / rate;
    if (arrivals.pattern === 'even') return from + uniform(key, 0) * gap;
    if (arrivals.pattern === 'poisson') return from + exponential(key, 0, gap);
    return this.#begin(user, key, arrivals, rate, from);
  }

  /** The due time after the n-th change (n from 0), which was due at `due`. */
  next(user: number, key: number, arrivals: Arrivals, rate: number, n: number, due: number): number {
    const gap = 1e6 / rate;
    if (arrivals.pattern === 'even') return due + gap;
    if (arrivals.pattern === 'poisson') return due + exponential(key, n + 1, gap);
    const left = --this.#left[user]!;
    if (left > 0) return left % 2 === 1 ? due : due + this.#gap[user]!;
    this.#gesture[user]!++;
    return this.#begin(user, key, arrivals, rate, due);
  }

  /** Draws a gesture and the pause before it, which is exponential: whenever one begins to look, it is as long. */
  #begin(
    user: number,
    key: number,
    arrivals: Extract<Arrivals, { pattern: 'drag' }>,
    rate: number,
    from: number,
  ): number {
    const { steps, per_second } = arrivals;
    const gesture = this.#gesture[user]!;
    const count = whole(key, gesture * 3 + 1, steps[0], steps[1]);
    const speed = per_second[0] + uniform(key, gesture * 3 + 2) * (per_second[1] - per_second[0]);
    const { pause, faster } = pauseOf(arrivals, rate);
    this.#left[user] = count * 2;
    this.#gap[user] = 1e6 / (speed * faster);
    return from + exponential(key, gesture * 3 + 3, pause) + this.#gap[user]!;
  }
}

/**
 * The mean pause between gestures at which `rate` changes a second come out, µs; where even no pause would be too
 * long, how much faster the steps have to be.
 *
 * A gesture of K steps at h a second has 2K changes and lasts K/h; with both uniform,
 * E[K/h] = E[K] · ln(h₁/h₀) / (h₁ − h₀).
 */
function pauseOf(arrivals: Extract<Arrivals, { pattern: 'drag' }>, rate: number): { pause: number; faster: number } {
  const [k0, k1] = arrivals.steps;
  const [h0, h1] = arrivals.per_second;
  const steps = (k0 + k1) / 2;
  const lasts = h1 > h0 ? (steps * Math.log(h1 / h0)) / (h1 - h0) : steps / h0;
  const cycle = (2 * steps) / rate;
  const faster = Math.max(1, (lasts * 1.25) / cycle);
  return { pause: Math.max(0, cycle - lasts / faster) * 1e6, faster };
}
