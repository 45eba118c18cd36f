import type { Receipt } from '../core/record.ts';
import { userId } from '../plan/plan.ts';

/** Receipts of each user that are remembered. */
const KEPT = 4;

/** The last few changes that each user received: the story before a violation. A user is a seat. */
export class Receipts {
  readonly #options: { run: string; users: number; sessions: readonly number[] };
  readonly #users: Uint32Array;
  readonly #seqs: Uint32Array;
  /** When, ms of the run's clock; 0 for none. */
  readonly #times: Float64Array;
  /** How many each user has received, modulo what a byte holds. */
  readonly #next: Uint8Array;

  constructor(options: { run: string; users: number; sessions: readonly number[] }) {
    const seats = options.users * options.sessions.length;
    this.#options = options;
    this.#users = new Uint32Array(seats * KEPT);
    this.#seqs = new Uint32Array(seats * KEPT);
    this.#times = new Float64Array(seats * KEPT);
    this.#next = new Uint8Array(seats);
  }

  /** @param user the sender's, within the session */
  add(seat: number, user: number, seq: number, at: number): void {
    const place = seat * KEPT + (this.#next[seat]!++ % KEPT);
    this.#users[place] = user;
    this.#seqs[place] = seq;
    this.#times[place] = at;
  }

  /** What a user received last, oldest first. */
  of(seat: number): Receipt[] {
    const { run, users, sessions } = this.#options;
    const session = sessions[Math.floor(seat / users)]!;
    const receipts: Receipt[] = [];
    for (let i = 0; i < KEPT; i++) {
      const place = seat * KEPT + ((this.#next[seat]! + i) % KEPT);
      const at = this.#times[place]!;
      if (at === 0) continue;
      receipts.push({ sender: userId(run, session, this.#users[place]!), seq: this.#seqs[place]!, at_ms: at / 1000 });
    }
    return receipts;
  }
}
