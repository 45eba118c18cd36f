import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { DOUBTFUL, INCOMPLETE, NONE, OVERDUE, TAKEN, type Flight } from './flight.ts';
import type { Documents } from './documents.ts';
import type { Joiners } from './joiners.ts';
import type { Membership } from './membership.ts';
import type { Stories } from './stories.ts';

/** Overdue changes kept to be told as late, should they come; beyond, the oldest are let go. */
const MAX_OVERDUE = 50_000;

/**
 * The books of what had to arrive. A copy is booked when it is resolved: it arrived, or its deadline passed, or nobody
 * waits for it any more; until then it is pending, so that a run that is cut off shows no false loss.
 */
export class Losses {
  readonly #recorder: Recorder;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #stories: Stories;
  readonly #documents: Documents;
  readonly #joiners: Joiners;
  readonly #users: number;
  readonly #deadlineUs: number;
  /** Damaged copies of each receiver that could not be told to be of any one change. */
  readonly #unattributed: Uint16Array;
  readonly #overdue: number[] = [];
  /** Of each sender, the highest seq + 1 that was let go, and those let go of which nobody knows whether they were taken. */
  readonly #letGoTo: Uint32Array;
  readonly #letGoInDoubt = new Set<number>();
  #pending = 0;
  /** Changes with a copy overdue so far, when the first of them was due, and how many have to be to tell it again. */
  #changes = 0;
  #firstOverdue = 0;
  #tellAt = 1;

  constructor(
    options: { recorder: Recorder; users: number; sessions: readonly number[]; deadline_us: number },
    flight: Flight,
    members: Membership,
    stories: Stories,
    documents: Documents,
    joiners: Joiners,
  ) {
    this.#recorder = options.recorder;
    this.#users = options.users;
    this.#deadlineUs = options.deadline_us;
    this.#flight = flight;
    this.#members = members;
    this.#stories = stories;
    this.#documents = documents;
    this.#joiners = joiners;
    this.#unattributed = new Uint16Array(options.sessions.length * options.users);
    this.#letGoTo = new Uint32Array(options.sessions.length * options.users);
  }

  get pending(): number {
    return this.#pending;
  }

  /** So many copies of a change have to arrive. */
  expect(copies: number): void {
    this.#pending += copies;
  }

  /** One of them did, in time. */
  arrived(stage: number): void {
    this.#recorder.count(stage, COUNTER.deliveries_expected, 1);
    this.#pending--;
  }

  /** A damaged copy came to this user that may be any of those it lacks. */
  unattributed(seat: number): void {
    this.#unattributed[seat]!++;
  }

  /** What was counted as lost when its deadline passed has come after all. */
  late(entry: number, seat: number, at: number): void {
    this.#takeBack(this.#flight.stage[entry]!, (this.#flight.flags[entry]! & DOUBTFUL) !== 0);
    this.#stories.ofFlight('late', entry, seat, at, 'arrived after its deadline');
  }

  /** The same of a change that was let go since. */
  lateAfterAll(stage: number, sender: number, seq: number, seat: number, at: number, text: string): void {
    this.#takeBack(stage, this.#letGoInDoubt.has(keyOf(sender, seq)));
    this.#stories.ofText('late', stage, seat, at, text, 'arrived long after its deadline');
  }

