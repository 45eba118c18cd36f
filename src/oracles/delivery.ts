import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { asciiBytes } from '../core/text.ts';
import { readToken, Stamp } from '../core/token.ts';
import { placesOf, type Change } from '../protocol/change.ts';
import type { Welcome } from '../protocol/protocol.ts';
import { damagedItems, readSnapshot, shownItems } from '../protocol/snapshot.ts';
import { ADD, EDIT, REMOVE } from './cell.ts';
import { Copies } from './copies.ts';
import { Documents } from './documents.ts';
import { DOUBTFUL, Flight, NONE, TAKEN } from './flight.ts';
import { Joiners } from './joiners.ts';
import { Losses } from './losses.ts';
import { Membership } from './membership.ts';
import { Receipts } from './receipts.ts';
import { Stalls } from './stalls.ts';
import { Stories, type StoriesOptions } from './stories.ts';

/** A sender who is still there so long after a send has had it taken, µs (docs/truth.md, “Must arrive”). */
const SURELY_READ_US = 1_000_000;
/** `users` of each session; `sessions` are the indices in the whole run of this process's; `inspect` is the slow and certain reading. */
export interface DeliveryOptions extends StoriesOptions {
  deadline_us: number;
  seed: number;
  /** Items of each session at the start. */
  items: number;
  /** Whether two ranges hold the same bytes: the host's fastest way. */
  same(a: Uint8Array, start: number, end: number, b: Uint8Array): boolean;
  /** As the documents' own. */
  places?: number;
  isContended?(session: number, place: number): boolean;
}

