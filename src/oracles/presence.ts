import { COUNTER, type Recorder } from '../core/recorder.ts';
import type { Welcome } from '../protocol/protocol.ts';
import { Attendees, type Knowledge } from './attendees.ts';
import { AWAY, Beliefs, DOUBTED, isThere, thereIn, UNKNOWN } from './beliefs.ts';
import { ARRIVAL, Checks, DEPARTURE, DOUBT, RETURN } from './checks.ts';
import { Debts } from './debts.ts';
import { Hosts } from './hosts.ts';
import { Notices } from './notices.ts';
import { PresenceStories, type PresenceStoriesOptions } from './presence-stories.ts';
import { Reviews } from './reviews.ts';

/** `sessions` are the indices in the whole run of this process's. */
export interface PresenceOptions extends PresenceStoriesOptions {
  deadline_us: number;
  /** When anything last came to a user, µs. */
  heardAt(seat: number): number;
}

/**
 * The oracle of presence: holds the list that a joiner is given, and every arrival and departure that a user is told,
 * against who surely is in and who surely is out.
 *
 * Only what rests on certainty is claimed: a user is surely in from when its join was read until its connection begins
 * to end, and surely out once somebody was told so or the deadline has passed since its connection ended. What may yet
 * come is looked at when the deadline is over, and counts only if those it is about are still where they were. One
 * error is counted once for a receiver and a user's stay; the receiver is then taken to believe what is so.
 *
 * Cost: a byte of memory a pair, and one look at it a notice.
 */
export class Presence {
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #deadlineUs: number;
  readonly #attendees: Attendees;
  readonly #beliefs: Beliefs;
  readonly #checks: Checks;
  readonly #hosts: Hosts;
  readonly #notices: Notices;
  readonly #debts: Debts;
  readonly #reviews: Reviews;
  readonly #stories: PresenceStories;
  /** The seat in whose list a user of its session last stood: tells who stands there twice. */
  readonly #listedBy: Int32Array;
  #over = false;

