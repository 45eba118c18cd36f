import { LOOP_ASKED_MS } from '../plan/fitness.ts';
import type { Clock, Timer } from '../load/ports.ts';

/** Where nothing else is due for so long, the timer is asked for all the same, µs. */
const ASKED_US = LOOP_ASKED_MS * 1000;

/**
 * A timer that tells how late each ring was, ms: it waits for the event loop as what comes from the network does, and
 * what is due late is sent late. It costs nothing while others ask for it every few ms.
 */
export class WatchedTimer implements Timer {
  readonly #timer: Timer;
  readonly #clock: Clock;
  #due = Infinity;
  #next = Infinity;
  #fire = (): void => {};
  /** When it is asked for at the latest. */
  #ask: number;
  /** What it is set to. */
  #at = Infinity;
  readonly #late: (ms: number) => void;

  constructor(timer: Timer, clock: Clock, late: (ms: number) => void) {
    this.#timer = timer;
    this.#clock = clock;
    this.#late = late;
    this.#ask = clock() + ASKED_US;
    this.#arm();
  }

  set(due: number, fire: () => void, next: number): void {
    this.#due = due;
    this.#fire = fire;
    this.#next = next;
    this.#arm();
  }

  clear(): void {
    this.#due = Infinity;
    this.#arm();
  }

  /** Tells how late a ring is that has yet to come. */
  tellOverdue(): void {
    const late = this.#clock() - this.#ask;
    if (late > 0) this.#late(late / 1000);
  }

  #arm(): void {
    const at = Math.min(this.#due, this.#ask);
    if (at === this.#at) return;
    this.#at = at;
    this.#timer.set(at, this.#ring, Math.min(Math.max(this.#due, this.#ask), this.#next));
  }

  readonly #ring = (): void => {
    const now = this.#clock();
    const wasDue = this.#at;
    this.#at = Infinity;
    this.#late(Math.max(now - wasDue, 0) / 1000);
    this.#ask = now + ASKED_US;
    if (this.#due > now) return this.#arm();
    this.#due = Infinity;
    this.#fire();
    return this.#arm();
  };
}
