import type { Attendees } from './attendees.ts';
import { AWAY, isThere, type Beliefs } from './beliefs.ts';
import { ARRIVAL, DEPARTURE, DOUBT, RETURN, RIVALS, type Check, type Checks } from './checks.ts';
import type { Hosts } from './hosts.ts';
import type { Debts } from './debts.ts';
import type { PresenceStories } from './presence-stories.ts';

const OMITTED = 'missing from the list although it was there';

export interface ReviewsOptions {
  users: number;
  deadline_us: number;
  /** When anything last came to a user, µs. */
  heardAt(seat: number): number;
  attendees: Attendees;
  beliefs: Beliefs;
  checks: Checks;
  hosts: Hosts;
  debts: Debts;
  stories: PresenceStories;
}

/** Looks once more at who believes what when the deadline is over: what should have come has, or never will in time. */
export class Reviews {
  readonly #users: number;
  readonly #deadlineUs: number;
  readonly #heardAt: (seat: number) => number;
  readonly #attendees: Attendees;
  readonly #beliefs: Beliefs;
  readonly #checks: Checks;
  readonly #hosts: Hosts;
  readonly #debts: Debts;
  readonly #stories: PresenceStories;

  constructor(options: ReviewsOptions) {
    this.#users = options.users;
    this.#deadlineUs = options.deadline_us;
    this.#heardAt = options.heardAt;
    this.#attendees = options.attendees;
    this.#beliefs = options.beliefs;
    this.#checks = options.checks;
    this.#hosts = options.hosts;
    this.#debts = options.debts;
    this.#stories = options.stories;
  }

  tick(now: number): void {
    for (let check = this.#checks.take(now); check; check = this.#checks.take(now)) this.#examine(check, now);
  }

  /** Whether nothing is awaited that has not come. */
  get isSettled(): boolean {
    return !this.#checks.some((check) => this.#isOpen(check));
  }

  /** Looks at what everybody believes who has been in for longer than the deadline. */
  lookAtAll(now: number): void {
    const since = now - this.#deadlineUs;
    for (let seat = 0; seat < this.#attendees.count; seat++) {
      if (this.#attendees.isInSince(seat, since)) this.#look(seat, since, now);
    }
  }

  /** Whether what a check is about is still as it was. */
  #stands({ kind, seat, epoch, other, otherEpoch }: Check): boolean {
    const attendees = this.#attendees;
    if (kind === DEPARTURE) return attendees.epochOf(seat) === epoch;
    return attendees.isIn(seat, epoch) && (other < 0 || attendees.isIn(other, otherEpoch));
  }

  #examine(check: Check, now: number): void {
    const { kind, at, seat, other } = check;
    if (kind === ARRIVAL || kind === DEPARTURE) {
      if (!this.#stands(check)) return;
      if (kind === ARRIVAL) this.#look(seat, at, now);
      return this.#tellOf(seat, at, now);
    }
    if (kind === RIVALS) return this.#examineRivals(check, now);
    if (kind === RETURN) return this.#stands(check) ? this.#debts.settle(seat, other, true, at) : undefined;
    if (!this.#stands(check)) return;
    // A user whom nothing has reached since may be gone, and its connection dead.
    if (this.#heardAt(other) <= at) return this.#checks.putOff(check, now);
    const note = this.#beliefs.of(seat, other) === AWAY ? OMITTED : 'told to have left although it was there';
    return this.#stories.wrong('presence_missing', seat, other, at, note);
  }

  /** Two are rivals if both were there for a while after the second was named: one may have left just before. */
  #examineRivals(check: Check, now: number): void {
    const { at, seat, epoch, other, otherEpoch } = check;
    const one = this.#stayed(seat, epoch, at);
    const another = this.#stayed(other, otherEpoch, at);
    if (one === 'no' || another === 'no') {
      this.#stories.doubt(at);
      return this.#hosts.succeeds(check);
    }
    if (one === 'perhaps' || another === 'perhaps') return this.#checks.putOff(check, now);
    return this.#hosts.rivals(check);
  }

  /** Whether a user stayed in for a while after `at`. One whom nothing has reached since may have a dead connection. */
  #stayed(seat: number, epoch: number, at: number): 'yes' | 'no' | 'perhaps' {
    if (this.#attendees.outstayed(seat, epoch, at)) return 'yes';
    if (!this.#attendees.isIn(seat, epoch)) return 'no';
    return this.#heardAt(seat) > at ? 'yes' : 'perhaps';
  }

  /** Looks at what a user who has been in since `at` believes of those who have been in, or out, as long. */
  #look(seat: number, at: number, now: number): void {
    const first = seat - (seat % this.#users);
    for (let other = first; other < first + this.#users; other++)
      if (other !== seat) this.#compare(seat, other, at, now);
  }

  /** Looks at what those who have been in since `at` believe of a user who came, or went, then. */
  #tellOf(seat: number, at: number, now: number): void {
    const first = seat - (seat % this.#users);
    for (let other = first; other < first + this.#users; other++) {
      if (other !== seat && this.#attendees.isInSince(other, at)) this.#compare(other, seat, at, now);
    }
  }

  #compare(seat: number, other: number, at: number, now: number): void {
    switch (this.#errorOf(seat, other, at)) {
      case 'presence_missing':
        if (this.#heardAt(other) > at) {
          return this.#stories.wrong('presence_missing', seat, other, at, OMITTED);
        }
        // Perhaps its connection is dead: it shows as soon as something comes, or as the tool gives it up.
        this.#beliefs.clearOmission(seat, other);
        return this.#checks.add(DOUBT, now, seat, other);
      case 'arrivals_untold':
        return this.#stories.wrong('arrivals_untold', seat, other, at, 'came, and this user was never told');
      case 'departures_untold':
        return this.#stories.wrong('departures_untold', seat, other, at, 'left, and this user was never told');
      default:
        return undefined;
    }
  }

  /** What is wrong between two users, of whom the first has been in since `at`. */
  #errorOf(seat: number, other: number, at: number): 'presence_missing' | 'arrivals_untold' | 'departures_untold' | '' {
    const belief = this.#beliefs.of(seat, other);
    if (this.#attendees.isInSince(other, at)) {
      if (this.#beliefs.isOmitted(seat, other)) return 'presence_missing';
      return this.#debts.areTold && belief === AWAY ? 'arrivals_untold' : '';
    }
    return this.#debts.areTold && isThere(belief) && this.#attendees.hasGone(other, at) ? 'departures_untold' : '';
  }

  #isOpen(check: Check): boolean {
    const { kind, at, seat } = check;
    if (!this.#stands(check)) return false;
    if (kind === RETURN) return this.#debts.has(seat, check.other);
    if (kind === DOUBT || kind === RIVALS) return true;
    const first = seat - (seat % this.#users);
    for (let other = first; other < first + this.#users; other++) {
      if (other === seat) continue;
      if (kind === ARRIVAL && this.#errorOf(seat, other, at) !== '') return true;
      if (this.#attendees.isInSince(other, at) && this.#errorOf(other, seat, at) !== '') return true;
    }
    return false;
  }
}
