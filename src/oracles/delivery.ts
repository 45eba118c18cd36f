import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { asciiBytes, textOf } from '../core/text.ts';
import { readToken, Stamp } from '../core/token.ts';
import { sessionId } from '../plan/plan.ts';
import { Attribution } from './attribution.ts';
import type { Change } from '../protocol/change.ts';
import type { Welcome } from '../protocol/protocol.ts';
import { damagedItems, readSnapshot } from '../protocol/snapshot.ts';
import { ADD, EDIT, REMOVE } from './cell.ts';
import { Documents } from './documents.ts';
import { DOUBTFUL, Flight, NONE, OVERDUE, TAKEN } from './flight.ts';
import { Joiners } from './joiners.ts';
import { Losses } from './losses.ts';
import { Membership } from './membership.ts';
import { Receipts } from './receipts.ts';
import { Stalls } from './stalls.ts';
import { Stories, type StoriesOptions } from './stories.ts';

/** A sender who is still there so long after a send has had it taken, µs (design: must arrive). */
const SURELY_READ_US = 1_000_000;
/** `users` of each session; `sessions` are the indices in the whole run of this process's; `inspect` is the slow and certain reading. */
export interface DeliveryOptions extends StoriesOptions {
  deadline_us: number;
  seed: number;
  /** Items of each session at the start. */
  items: number;
  /** Whether two ranges hold the same bytes: the host's fastest way. */
  same(a: Uint8Array, start: number, end: number, b: Uint8Array): boolean;
}