  constructor(options: PresenceOptions) {
    const { users, deadline_us, recorder } = options;
    const sessions = options.sessions.length;
    this.#recorder = recorder;
    this.#users = users;
    this.#deadlineUs = deadline_us;
    this.#attendees = new Attendees(sessions * users, deadline_us);
    this.#beliefs = new Beliefs(sessions, users);
    this.#checks = new Checks(this.#attendees, deadline_us);
    this.#stories = new PresenceStories(options, this.#attendees, this.#beliefs);
    this.#notices = new Notices(sessions, users, deadline_us, this.#attendees);
    this.#debts = new Debts({
      sessions,
      users,
      deadline_us,
      attendees: this.#attendees,
      beliefs: this.#beliefs,
      stories: this.#stories,
      heardAt: options.heardAt,
    });
    this.#hosts = new Hosts({
      users,
      sessions,
      deadline_us,
      attendees: this.#attendees,
      checks: this.#checks,
      stories: this.#stories,
    });
    this.#reviews = new Reviews({
      users,
      deadline_us,
      heardAt: options.heardAt,
      attendees: this.#attendees,
      beliefs: this.#beliefs,
      checks: this.#checks,
      hosts: this.#hosts,
      debts: this.#debts,
      stories: this.#stories,
    });
    this.#listedBy = new Int32Array(users);
  }

  /** A user began to connect. */
  connecting(seat: number, at: number): void {
    this.#beliefs.renew(seat, this.#attendees.isOutSince(seat, at));
    this.#attendees.connecting(seat, at);
    this.#notices.connecting(seat, at);
    this.#debts.connecting(seat);
    this.#beliefs.forgetAll(seat);
  }

  /** A user's join was read. A list of nobody is none: it would hold the joiner itself. */
  joined(seat: number, { users, is_host }: Welcome, at: number): void {
    this.#attendees.joined(seat, at);
    this.#notices.joined(seat, at);
    if (users !== undefined && users.length > 0) this.#list(seat, users, at);
    else this.#beliefs.doubtAll(seat);
    this.#hosts.joined(seat, is_host, at);
    this.#checks.add(ARRIVAL, at, seat);
  }

  /** A close of this user's connection has begun: ours, the server's, or a cut. */
  leaving(seat: number, at: number): void {
    this.#attendees.leaving(seat, at);
  }

  /** Its connection, joined or not, has ended. */
  gone(seat: number, knowledge: Knowledge, at: number): void {
    this.#attendees.gone(seat, knowledge, at);
    this.#notices.gone(seat, knowledge === 'never', at);
    if (knowledge !== 'never' && !this.#over) this.#debts.gone(seat, at);
    this.#hosts.gone(seat, knowledge, at);
    if (knowledge === 'orderly' || knowledge === 'cut') this.#checks.add(DEPARTURE, at, seat);
  }

  /** A user was made host. @param userId who that is, where the server says it */
  host(seat: number, userId: string | undefined, at: number): void {
    if (this.#over) return;
    this.#recorder.trait('hosts');
    const host = userId === undefined ? seat : this.#stories.seatOf(seat, userId);
    if (host >= 0) this.#hosts.told(host, at);
  }

  #list(seat: number, users: readonly string[], at: number): void {
    const attendees = this.#attendees;
    const first = seat - (seat % this.#users);
    this.#recorder.trait('roster');
    this.#listedBy.fill(-1);
    for (const id of users) {
      const listed = this.#stories.seatOf(seat, id);
      if (listed < 0) this.#stories.tell('presence_ghosts', seat, id, at, 'listed, and of no user of this session');
      else if (this.#listedBy[listed - first] === seat)
        this.#stories.wrong('presence_repeated', seat, listed, at, 'listed twice');
      else this.#listedBy[listed - first] = seat;
      if (listed >= 0 && listed !== seat) this.#listed(seat, listed, at);
    }
    if (this.#listedBy[seat - first] !== seat)
      this.#stories.wrong('presence_missing', seat, seat, at, 'not in its own list');
    const since = attendees.connectingAt(seat);
    for (let user = 0; user < this.#users; user++) {
      const other = first + user;
      const isListed = other === seat || this.#listedBy[user] === seat;
      const wasThere = attendees.isInSince(other, since) && this.#beliefs.of(seat, other) === AWAY;
      if (!isListed && wasThere) this.#beliefs.omit(seat, other);
    }
  }

  #listed(seat: number, other: number, at: number): void {
    const attendees = this.#attendees;
    if (this.#beliefs.isWronged(seat, other) || this.#beliefs.of(seat, other) === UNKNOWN) return;
    if (attendees.isOutSince(other, attendees.connectingAt(seat))) {
      const note = attendees.isNew(other) ? 'listed before it ever came' : 'still listed after it had left';
      return this.#stories.wrong('presence_ghosts', seat, other, at, note);
    }
    const isLater = attendees.connectingAt(other) > attendees.connectingAt(seat);
    if (!attendees.isComing(other) || (isLater && attendees.epochOf(other) > 1)) this.#stories.doubt(at);
    return this.#believe(seat, other);
  }

  #believe(seat: number, other: number): void {
    this.#beliefs.set(seat, other, thereIn(this.#attendees.epochOf(other)));
  }

  /** A user was told that another one came or went. */
  notice(seat: number, userId: string, isIn: boolean, at: number): void {
    if (this.#over) return;
    if (!this.#debts.areTold) {
      this.#debts.areTold = true;
      this.#recorder.trait('notices');
    }
    const other = this.#stories.seatOf(seat, userId);
    const what = isIn ? 'come' : 'left';
    if (other < 0) {
      return this.#stories.tell(
        'presence_ghosts',
        seat,
        userId,
        at,
        `told to have ${what}, and of no user of this session`,
      );
    }
    this.#recorder.count(this.#recorder.stageOf(at), isIn ? COUNTER.arrivals_told : COUNTER.departures_told, 1);
    if (other === seat) return this.#ofItself(seat, what, at);
    return isIn ? this.#came(seat, other, at) : this.#went(seat, other, at);
  }

  #ofItself(seat: number, what: string, at: number): void {
    if (!this.#attendees.isIn(seat) || !this.#attendees.isClean(seat, at)) return;
    this.#stories.wrong('presence_repeated', seat, seat, at, `told that it had ${what} itself`);
  }

  #came(seat: number, other: number, at: number): void {
    const attendees = this.#attendees;
    const belief = this.#beliefs.of(seat, other);
    if (attendees.isNew(other) || attendees.isOutSince(other, at - this.#deadlineUs)) {
      return this.#stories.wrong('presence_ghosts', seat, other, at, 'told to have come although it was not there');
    }
    if (!this.#notices.arrival(seat, other, at)) {
      this.#stories.tell('presence_repeated', seat, other, at, 'told twice to have come');
    } else if (isThere(belief) && !this.#beliefs.isWronged(seat, other)) {
      if (belief === thereIn(attendees.epochOf(other))) this.#stories.doubt(at);
      else this.#returned(seat, other, belief, at);
    }
    return this.#believe(seat, other);
  }

  /** One who was taken to be there is told to have come: its departure was not told before that. */
  #returned(seat: number, other: number, belief: number, at: number): void {
    const attendees = this.#attendees;
    const isOfLast = belief === thereIn(attendees.epochOf(other) - 1);
    if (isOfLast && attendees.leftBefore(other, seat)) {
      this.#stories.tell('departures_untold', seat, other, at, 'came back, and was never told to have left');
    } else if (isOfLast && attendees.wasSeenLeaving(other, seat)) {
      this.#debts.owe(seat, other);
      this.#checks.add(RETURN, at, seat, other);
    } else this.#stories.doubt(at);
  }

  #went(seat: number, other: number, at: number): void {
    const attendees = this.#attendees;
    attendees.toldGone(other, at);
    if (attendees.isNew(other)) {
      return this.#stories.wrong('presence_ghosts', seat, other, at, 'told to have left although it never came');
    }
    if (isThere(this.#beliefs.of(seat, other))) this.#notices.departure(seat, other, at);
    this.#debts.pay(seat, other, at);
    if (!attendees.isIn(seat)) return this.#beliefs.set(seat, other, UNKNOWN);
    if (!attendees.isComing(other)) return this.#beliefs.set(seat, other, AWAY);
    // Where it is of an earlier connection, the end of this one is not missed any more.
    if (attendees.mayBeCut(other, at)) {
      this.#stories.doubt(at);
      return this.#beliefs.set(seat, other, UNKNOWN);
    }
    if (!attendees.isIn(other) || !attendees.isClean(other, at)) {
      if (this.#beliefs.of(seat, other) === thereIn(attendees.epochOf(other))) this.#stories.doubt(at);
      return this.#beliefs.set(seat, other, AWAY);
    }
    const belief = this.#beliefs.of(seat, other);
    if (belief === AWAY || belief === DOUBTED) return undefined;
    // The server may just have thrown it out, which its own connection does not yet show.
    this.#beliefs.set(seat, other, DOUBTED);
    return this.#checks.add(DOUBT, at, seat, other);
  }

  /** Looks at what is past its deadline at `now`. To be called about once a second. */
  tick(now: number): void {
    if (this.#over) return;
    this.#reviews.tick(now);
    this.#hosts.tick(now);
  }

  /** Whether nothing is awaited that has not come. */
  get isSettled(): boolean {
    return !this.#hosts.isVacant && this.#reviews.isSettled;
  }

  /** The run is over, and everybody still there: a last look at what all believe. What comes later is of no interest. */
  finish(now: number): void {
    this.tick(now);
    this.#reviews.lookAtAll(now);
    this.#debts.finish(now);
    this.#over = true;
  }
}
