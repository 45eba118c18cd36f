import type { Attendees } from './attendees.ts';
import { isThere, thereIn, type Beliefs } from './beliefs.ts';
import type { PresenceStories } from './presence-stories.ts';

/** However soon a server has told departures so far, one may take so long, µs. */
const LEAST_US = 500_000;
/** Departures after which it is known how late a server tells them. */
const ENOUGH = 5;

export interface DebtsOptions {
  sessions: number;
  users: number;
  deadline_us: number;
  attendees: Attendees;
  beliefs: Beliefs;
  stories: PresenceStories;
  /** When anything last came to a user, µs. */
  heardAt(seat: number): number;
}

/**
 * Departures that users are owed: of one who is taken to be there although that connection has ended, and of one who
 * came back and was told to have come, but not to have left.
 *
 * They are untold for certain once the deadline is over. For one who leaves before that they are where something came
 * to it so long after the end that this server, by the latest of all that it told in good order, would have told that
 * one before; else nobody can say.
 */
export class Debts {
  readonly #options: DebtsOptions;
  /** Of each pair: came back, and was told so, before the receiver was told that it had left. */
  readonly #owed: Uint8Array;
  /** Whether this server tells who comes and goes. */
  areTold = false;
  #latest = 0;
  #told = 0;

  constructor(options: DebtsOptions) {
    this.#options = options;
    this.#owed = new Uint8Array(options.sessions * options.users * options.users);
  }

  #at(receiver: number, subject: number): number {
    return receiver * this.#options.users + (subject % this.#options.users);
  }

  /** How long after an end in good order this server tells it at the latest, µs. */
  get #patience(): number {
    const { deadline_us } = this.#options;
    return this.#told < ENOUGH ? deadline_us : Math.min(deadline_us, Math.max(LEAST_US, 2 * this.#latest));
  }

  connecting(receiver: number): void {
    const from = receiver * this.#options.users;
    this.#owed.fill(0, from, from + this.#options.users);
  }

  /** A receiver was told of a return before the departure. */
  owe(receiver: number, subject: number): void {
    this.#owed[this.#at(receiver, subject)] = 1;
  }

  has(receiver: number, subject: number): boolean {
    return this.#owed[this.#at(receiver, subject)] === 1;
  }

  /** A departure was told. */
  pay(receiver: number, subject: number, at: number): void {
    const { attendees, stories } = this.#options;
    const late = attendees.sinceOrderlyEnd(subject, at);
    if (late < Infinity && attendees.isLastEndAlone(subject)) {
      this.#told++;
      this.#latest = Math.max(this.#latest, late);
    }
    if (!this.has(receiver, subject)) return;
    this.#owed[this.#at(receiver, subject)] = 0;
    // It may be the next departure.
    if (!attendees.isIn(subject)) stories.doubt(at);
  }

  /** A return whose departure is not told any more. @param isSure nothing is on its way */
  settle(receiver: number, subject: number, isSure: boolean, at: number): void {
    if (!this.has(receiver, subject)) return;
    this.#owed[this.#at(receiver, subject)] = 0;
    const { stories } = this.#options;
    if (!isSure) return stories.doubt(at);
    stories.tell('departures_untold', receiver, subject, at, 'came back, and was never told to have left');
  }

  /** A connection has ended: what its user was not told by then, and what others were not told of it before. */
  gone(seat: number, at: number): void {
    const { users, attendees, beliefs, stories } = this.#options;
    const first = seat - (seat % users);
    for (let other = first; other < first + users; other++) {
      if (other === seat) continue;
      this.#close(seat, other, at);
      this.settle(other, seat, this.#wouldKnow(other, attendees.connectingAt(seat)), at);
      // To a connection that was cut the server may yet have meant to tell it.
      const isOut = attendees.isComing(other) || attendees.isNew(other) || attendees.isOutSince(other, at);
      const wasCut = !isOut && attendees.sinceOrderlyEnd(other, at) === Infinity;
      if (wasCut && isThere(beliefs.of(other, seat))) stories.doubt(at);
    }
  }

  /** The run is over for all who are in. */
  finish(now: number): void {
    const { users, attendees } = this.#options;
    for (let seat = 0; seat < attendees.count; seat++) {
      if (!attendees.isIn(seat)) continue;
      const first = seat - (seat % users);
      for (let other = first; other < first + users; other++) if (other !== seat) this.#close(seat, other, now);
    }
  }

  /** Whether this receiver has heard so late of the server that it would know of an end in good order at `since`. */
  #wouldKnow(receiver: number, since: number): boolean {
    return this.#options.heardAt(receiver) - since >= this.#patience;
  }

  #close(receiver: number, subject: number, at: number): void {
    const { attendees, beliefs, stories } = this.#options;
    this.settle(receiver, subject, this.#wouldKnow(receiver, attendees.connectingAt(subject)), at);
    const belief = beliefs.of(receiver, subject);
    const epoch = attendees.epochOf(subject);
    const isComing = attendees.isComing(subject);
    if (!isThere(belief) || (isComing && belief === thereIn(epoch))) return;
    const isOfLast = belief === thereIn(isComing ? epoch - 1 : epoch);
    const ended = at - attendees.sinceOrderlyEnd(subject, at);
    const stayedAway = !isComing || attendees.connectingAt(subject) - ended >= this.#patience;
    const isSeen = isOfLast && attendees.wasSeenLeaving(subject, receiver) && !attendees.isLeaving(subject);
    if (!this.areTold || !isSeen || !stayedAway || !this.#wouldKnow(receiver, ended)) return stories.doubt(at);
    return stories.wrong('departures_untold', receiver, subject, at, 'left, and this user was never told');
  }
}
