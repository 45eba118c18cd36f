import type { Delivery } from '../oracles/delivery.ts';
import type { Lives } from './lives.ts';
import type { Outgoing } from './outgoing.ts';
import type { Recoveries } from './recoveries.ts';
import type { Seats } from './seats.ts';

/** How often a session is looked at while it is in use, µs. */
const EVERY_US = 60_000_000;

export interface LooksOptions {
  seats: Seats;
  lives: Lives;
  outgoing: Outgoing;
  delivery: Delivery;
  recoveries: Recoveries;
  deadline_us: number;
}

/**
 * Looks at what the users of each session see: now and then in a long run, and once all is quiet at its end. One user
 * of the session asks for the state, which shows what the server holds, and all replicas are compared.
 */
export class Looks {
  readonly #options: LooksOptions;
  readonly #sessions: number;
  /** Who was asked for the last look of each session; −1 once it was answered. */
  readonly #asked: Int32Array;
  #next = EVERY_US;
  /** Since when the last look is waited for, µs. */
  #lastSince: number | undefined;

  constructor(options: LooksOptions) {
    this.#options = options;
    this.#sessions = options.seats.count / options.seats.users;
    this.#asked = new Int32Array(this.#sessions).fill(-1);
  }

  /** Looks at the sessions whose turn it is, at places that have been left alone for longer than a delivery may take. */
  glance(now: number): void {
    const { deadline_us, delivery } = this.#options;
    // Spread over the period, so that no second bears them all.
    const step = EVERY_US / this.#sessions;
    for (; this.#next <= now; this.#next += step) {
      const session = Math.round(this.#next / step) % this.#sessions;
      delivery.compare(session, now - deadline_us, now);
      this.#ask(session, now);
    }
  }

  /**
   * The last look: asks in every session, and compares once all have been answered.
   * @returns whether it is done
   */
  isDone(now: number): boolean {
    const { deadline_us, delivery, recoveries } = this.#options;
    if (this.#lastSince === undefined) {
      this.#lastSince = now;
      if (recoveries.statesCome) for (let session = 0; session < this.#sessions; session++) this.#ask(session, now);
      else this.#asked.fill(-1);
    }
    const isAnswered = this.#asked.every((seat) => seat < 0 || !this.#options.lives.isJoined(seat));
    if (!isAnswered && now < this.#lastSince + deadline_us) return false;
    for (let session = 0; session < this.#sessions; session++) delivery.compare(session, Infinity, now);
    return true;
  }

  #ask(session: number, now: number): void {
    const { seats, lives, outgoing, delivery, recoveries } = this.#options;
    const first = session * seats.users;
    let seat = first;
    while (seat < first + seats.users && !lives.isJoined(seat)) seat++;
    if (seat === first + seats.users) return;
    this.#asked[session] = seat;
    delivery.asked(seat, now);
    recoveries.asks(seat, now);
    outgoing.sync(seat, now);
  }

  /** A state came to a user. @returns whether it is the answer to a look */
  answered(seat: number): boolean {
    const session = Math.floor(seat / this.#options.seats.users);
    if (this.#asked[session] !== seat) return false;
    this.#asked[session] = -1;
    return true;
  }
}
