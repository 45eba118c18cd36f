import { backoffUs } from '../scenario/backoff.ts';
import { PURPOSE } from '../scenario/schedule.ts';
import type { Seats } from './seats.ts';

/** Codes after which a user does not come back: replaced, and not allowed. */
const FOR_GOOD = new Set([4001, 1008]);
/** A connection that held so long was a good one, µs: the next back-off begins anew. */
const STAYED_US = 10_000_000;
/** Draws of a back-off that one stay in a session may use. */
const TRIES = 64;

/** When users who were thrown out, or not let in, try again. */
export class Comebacks {
  readonly #seats: Seats;
  /** Failed tries in a row. */
  readonly #tries: Uint16Array;

  constructor(seats: Seats) {
    this.#seats = seats;
    this.#tries = new Uint16Array(seats.count);
  }

  /**
   * When a user tries again whose connection ended so.
   * @param lasted how long ago it had begun to connect, µs
   * @param joins how often it has joined
   * @returns µs; Infinity where it does not
   */
  next(seat: number, code: number, lasted: number, joins: number, at: number): number {
    if (FOR_GOOD.has(code)) return Infinity;
    // Whoever is let in and thrown out at once is no nearer than one who is refused.
    if (lasted > STAYED_US) this.#tries[seat] = 0;
    const tries = this.#tries[seat]!++;
    return at + backoffUs(this.#seats.stream(seat, PURPOSE.backoff), joins * TRIES + tries, tries);
  }
}