/**
 * The oracle of delivery: holds every copy of every change against what was sent, and says what was lost, late,
 * duplicated, reordered, misrouted, echoed, corrupted or invented.
 *
 * **Must arrive**: the receiver's join was read before the send, no close of it had begun by receipt or deadline, and
 * the change was taken: acknowledged, or witnessed by any receiver, or its sender was still there a second later.
 * Everything between surely-in and surely-out *may* arrive.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #run: Uint8Array;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #copies: Copies;
  readonly #stories: Stories;
  readonly #losses: Losses;
  readonly #stamp = new Stamp();
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
    const { places = placesOf(options.items, options.users) } = options;
    this.#flight = new Flight(options.sessions.length, options.users, places);
    this.#members = new Membership(options.sessions.length, options.users);
    const receipts = new Receipts(options);
    const stories = new Stories(options, this.#flight, receipts);
    this.#stories = stories;
    this.#documents = new Documents(options, this.#flight, this.#members);
    this.#joiners = new Joiners(options.sessions.length, options.users, this.#flight, this.#members, this.#documents);
    this.#losses = new Losses(options, this.#flight, this.#members, stories, this.#documents, this.#joiners);
    this.#stalls = new Stalls(options.recorder, this.#flight, options.deadline_us, () => this.#members.total);
    this.#nextSeq = new Uint32Array(seats);
    this.#copies = new Copies(
      options,
      this.#flight,
      this.#members,
      stories,
      receipts,
      this.#losses,
      this.#documents,
      this.#stalls,
      this.#nextSeq,
    );
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
    this.#stalls.tick(now);
    this.#losses.tick(now);
    this.#joiners.tick(now);
    this.#documents.tick(now);
  }

  /** The run is over, and nothing is sent any more: a last look at what never came. */
  finish(now: number): void {
    this.#documents.finish(now);
  }

  /** The seq of a user's next change. */
  nextSeq(seat: number): number {
    return this.#nextSeq[seat]!;
  }

  /** The highest version a session was seen to have. */
  version(seat: number): number {
    return this.#documents.version(seat);
  }

  /** When a user's last join was read, µs. */
  joinedAt(seat: number): number {
    return this.#members.joinedAt(seat);
  }

  /** Whether nobody has written to a user's session yet. */
  isUntouched(seat: number): boolean {
    return this.#members.sendsIn(this.#sessionOf(seat)) === 0;
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  /** A user began to connect: what is sent from now on may reach it. */
  connecting(seat: number, at: number): void {
    this.#members.connecting(seat, this.#flightsOf(this.#sessionOf(seat)));
    this.#joiners.connecting(seat);
    this.#documents.connecting(seat, at);
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
    this.#copies.forget(seat);
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
    if (this.#members.othersIn(session, seat) === 0) this.#documents.emptied(session, at);
    let next = NONE;
    for (let entry = this.#flight.first(session); entry !== NONE; entry = next) {
      next = this.#flight.next(entry);
      if (this.#flight.sender[entry] === seat) {
        const flags = this.#flight.flags[entry]!;
        if ((flags & TAKEN) === 0 && at - this.#flight.sent[entry]! < SURELY_READ_US) {
          this.#flight.flags[entry] = flags | DOUBTFUL;
        }
      } else if (order < this.#flight.order[entry]! && !this.#flight.has(entry, user)) {
        const heard = this.#copies.heard(seat, this.#flight.sender[entry]!);
        this.#losses.forgo(entry, seat, heard, at);
      }
    }
  }

  /** A user sent its next change, as `text`. */
  sent(seat: number, change: Change, text: string, due: number, sent: number): void {
    const session = this.#sessionOf(seat);
    const seq = this.#nextSeq[seat]!++;
    const stage = this.#recorder.stageOf(due);
    this.#recorder.count(stage, COUNTER.commands_sent, 1);
    this.#recorder.measure(stage, TREND.send_lag, sent - due);
    const must = this.#members.othersIn(session, seat);
    const order = this.#members.send(session);
    const entry = this.#flight.add(seat, session, seq, change.place);
    const flight = this.#flight;
    flight.must[entry] = must;
    flight.left[entry] = must;
    flight.stage[entry] = stage;
    flight.due[entry] = due;
    flight.sent[entry] = sent;
    flight.order[entry] = order;
    flight.action[entry] = change.action === 'add_item' ? ADD : change.action === 'remove_item' ? REMOVE : EDIT;
    flight.item[entry] = change.item.k;
    flight.text[entry] = text;
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
    this.#copies.versioned(entry, version, seat, at);
    this.#flight.flags[entry]! |= TAKEN;
    if (this.#flight.left[entry] === 0) this.#losses.complete(entry, at);
  }

  /** Asked for the state: what comes is held against what is known now. */
  asked(seat: number, at: number): void {
    this.#documents.asked(seat, at);
  }

  /**
   * A whole state came to a user.
   * @param isHosts a host sent it: what it says of its version is the host's own count (P12)
   * @param inFull its items' content is looked at too, which takes longer
   */
  state(
    seat: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    { isHosts, inFull }: { isHosts: boolean; inFull: boolean },
    at: number,
  ): void {
    const session = this.#options.sessions[this.#sessionOf(seat)]!;
    const shown = (): ReturnType<typeof shownItems> => shownItems(bytes, start, end, this.#run, session);
    const snapshot = readSnapshot(bytes, start, end, this.#run, session, isHosts);
    this.#documents.state(seat, snapshot, shown, at);
    if (!inFull) return;
    for (const item_id of damagedItems(bytes, start, end)) this.#stories.ofState(seat, item_id, at);
  }

  /** Compares what the users of a session look at; places changed after `before`, µs, are left out. */
  compare(session: number, before: number, now: number): void {
    this.#documents.compare(session, before, now);
  }

  /** A message came to a user: takes it where it is a copy of the change that is likeliest to come now. */
  again(seat: number, bytes: Uint8Array, start: number, end: number, at: number): boolean {
    if (!this.#copies.again(seat, bytes, start, end, at)) return false;
    this.#stalls.received(at);
    return true;
  }

  /** A change reached a user. `token` is where a token begins, −1 if it has none. */
  received(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void {
    this.#stalls.received(at);
    this.#copies.received(seat, bytes, start, end, token, at);
  }
}