/**
 * The oracle of delivery: holds every copy of every change against what was sent, and says what was lost, late,
 * duplicated, reordered, misrouted, echoed, corrupted or invented.
 *
 * **Must arrive**: the receiver's join was read before the send, no close of it had begun by receipt or deadline, and
 * the change was taken: acknowledged, or witnessed by any receiver, or its sender was still there a second later.
 * Everything between surely-in and surely-out *may* arrive.
 *
 * Cost: one hash lookup, one bit, one comparison of bytes and two histogram steps a copy. Nothing is allocated but
 * for the first copy of a change, which alone is parsed.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #run: Uint8Array;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #stories: Stories;
  readonly #receipts: Receipts;
  readonly #losses: Losses;
  readonly #attribution: Attribution;
  readonly #stamp = new Stamp();
  /** Highest seq + 1 that a receiver heard of a sender: one place a pair of a session. */
  readonly #heard: Uint32Array;
  /** Next seq of each sender. */
  readonly #nextSeq: Uint32Array;
  readonly #documents: Documents;
  readonly #joiners: Joiners;
  readonly #stalls: Stalls;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#recorder = options.recorder;
    this.#users = options.users;
    this.#run = asciiBytes(options.run);
    const seats = options.sessions.length * options.users;
    this.#flight = new Flight(options.sessions.length, options.users);
    this.#members = new Membership(options.sessions.length, options.users);
    this.#receipts = new Receipts(options);
    this.#stories = new Stories(options, this.#flight, this.#receipts);
    this.#attribution = new Attribution(options, this.#flight);
    this.#documents = new Documents(options, this.#flight, this.#members);
    this.#joiners = new Joiners(options.sessions.length, options.users, this.#flight, this.#members, this.#documents);
    this.#losses = new Losses(options, this.#flight, this.#members, this.#stories, this.#documents, this.#joiners);
    this.#stalls = new Stalls(options.recorder, this.#flight, () => this.#members.total);
    this.#heard = new Uint32Array(seats * options.users);
    this.#nextSeq = new Uint32Array(seats);
  }

  /** Copies that must arrive, have not, and are within their deadline. */
  get pending(): number {
    return this.#losses.pending + this.#joiners.awaited;
  }

  /** When a change was last received, µs. */
  get lastReceipt(): number {
    return this.#stalls.lastReceipt;
  }

  /** Resolves what is past its deadline at `now`. Call it at least once a second. */
  tick(now: number): void {
    this.#losses.tick(now);
    this.#joiners.tick(now);
    this.#documents.tick(now);
  }

  /** The seq of a user's next change. */
  nextSeq(seat: number): number {
    return this.#nextSeq[seat]!;
  }

  /** The highest version a session was seen to have. */
  version(seat: number): number {
    return this.#documents.version(seat);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  /** A user began to connect: what is sent from now on may reach it. */
  connecting(seat: number): void {
    this.#members.connecting(seat, this.#flightsOf(this.#sessionOf(seat)));
    this.#joiners.connecting(seat);
    this.#documents.connecting(seat);
  }

  #flightsOf(session: number): number {
    let flights = 0;
    for (let entry = this.#flight.first(session); entry !== NONE; entry = this.#flight.next(entry)) {
      if (this.#flight.left[entry]! > 0) flights++;
    }
    return flights;
  }

  /** A user's join was read: what is sent from now on must reach it. */
  joined(seat: number, welcome: Welcome, at: number): void {
    const doubts = this.#members.join(seat, at);
    if (doubts > 0) this.#recorder.count(this.#recorder.stageOf(at), COUNTER.lost_upper, doubts);
    this.#joiners.joined(seat, at);
    this.#documents.joined(seat, welcome.version);
    this.#heard.fill(0, seat * this.#users, (seat + 1) * this.#users);
  }

  /**
   * A close of this user's connection has begun: ours, the server's, or a cut.
   * Of each sender, what is above the highest heard may arrive; holes below are lost.
   */
  left(seat: number, at: number): void {
    this.#joiners.left(seat);
    if (!this.#members.isIn(seat)) return;
    const session = this.#sessionOf(seat);
    const user = seat % this.#users;
    const order = this.#members.orderOf(seat);
    this.#members.leave(seat);
    let next = NONE;
    for (let entry = this.#flight.first(session); entry !== NONE; entry = next) {
      next = this.#flight.next(entry);
      if (this.#flight.sender[entry] === seat) {
        const flags = this.#flight.flags[entry]!;
        if ((flags & TAKEN) === 0 && at - this.#flight.sent[entry]! < SURELY_READ_US) {
          this.#flight.flags[entry] = flags | DOUBTFUL;
        }
      } else if (order < this.#flight.order[entry]! && !this.#flight.has(entry, user)) {
        const heard = this.#heard[seat * this.#users + (this.#flight.sender[entry]! % this.#users)]!;
        this.#losses.forgo(entry, seat, heard, at);
      }
    }
  }

  /** A user sent its next change. */
  sent(seat: number, change: Change, due: number, sent: number): void {
    const session = this.#sessionOf(seat);
    const seq = this.#nextSeq[seat]!++;
    const stage = this.#recorder.stageOf(due);
    this.#recorder.count(stage, COUNTER.commands_sent, 1);
    this.#recorder.measure(stage, TREND.send_lag, sent - due);
    const must = this.#members.othersIn(session, seat);
    const order = this.#members.send(session);
    const entry = this.#flight.add(seat, session, seq);
    const flight = this.#flight;
    flight.must[entry] = must;
    flight.left[entry] = must;
    flight.stage[entry] = stage;
    flight.due[entry] = due;
    flight.sent[entry] = sent;
    flight.order[entry] = order;
    flight.place[entry] = change.place;
    flight.action[entry] = change.action === 'add_item' ? ADD : change.action === 'remove_item' ? REMOVE : EDIT;
    flight.item[entry] = change.item.k;
    this.#losses.expect(must);
    this.#documents.sent(entry);
  }

  /** The server says that it took a change; its token begins at `token`. */
  acknowledged(seat: number, bytes: Uint8Array, token: number, version: number | undefined, at: number): void {
    this.#recorder.trait('acks');
    const stamp = this.#stamp;
    if (!readToken(bytes, token, this.#run, stamp) || !stamp.ours || stamp.sender !== seat % this.#users) return;
    this.#recorder.measure(this.#recorder.stageOf(stamp.due), TREND.ack_rtt, at - stamp.due - stamp.lag);
    const entry = this.#flight.find(seat, stamp.seq);
    if (entry === NONE) return;
    this.#versioned(entry, version, seat, at);
    this.#flight.flags[entry]! |= TAKEN;
    if (this.#flight.left[entry] === 0) this.#losses.complete(entry);
  }

  /** Asked for the state: what comes is held against what is known now. */
  asked(seat: number): void {
    this.#documents.asked(seat);
  }

  /** A whole state came to a user. @param inFull its items' content is looked at too, which takes longer */
  state(seat: number, bytes: Uint8Array, start: number, end: number, inFull: boolean, at: number): void {
    const session = this.#options.sessions[this.#sessionOf(seat)]!;
    this.#documents.state(seat, readSnapshot(bytes, start, end, this.#run, session), at);
    if (!inFull) return;
    for (const item_id of damagedItems(bytes, start, end)) this.#stories.ofState(seat, item_id, at);
  }

  /** Compares what the users of a session look at; places changed after `before`, µs, are left out. */
  compare(session: number, before: number, now: number): void {
    this.#documents.compare(session, before, now);
  }

  /** A change reached a user. `token` is where a token begins, −1 if it has none. */
  received(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void {
    this.#stalls.received(at);
    const entry = token < 0 ? NONE : this.#entryOf(seat, bytes, token);
    if (entry !== NONE) {
      const copy = this.#flight.copy[entry];
      const length = this.#flight.copyLength[entry]!;
      if (length === end - start && copy !== undefined && this.#options.same(bytes, start, end, copy)) {
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
    const read = this.#options.inspect(text);
    const stamp = this.#stamp;
    if (!read.intact || !readToken(asciiBytes(read.token), 0, this.#run, stamp)) {
      return this.#damaged(seat, text, at, guess);
    }
    const session = this.#sessionOf(seat);
    const stage = this.#recorder.stageOf(stamp.due);
    if (!stamp.ours) return this.#invented(seat, text, at, 'a change of another run');
    if (stamp.session !== this.#options.sessions[session]) {
      const home = sessionId(this.#options.run, stamp.session);
      return this.#stories.ofText('misrouted', stage, seat, at, text, `sent in ${home}`);
    }
    if (stamp.sender === seat % this.#users) {
      return this.#stories.ofText('echoed', stage, seat, at, text, 'came back to its sender');
    }
    const sender = session * this.#users + stamp.sender;
    if (stamp.sender >= this.#users || stamp.seq >= this.#nextSeq[sender]!) {
      return this.#invented(seat, text, at, 'its sender never sent it');
    }
    const entry = this.#flight.find(sender, stamp.seq);
    if (entry === NONE) return this.#settled(seat, sender, text, at);
    if (this.#flight.copyLength[entry] === 0) this.#flight.keep(entry, bytes, start, end);
    this.#versioned(entry, read.version, seat, at);
    return this.#known(entry, seat, at);
  }

  #versioned(entry: number, version: number | undefined, seat: number, at: number): void {
    if (version === undefined || version === 0) return;
    const known = this.#flight.version[entry]!;
    if (known === 0) this.#documents.versioned(entry, version, at);
    else if (known !== version) this.#documents.contradicted(entry, seat, version, at);
  }

  /** A copy is there, for the first time at this receiver. */
  #arrived(entry: number, seat: number, at: number, isDamaged = false): void {
    const flight = this.#flight;
    const recorder = this.#recorder;
    const stage = flight.stage[entry]!;
    const sender = flight.sender[entry]!;
    const pair = seat * this.#users + (sender % this.#users);
    const seq = flight.seq[entry]!;
    flight.give(entry, seat % this.#users);
    flight.flags[entry]! |= TAKEN;
    this.#documents.arrived(entry, seat, isDamaged, at);
    if (seq + 1 < this.#heard[pair]!) this.#reordered(entry, seat, at);
    else this.#heard[pair] = seq + 1;
    this.#receipts.add(seat, sender % this.#users, seq, at);
    if (!this.#members.isIn(seat) || this.#members.orderOf(seat) > flight.order[entry]!) {
      return this.#possible(seat, stage, sender, seq, at);
    }
    const due = flight.due[entry]!;
    const overdue = (flight.flags[entry]! & OVERDUE) !== 0;
    recorder.count(stage, COUNTER.deliveries, 1);
    recorder.measure(stage, TREND.broadcast_latency, at - due);
    recorder.measure(stage, TREND.broadcast_service_time, at - flight.sent[entry]!);
    if (overdue) this.#losses.late(entry, seat, at);
    else this.#losses.arrived(stage);
    if (--flight.left[entry]! > 0) return;
    if (flight.must[entry]! > 0) recorder.measure(stage, TREND.broadcast_completion, at - due);
    this.#losses.complete(entry);
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

  /** A copy of a change that is no longer on its way: all who had to have it had it. */
  #settled(seat: number, sender: number, text: string, at: number): void {
    const stamp = this.#stamp;
    const stage = this.#recorder.stageOf(stamp.due);
    const sent = stamp.due + stamp.lag;
    if (!this.#members.isIn(seat) || sent <= this.#members.joinedAt(seat)) {
      return this.#possible(seat, stage, sender, stamp.seq, at, text);
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
      return this.#invented(seat, text, at, `nobody called ${inspection.userId} is in this session`);
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

  #invented(seat: number, text: string, at: number, why: string): void {
    this.#stories.ofText('invented', this.#recorder.stageOf(at), seat, at, text, why);
  }
}
