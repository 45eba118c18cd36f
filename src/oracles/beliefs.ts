/** What a receiver believes of another user: not there · nobody ever said · told to have left although it is there. */
export const AWAY = 0;
export const UNKNOWN = 1;
export const DOUBTED = 2;
const FIRST = 3;
/** Epochs that are told apart. */
const EPOCHS = 61;
const VALUE = 0x3f;
/** A list lacked the user, who was surely in. */
const OMITTED = 0x40;
/** An error of this pair has been counted, in this stay of the receiver and this epoch of the user. */
const WRONGED = 0x80;

/** The belief that a user is there, in one of its epochs. */
export const thereIn = (epoch: number): number => FIRST + (epoch % EPOCHS);
export const isThere = (belief: number): boolean => belief >= FIRST;

/** What every user of a session believes of every other: one byte a pair. */
export class Beliefs {
  readonly #users: number;
  readonly #pairs: Uint8Array;

  constructor(sessions: number, users: number) {
    this.#users = users;
    this.#pairs = new Uint8Array(sessions * users * users);
  }

  #at(receiver: number, subject: number): number {
    return receiver * this.#users + (subject % this.#users);
  }

  of(receiver: number, subject: number): number {
    return this.#pairs[this.#at(receiver, subject)]! & VALUE;
  }

  set(receiver: number, subject: number, belief: number): void {
    const at = this.#at(receiver, subject);
    this.#pairs[at] = (this.#pairs[at]! & ~VALUE) | belief;
  }

  isWronged(receiver: number, subject: number): boolean {
    return (this.#pairs[this.#at(receiver, subject)]! & WRONGED) !== 0;
  }

  /** An error was counted; from here on the receiver is taken to believe what is so. */
  wrong(receiver: number, subject: number, belief: number): void {
    this.#pairs[this.#at(receiver, subject)] = WRONGED | belief;
  }

  isOmitted(receiver: number, subject: number): boolean {
    return (this.#pairs[this.#at(receiver, subject)]! & OMITTED) !== 0;
  }

  omit(receiver: number, subject: number): void {
    this.#pairs[this.#at(receiver, subject)]! |= OMITTED;
  }

  clearOmission(receiver: number, subject: number): void {
    this.#pairs[this.#at(receiver, subject)]! &= ~OMITTED;
  }

  /** A receiver begins anew: it knows of nobody. */
  forgetAll(receiver: number): void {
    const from = receiver * this.#users;
    this.#pairs.fill(AWAY, from, from + this.#users);
  }

  /** Nobody tells a receiver who was there before it: what it has not heard, it does not know. */
  doubtAll(receiver: number): void {
    const from = receiver * this.#users;
    for (let at = from; at < from + this.#users; at++)
      if ((this.#pairs[at]! & VALUE) === AWAY) this.#pairs[at] = UNKNOWN;
  }

  /** A user begins a new epoch: errors count anew. @param wasOut whether everybody must believe it to be away */
  renew(subject: number, wasOut: boolean): void {
    const user = subject % this.#users;
    const from = (subject - user) * this.#users + user;
    for (let nth = 0, at = from; nth < this.#users; nth++, at += this.#users) {
      const belief = this.#pairs[at]! & VALUE;
      this.#pairs[at] = belief === DOUBTED || (belief === UNKNOWN && wasOut) ? AWAY : belief;
    }
  }
}