  /** @param inDoubt it had to arrive only if the server took it, which it has */
  #takeBack(stage: number, inDoubt: boolean): void {
    if (inDoubt) this.#recorder.count(stage, COUNTER.deliveries_expected, 1);
    else {
      this.#recorder.count(stage, COUNTER.lost, -1);
      this.#recorder.missing(stage, TREND.broadcast_latency, -1);
      this.#recorder.missing(stage, TREND.broadcast_service_time, -1);
    }
    this.#recorder.count(stage, COUNTER.lost_upper, -1);
  }

  /**
   * A receiver that has gone will not get this any more.
   * @param heard the highest seq + 1 that it heard of the change's sender
   */
  forgo(entry: number, seat: number, heard: number, at: number): void {
    const flight = this.#flight;
    if ((flight.flags[entry]! & OVERDUE) !== 0) return;
    // Whoever was cut off just after a send, and came back, sent later changes though that one was never taken.
    if (flight.seq[entry]! + 1 < heard && !this.#isInDoubt(entry)) {
      this.#lose(entry, seat, at, 'later changes of the same sender had arrived when this user left');
    } else {
      this.#recorder.count(flight.stage[entry]!, COUNTER.lost_upper, 1);
      this.#members.doubt(seat);
    }
    flight.must[entry]!--;
    flight.left[entry]!--;
    this.#pending--;
    if (flight.left[entry] === 0) this.complete(entry, at);
  }

  /**
   * All who had to have a change have it. It is kept all the same where its version may yet be told, or where somebody
   * who is just joining may be on the way to it.
   */
  complete(entry: number, at: number): void {
    this.#documents.complete(entry, at);
    if ((this.#flight.flags[entry]! & INCOMPLETE) !== 0) this.#incomplete(entry, -1);
    const isOverdue = (this.#flight.flags[entry]! & OVERDUE) !== 0;
    if (!isOverdue && (this.#documents.isAwaited(entry) || this.#joiners.keeps(this.#flight.session[entry]!))) return;
    if (!isOverdue) this.#documents.over(entry);
    this.#flight.remove(entry);
  }

  /** Resolves what is past its deadline at `now`. */
  tick(now: number): void {
    let entry = this.#flight.oldest();
    let changes = 0;
    let first = 0;
    while (entry !== NONE && this.#flight.due[entry]! + this.#deadlineUs <= now) {
      const due = this.#flight.due[entry]!;
      if (this.#expire(entry, now) && changes++ === 0) first = due;
      entry = this.#flight.oldest();
    }
    if (changes === 0) return;
    if (this.#firstOverdue === 0) this.#firstOverdue = first;
    this.#changes += changes;
    // Told at the first, the tenth, the hundredth …: a server that loses one in a hundred would fill the screen.
    if (this.#changes < this.#tellAt) return;
    this.#tellAt = 10 ** Math.ceil(Math.log10(this.#changes + 1));
    const broadcasts = `${this.#changes} ${this.#changes === 1 ? 'broadcast' : 'broadcasts'}`;
    this.#recorder.event({
      at_ms: now / 1000,
      kind: 'overdue',
      text: `${broadcasts} overdue by ${this.#deadlineUs / 1e6} s`,
      first_due_ms: this.#firstOverdue / 1000,
    });
  }

  /** Whether nobody knows that the server took this change. */
  #isInDoubt(entry: number): boolean {
    return (this.#flight.flags[entry]! & (TAKEN | DOUBTFUL)) === DOUBTFUL;
  }

  /** @returns whether a copy that had to arrive is missing */
  #expire(entry: number, now: number): boolean {
    const flight = this.#flight;
    const session = flight.session[entry]!;
    const sender = flight.sender[entry]!;
    const taken = !this.#isInDoubt(entry);
    if (taken) flight.flags[entry]! &= ~DOUBTFUL;
    flight.overdue(entry);
    let lost = false;
    this.#documents.expired(entry, !taken, now);
    for (let user = 0; user < this.#users; user++) {
      const seat = session * this.#users + user;
      if (this.#joiners.lacks(entry, seat)) this.#missed(entry, seat, now);
      if (seat === sender || !this.#members.isIn(seat) || this.#members.orderOf(seat) > flight.order[entry]!) continue;
      if (flight.has(entry, user)) continue;
      this.#pending--;
      if (this.#unattributed[seat]! > 0 && taken) {
        // One of the damaged copies was this one, or was not: lost, at most.
        this.#unattributed[seat]!--;
        flight.give(entry, user);
        flight.left[entry]!--;
        this.#recorder.count(flight.stage[entry]!, COUNTER.lost_upper, 1);
      } else if (taken) {
        this.#lose(entry, seat, now, 'never arrived');
        lost = true;
      } else {
        this.#recorder.count(flight.stage[entry]!, COUNTER.lost_upper, 1);
      }
    }
    if (lost) this.#incomplete(entry, 1);
    if (flight.left[entry] === 0) flight.remove(entry);
    else this.#overdue.push(entry);
    if (this.#overdue.length > MAX_OVERDUE) this.#letGo();
    return lost;
  }

  #incomplete(entry: number, by: 1 | -1): void {
    this.#flight.flags[entry]! ^= INCOMPLETE;
    this.#recorder.missing(this.#flight.stage[entry]!, TREND.broadcast_completion, by);
  }

  /** Lets the older half of the overdue go: they stay counted as lost until a copy comes after all. */
  #letGo(): void {
    const { flags, sender, seq, session } = this.#flight;
    const sessions = new Set<number>();
    for (const entry of this.#overdue.splice(0, MAX_OVERDUE / 2)) {
      if ((flags[entry]! & OVERDUE) === 0) continue;
      const who = sender[entry]!;
      this.#letGoTo[who] = Math.max(this.#letGoTo[who]!, seq[entry]! + 1);
      if ((flags[entry]! & DOUBTFUL) !== 0) this.#letGoInDoubt.add(keyOf(who, seq[entry]!));
      sessions.add(session[entry]!);
      this.#flight.remove(entry);
    }
    for (const one of sessions) this.#documents.losesTrack(one);
  }

  /** Whether copies of a change that is no longer on its way may still come, as the change was let go. */
  wasLetGo(sender: number, seq: number): boolean {
    return seq < this.#letGoTo[sender]!;
  }

  /** A change past a joiner's snapshot that never came. */
  #missed(entry: number, seat: number, at: number): void {
    this.#recorder.count(this.#flight.stage[entry]!, COUNTER.missed_at_join, 1);
    if (this.#members.settleDoubt(seat)) this.#recorder.count(this.#flight.stage[entry]!, COUNTER.lost_upper, -1);
    const version = this.#flight.version[entry]!;
    const base = this.#documents.baseOf(seat);
    this.#lose(entry, seat, at, `version ${version} never came to this joiner, whose state was of version ${base}`);
  }

  #lose(entry: number, seat: number, at: number, why: string): void {
    const stage = this.#flight.stage[entry]!;
    this.#recorder.count(stage, COUNTER.deliveries_expected, 1);
    this.#recorder.count(stage, COUNTER.lost_upper, 1);
    this.#recorder.missing(stage, TREND.broadcast_latency, 1);
    this.#recorder.missing(stage, TREND.broadcast_service_time, 1);
    this.#documents.wronged(entry, seat);
    const had = this.#flight.must[entry]! - this.#flight.left[entry]!;
    this.#stories.ofFlight('lost', entry, seat, at, `${why}; ${had} of ${this.#flight.must[entry]} got it`);
  }
}

/** One number for a change: seats are below 2^21. */
const keyOf = (sender: number, seq: number): number => sender * 2 ** 32 + seq;
