import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { asciiBytes, textOf } from '../core/text.ts';
import { readToken, Stamp } from '../core/token.ts';
import { sessionId } from '../plan/plan.ts';
import { Attribution } from './attribution.ts';
import type { DeliveryOptions } from './delivery.ts';
import type { Documents } from './documents.ts';
import { NONE, OVERDUE, TAKEN, type Flight } from './flight.ts';
import type { Losses } from './losses.ts';
import type { Membership } from './membership.ts';
import type { Receipts } from './receipts.ts';
import type { Stalls } from './stalls.ts';
import type { Stories } from './stories.ts';

/**
 * The copies that arrive: of which change each is, and whether it came once, unchanged, in order, and where it had to.
 *
 * Cost: one hash lookup, one bit, one comparison of bytes and two histogram steps a copy. Nothing is allocated but
 * for the first copy of a change, which alone is parsed.
 */
export class Copies {
  readonly #options: DeliveryOptions;
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #run: Uint8Array;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #losses: Losses;
  readonly #documents: Documents;
  readonly #stories: Stories;
  readonly #receipts: Receipts;
  readonly #stalls: Stalls;
  readonly #attribution: Attribution;
  readonly #stamp = new Stamp();
  /** Highest seq + 1 that a receiver heard of a sender: one place a pair of a session. */
  readonly #heard: Uint32Array;
  /** Next seq of each sender. */
  readonly #nextSeq: Uint32Array;
  /** The entry of the last copy that had the content that was sent. */
  #last = 0;

