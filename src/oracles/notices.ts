import type { Attendees } from './attendees.ts';

/**
 * How many notices of another user's coming each user may yet be told, and how many of its going it was: a byte a pair.
 *
 * Each connection of a user is announced to another one once at most, and before its end is. So an arrival is told twice
 * for certain where more were told than there were connections to tell of; those that may have been told before the
 * receiver came, or may come late, are taken for not told yet.
 */
export class Notices {
  readonly #users: number;
  readonly #deadlineUs: number;
  readonly #attendees: Attendees;
  /** The connection of each user up to which all are told to a receiver, or will not be told any more. */
  readonly #announced: Uint8Array;
  /** Departures told, of each pair. */
  readonly #departures: Uint8Array;
  /** Ends of each user's connections. */
  readonly #ends: Uint32Array;
  /** By when the arrival of the last connection is told, µs; and of all before it. */
  readonly #toldBy: Float64Array;
  readonly #beforeBy: Float64Array;
  /** The last connection before those whose arrivals may not be told yet. */
  readonly #settled: Uint32Array;
  /** Ends of each user when the receiver began to connect; and whether one of them might yet be told. */
  readonly #endsBefore: Uint8Array;
  readonly #isUnsure: Uint8Array;

  constructor(sessions: number, users: number, deadline_us: number, attendees: Attendees) {
    const seats = sessions * users;
    this.#users = users;
    this.#deadlineUs = deadline_us;
    this.#attendees = attendees;
    this.#announced = new Uint8Array(seats * users);
    this.#departures = new Uint8Array(seats * users);
    this.#endsBefore = new Uint8Array(seats * users);
    this.#isUnsure = new Uint8Array(seats * users);
    this.#ends = new Uint32Array(seats);
    this.#toldBy = new Float64Array(seats);
    this.#beforeBy = new Float64Array(seats);
    this.#settled = new Uint32Array(seats);
  }

  #at(receiver: number, subject: number): number {
    return receiver * this.#users + (subject % this.#users);
  }

  /** A user began to connect, which the attendees know already. */
  connecting(seat: number, at: number): void {
    if (this.#toldBy[seat]! <= at) this.#settled[seat] = this.#attendees.epochOf(seat) - 1;
    this.#beforeBy[seat] = Math.max(this.#beforeBy[seat]!, this.#toldBy[seat]!);
    this.#toldBy[seat] = Infinity;
    const first = seat - (seat % this.#users);
    for (let user = 0; user < this.#users; user++) {
      const other = first + user;
      const pair = this.#at(seat, other);
      const isOver = this.#toldBy[other]! <= at;
      this.#announced[pair] = isOver ? this.#attendees.epochOf(other) : this.#settled[other]!;
      this.#departures[pair] = 0;
      this.#endsBefore[pair] = this.#ends[other]!;
      this.#isUnsure[pair] = this.#attendees.isAllTold(other, at) ? 0 : 1;
    }
  }

  joined(seat: number, at: number): void {
    this.#toldBy[seat] = at + this.#deadlineUs;
  }

  /** @param isAttempt it came to nothing before there was a connection */
  gone(seat: number, isAttempt: boolean, at: number): void {
    if (isAttempt) this.#toldBy[seat] = this.#beforeBy[seat]!;
    else if (this.#toldBy[seat] === Infinity) this.#toldBy[seat] = at + this.#deadlineUs;
    if (!isAttempt) this.#ends[seat]!++;
  }

  /** Connections of a user whose arrival this receiver may yet be told. */
  #awaited(receiver: number, subject: number): number {
    return ((this.#attendees.epochOf(subject) - this.#announced[this.#at(receiver, subject)]!) << 24) >> 24;
  }

  /** An arrival was told. @returns whether there was one to tell */
  arrival(receiver: number, subject: number, at: number): boolean {
    const pair = this.#at(receiver, subject);
    // Of all connections but the last it would have been told by now.
    if (this.#beforeBy[subject]! <= at && this.#awaited(receiver, subject) > 1) {
      this.#announced[pair] = this.#attendees.epochOf(subject) - 1;
    }
    if (this.#awaited(receiver, subject) <= 0) return false;
    this.#announced[pair]!++;
    return true;
  }

  /**
   * A departure was told to one who did not know of it: where it can only be of the last connection, all arrivals have
   * been told.
   */
  departure(receiver: number, subject: number, at: number): void {
    const attendees = this.#attendees;
    const pair = this.#at(receiver, subject);
    const told = ++this.#departures[pair]!;
    if (attendees.isComing(subject)) return;
    const begun = this.#ends[subject]! + (attendees.isLeaving(subject) ? 1 : 0);
    const untold = ((begun - this.#endsBefore[pair]! - told) << 24) >> 24;
    if ((this.#isUnsure[pair] === 0 && untold <= 0) || attendees.isClean(subject, at))
      this.#announced[pair] = attendees.epochOf(subject);
  }
}
