import type { Attendees } from './attendees.ts';

/** A user joined · its connection ended · a receiver was told that it left while it was there · two were named host. */
export const ARRIVAL = 0;
export const DEPARTURE = 1;
export const DOUBT = 2;
export const RIVALS = 3;
/** A receiver was told of an arrival before it was told of the departure before it. */
export const RETURN = 4;

/** Something to look at once the deadline is over. Who has begun a new epoch by then is no longer meant. */
export interface Check {
  readonly kind: number;
  /** When it happened, µs. */
  readonly at: number;
  /** From when on it can be looked at, µs. */
  due: number;
  readonly seat: number;
  readonly epoch: number;
  /** Whom a doubt or a rivalry is about; −1 for none. */
  readonly other: number;
  readonly otherEpoch: number;
}

/** What is to be looked at, in the order in which it is due. */
export class Checks {
  readonly #attendees: Attendees;
  readonly #deadlineUs: number;
  #waiting: Check[] = [];
  #first = 0;

  constructor(attendees: Attendees, deadline_us: number) {
    this.#attendees = attendees;
    this.#deadlineUs = deadline_us;
  }

  add(kind: number, at: number, seat: number, other = -1): void {
    const attendees = this.#attendees;
    this.#waiting.push({
      kind,
      at,
      due: at + this.#deadlineUs,
      seat,
      epoch: attendees.epochOf(seat),
      other,
      otherEpoch: other < 0 ? 0 : attendees.epochOf(other),
    });
  }

  /** The next that is due, taken out. */
  take(now: number): Check | undefined {
    const check = this.#waiting[this.#first];
    if (check === undefined || check.due > now) return undefined;
    this.#first++;
    if (this.#first >= 1024 && this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return check;
  }

  /** Puts one off: what it waits for cannot be told yet. */
  putOff(check: Check, now: number): void {
    check.due = now + this.#deadlineUs;
    this.#waiting.push(check);
  }

  /** Whether one of those that wait is so. */
  some(is: (check: Check) => boolean): boolean {
    for (let at = this.#first; at < this.#waiting.length; at++) if (is(this.#waiting[at]!)) return true;
    return false;
  }
}