  constructor(
    options: DeliveryOptions,
    flight: Flight,
    members: Membership,
    stories: Stories,
    receipts: Receipts,
    losses: Losses,
    documents: Documents,
    stalls: Stalls,
    nextSeq: Uint32Array,
  ) {
    this.#options = options;
    this.#recorder = options.recorder;
    this.#users = options.users;
    this.#run = asciiBytes(options.run);
    this.#flight = flight;
    this.#members = members;
    this.#stories = stories;
    this.#receipts = receipts;
    this.#losses = losses;
    this.#documents = documents;
    this.#stalls = stalls;
    this.#nextSeq = nextSeq;
    this.#attribution = new Attribution(options, flight);
    this.#heard = new Uint32Array(nextSeq.length * options.users);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  /** A user begins anew: it has heard nothing yet. */
  forget(seat: number): void {
    this.#heard.fill(0, seat * this.#users, (seat + 1) * this.#users);
  }

  /** The highest seq + 1 that a receiver heard of a sender. */
  heard(seat: number, sender: number): number {
    return this.#heard[seat * this.#users + (sender % this.#users)]!;
  }

  /**
   * Takes a message that is, byte by byte, a copy of the change which is likeliest to come now: a server sends one
   * change to all its receivers, or several of them in one order. So most copies need not be read to be known.
   * @returns whether it was one
   */
  again(seat: number, bytes: Uint8Array, start: number, end: number, at: number): boolean {
    const flight = this.#flight;
    const entry = flight.follower[this.#last]!;
    const length = end - start;
    // Of an entry of which no copy came yet nothing is known, and an empty message is no copy.
    if (length === 0 || flight.copyLength[entry] !== length || flight.session[entry] !== this.#sessionOf(seat))
      return false;
    if (!this.#options.same(bytes, start, end, flight.copy[entry]!)) return false;
    this.#last = entry;
    this.#known(entry, seat, at);
    return true;
  }

  /** A change reached a user. `token` is where a token begins, −1 if it has none. */
  received(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void {
    const entry = token < 0 ? NONE : this.#entryOf(seat, bytes, token);
    if (entry !== NONE) {
      const copy = this.#flight.copy[entry];
      const length = this.#flight.copyLength[entry]!;
      if (length === end - start && copy !== undefined && this.#options.same(bytes, start, end, copy)) {
        this.#follow(entry);
        return this.#known(entry, seat, at);
      }
    }
    return this.#examine(seat, bytes, start, end, entry, at);
  }

  /** The change on its way whose token this seems to be. */
  #entryOf(seat: number, bytes: Uint8Array, token: number): number {
    const stamp = this.#stamp;
    const session = this.#sessionOf(seat);
    if (!readToken(bytes, token, this.#run, stamp) || !stamp.ours) return NONE;
    if (stamp.session !== this.#options.sessions[session] || stamp.sender >= this.#users) return NONE;
    const entry = this.#flight.find(session * this.#users + stamp.sender, stamp.seq);
    return entry !== NONE && this.#flight.due[entry] === stamp.due ? entry : NONE;
  }

  /** A copy with the content that was sent. */
  #known(entry: number, seat: number, at: number): void {
    const user = seat % this.#users;
    const isOverdue = (this.#flight.flags[entry]! & OVERDUE) !== 0;
    if (!isOverdue && at - this.#flight.due[entry]! > this.#options.deadline_us) return this.#late(entry, seat, at);
    if (this.#flight.sender[entry] === seat) {
      this.#stories.ofFlight('echoed', entry, seat, at, 'came back to its sender');
    } else if (this.#flight.has(entry, user)) {
      this.#stories.ofFlight('duplicated', entry, seat, at, 'arrived again');
    } else this.#arrived(entry, seat, at);
  }

  /** A copy past its deadline, of which the next tick would have taken note. */
  #late(entry: number, seat: number, at: number): void {
    const flight = this.#flight;
    const sender = flight.sender[entry]!;
    const seq = flight.seq[entry]!;
    const stage = flight.stage[entry]!;
    this.#losses.tick(at);
    if (flight.find(sender, seq) === entry) this.#known(entry, seat, at);
    else this.#possible(seat, stage, sender, seq, at);
  }

  /**
   * Reads a copy the slow and certain way: the first of a change, or one that differs from the first.
   * @param guess the change that its first token is of, which another field may hold
   */
  #examine(seat: number, bytes: Uint8Array, start: number, end: number, guess: number, at: number): void {
    const text = textOf(bytes, start, end);
    // A mere relay passes on what was sent, letter by letter: then there is nothing to parse.
    if (guess !== NONE && text === this.#flight.text[guess]) {
      this.#flight.keep(guess, bytes, start, end);
      this.#follow(guess);
      return this.#known(guess, seat, at);
    }
    const read = this.#options.inspect(text);
    const stamp = this.#stamp;
    if (!read.intact || !readToken(asciiBytes(read.token), 0, this.#run, stamp)) {
      return this.#damaged(seat, text, at, guess);
    }
    const session = this.#sessionOf(seat);
    const stage = this.#recorder.stageOf(stamp.due);
    if (!stamp.ours) return this.#invented(seat, text, at, 'a change of another run', read.version);
    if (stamp.session !== this.#options.sessions[session]) {
      const home = sessionId(this.#options.run, stamp.session);
      return this.#stories.ofText('misrouted', stage, seat, at, text, `sent in ${home}`);
    }
    if (stamp.sender === seat % this.#users) {
      return this.#stories.ofText('echoed', stage, seat, at, text, 'came back to its sender');
    }
    const sender = session * this.#users + stamp.sender;
    if (stamp.sender >= this.#users || stamp.seq >= this.#nextSeq[sender]!) {
      return this.#invented(seat, text, at, 'its sender never sent it', read.version);
    }
    const entry = this.#flight.find(sender, stamp.seq);
    if (entry === NONE) return this.#settled(seat, sender, text, read.version ?? 0, at);
    if (this.#flight.copyLength[entry] === 0) this.#flight.keep(entry, bytes, start, end);
    this.versioned(entry, read.version, seat, at);
    this.#follow(entry);
    return this.#known(entry, seat, at);
  }

  #follow(entry: number): void {
    this.#flight.follower[this.#last] = entry;
    this.#last = entry;
  }

  /** A copy or an acknowledgement says which version a change has. */
  versioned(entry: number, version: number | undefined, seat: number, at: number): void {
    if (version === undefined || version === 0) return;
    const known = this.#flight.version[entry]!;
    if (known === 0) this.#documents.versioned(entry, version, at);
    else if (known !== version) this.#documents.contradicted(entry, seat, version, at);
  }

  /** A copy is there, for the first time at this receiver. */
  #arrived(entry: number, seat: number, at: number, isDamaged = false): void {
    const flight = this.#flight;
    const stage = flight.stage[entry]!;
    const sender = flight.sender[entry]!;
    const pair = seat * this.#users + (sender % this.#users);
    const seq = flight.seq[entry]!;
    flight.give(entry, seat % this.#users);
    flight.flags[entry]! |= TAKEN;
    this.#documents.arrived(entry, seat, isDamaged, at);
    const isOvertaken = seq + 1 < this.#heard[pair]!;
    if (isOvertaken) this.#reordered(entry, seat, at);
    else this.#heard[pair] = seq + 1;
    this.#receipts.add(seat, sender % this.#users, seq, at);
    if (!this.#members.isIn(seat) || this.#members.orderOf(seat) > flight.order[entry]!) {
      return this.#possible(seat, stage, sender, seq, at);
    }
    const due = flight.due[entry]!;
    if (flight.left[entry] === flight.must[entry] && !isOvertaken) this.#stalls.reached(flight.sent[entry]!, at);
    this.#delivered(stage, due, flight.sent[entry]!, at);
    if ((flight.flags[entry]! & OVERDUE) !== 0) this.#losses.late(entry, seat, at);
    else this.#losses.arrived(stage);
    if (--flight.left[entry]! > 0) return;
    if (flight.must[entry]! > 0) this.#recorder.measure(stage, TREND.broadcast_completion, at - due);
    this.#losses.complete(entry, at);
  }

  #delivered(stage: number, due: number, sent: number, at: number): void {
    const recorder = this.#recorder;
    recorder.count(stage, COUNTER.deliveries, 1);
    recorder.measure(stage, TREND.broadcast_latency, at - due);
    recorder.measure(stage, TREND.broadcast_service_time, at - sent);
  }

  #reordered(entry: number, seat: number, at: number): void {
    this.#stories.ofFlight('reordered', entry, seat, at, 'a later change came first');
    this.#documents.wronged(entry, seat);
  }

  /** A copy that did not have to come, as its receiver was joining or leaving; it may come once all the same. */
  #possible(seat: number, stage: number, sender: number, seq: number, at: number, text?: string): void {
    if (!this.#members.firstPossible(seat, sender, seq)) {
      this.#stories.ofText('duplicated', stage, seat, at, text ?? '', 'arrived again');
      return;
    }
    this.#recorder.count(stage, COUNTER.deliveries_possible, 1);
    if (this.#members.settleDoubt(seat)) this.#recorder.count(stage, COUNTER.lost_upper, -1);
  }

  /** A copy of a change that is no longer on its way: all who had to have it had it, or it was let go. */
  #settled(seat: number, sender: number, text: string, version: number, at: number): void {
    const stamp = this.#stamp;
    const stage = this.#recorder.stageOf(stamp.due);
    const sent = stamp.due + stamp.lag;
    if (!this.#members.isIn(seat) || sent <= this.#members.joinedAt(seat)) {
      this.#documents.settled(seat, sender, stamp.seq, version, at);
      return this.#possible(seat, stage, sender, stamp.seq, at, text);
    }
    const { seq, due } = stamp;
    const pair = seat * this.#users + (sender % this.#users);
    // Where nothing as new was heard of its sender it is the first copy; else a second one, or out of order.
    if (seq + 1 > this.#heard[pair]! && this.#losses.wasLetGo(sender, seq)) {
      this.#heard[pair] = seq + 1;
      this.#receipts.add(seat, sender % this.#users, seq, at);
      this.#delivered(stage, due, sent, at);
      return this.#losses.lateAfterAll(stage, sender, seq, seat, at, text);
    }
    return this.#stories.ofText('duplicated', stage, seat, at, text, 'arrived again');
  }

  /**
   * A copy whose content is not what was sent. It still was delivered where its token, or its sender and a single
   * change of that sender that this receiver lacks, say which it was.
   */
  #damaged(seat: number, text: string, at: number, entry: number): void {
    const inspection = this.#options.inspect(text);
    const sender = this.#attribution.senderNamed(seat, inspection.userId);
    if (sender === NONE && entry === NONE && text.includes('"command"') && inspection.userId !== undefined) {
      return this.#invented(
        seat,
        text,
        at,
        `nobody called ${inspection.userId} is in this session`,
        inspection.version,
      );
    }
    const user = seat % this.#users;
    let found = entry !== NONE && !this.#flight.has(entry, user) ? entry : NONE;
    if (found === NONE && sender !== NONE) found = this.#attribution.onlyOneLacking(seat, sender);
    const stage = found === NONE ? this.#recorder.stageOf(at) : this.#flight.stage[found]!;
    this.#stories.ofText('corrupted', stage, seat, at, text, 'its content is not what was sent', found);
    if (found === NONE) this.#losses.unattributed(seat);
    else {
      this.#documents.wronged(found, seat);
      this.#arrived(found, seat, at, true);
    }
  }

  #invented(seat: number, text: string, at: number, why: string, version?: number): void {
    if (version !== undefined) this.#documents.explain(seat, version);
    this.#stories.ofText('invented', this.#recorder.stageOf(at), seat, at, text, why);
  }
}
