import { ADD, EDIT, applied, appliedNow, damaged, isDamaged, isSame, isThere, over, stampOf } from './cell.ts';
import type { Told } from './told.ts';
import type { Flight } from './flight.ts';
import { NONE } from './flight.ts';
import type { Step } from './contents.ts';
import type { History } from './history.ts';
import type { Membership } from './membership.ts';

export interface ReplicasOptions {
  /** Of this process; users and places of each. */
  sessions: number;
  users: number;
  places: number;
  tell(told: Told): void;
  /** Whether a place's item may be removed by one user while another changes it: then it is not followed. */
  isContended(session: number, place: number): boolean;
}

/** How many replicas were compared, and how many of them differ: for which reason, as far as there is one. */
export interface Comparison {
  compared: number;
  /** Of these: of users whom no state told what was there before they came. */
  partial: number;
  /** All that differ, but for those whose concurrent edits the server gives no order to. */
  diverged: number;
  /** Of these: through what was lost, altered or came in the wrong order; and through a wrong snapshot. */
  byLoss: number;
  bySnapshot: number;
  byProtocol: number;
}

/** What is known of a replica besides its cells. */
const WHOLE = 1;
/** Its snapshot cannot be checked yet, or at all. */
const BLIND = 2;
const MISLED = 4;
/** Told already that it differs. */
const TOLD = 8;
/** It begins with a state that it was given. */
const BASED = 16;

/** Of a place: edited by two at once; or added or removed by a user of whom nobody knows whether the server heard it. */
const CONTESTED = 1;
const DOUBTFUL = 2;

/** Places of users that are remembered of each kind; of a user who has more, nothing is known any more. */
const MAX_REMEMBERED = 100_000;

/**
 * What every user looks at: one number a place of the session's document. A user who stays away from a place of
 * another's item too long, or got a wrong copy, ends with another number there.
 */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #histories: readonly History[];
  readonly #members: Membership;
  readonly #cells: Uint32Array;
  readonly #flags: Uint8Array;
  /** Place + 1 at which an item that the session has removed is still shown, 0 for none; and since which addition. */
  readonly #strays: Uint32Array;
  readonly #strayedBy: Uint32Array;
  /** On a server that gives no order: places that two users edited at once, and those whose change may not be taken. */
  readonly #contested: Uint8Array;
  /** Seat × places + place of copies that were lost, altered or out of order. */
  readonly #wronged = new Set<number>();
  /** Seat × places + place of a user's own changes that crossed with a state on its way, on a server without order. */
  readonly #crossed = new Set<number>();
  /** Seat × places + place of which nobody knows what a state without versions showed there. */
  readonly #unclear = new Set<number>();

  constructor(options: ReplicasOptions, histories: readonly History[], members: Membership) {
    const { sessions, users, places } = options;
    this.#options = options;
    this.#histories = histories;
    this.#members = members;
    this.#cells = new Uint32Array(sessions * users * places);
    this.#flags = new Uint8Array(sessions * users);
    this.#strays = new Uint32Array(sessions * users);
    this.#strayedBy = new Uint32Array(sessions * users);
    this.#contested = new Uint8Array(sessions * places);
  }

  /** A user begins anew. @param isWhole nothing was in the session before it came */
  begin(seat: number, isWhole: boolean): void {
    this.forget(seat);
    this.#flags[seat] = isWhole ? WHOLE : 0;
  }

  /** What was applied in the order of arrival is forgotten: there are versions. */
  forget(seat: number): void {
    this.replace(seat, Infinity);
    if ((this.#flags[seat]! & BASED) !== 0) this.#flags[seat] = BLIND;
  }

  /** Applies a change that its user has had all along, in the order of versions: they may be learnt in any order. */
  apply(seat: number, version: number, { place, action }: Step): void {
    const at = seat * this.#options.places + place;
    this.#cells[at] = applied(this.#cells[at]!, version, action);
  }

  /** Applies a change that arrives, in the order of versions. */
  receive(seat: number, version: number, { place, action }: Step): void {
    const at = seat * this.#options.places + place;
    const before = this.#cells[at]!;
    const after = (this.#cells[at] = applied(before, version, action));
    // A place is used again only once its item is removed: whoever missed the removal still shows the old one.
    if (action === ADD && isThere(before) && after !== before) this.#stray(seat, place, version);
  }

  /** Applies a change in the order of arrival. */
  applyNow(seat: number, stamp: number, { place, action }: Step): void {
    const at = seat * this.#options.places + place;
    const before = this.#cells[at]!;
    this.#cells[at] = appliedNow(before, stamp, action);
    if (action === ADD && isThere(before)) this.#stray(seat, place, stamp);
  }

  #stray(seat: number, place: number, stamp: number): void {
    this.#strays[seat] = place + 1;
    this.#strayedBy[seat] = stamp;
  }

  /** Applies a copy whose content is not what was sent. */
  damage(seat: number, stamp: number, { place, action }: Step): void {
    const at = seat * this.#options.places + place;
    this.#cells[at] = damaged(this.#cells[at]!, stamp, action);
  }

  wronged(seat: number, place: number): void {
    this.#remember(this.#wronged, seat, place);
  }

  /** A snapshot of this version came: what it replaces is gone, what came after it stays. */
  replace(seat: number, version: number): void {
    const { places } = this.#options;
    for (let at = seat * places; at < (seat + 1) * places; at++) {
      if (stampOf(this.#cells[at]!) <= version) this.#cells[at] = 0;
      if (this.#crossed.size > 0) this.#crossed.delete(at);
      if (this.#unclear.size > 0) this.#unclear.delete(at);
    }
    this.#strays[seat] = 0;
  }

  /** The snapshot turned out to be this. @param misled it is not what it should be */
  base(seat: number, cells: Uint32Array, misled: boolean): void {
    const at = seat * this.#options.places;
    for (let place = 0; place < cells.length; place++) {
      this.#cells[at + place] = over(cells[place]!, this.#cells[at + place]!);
    }
    this.#flags[seat] = BASED | (misled ? WHOLE | MISLED : WHOLE);
  }

  /** What this user shows is not known from here on. */
  blind(seat: number): void {
    this.#flags[seat] = BLIND;
  }

  /** A state undid a change that this user had made while the state was on its way. */
  cross(seat: number, place: number): void {
    this.#remember(this.#crossed, seat, place);
  }

  /** What a state showed this user there is not known. */
  unclear(seat: number, place: number): void {
    this.#remember(this.#unclear, seat, place);
  }

  #remember(places: Set<number>, seat: number, place: number): void {
    if ((this.#flags[seat]! & BLIND) !== 0) return;
    const at = seat * this.#options.places + place;
    if (places.size < MAX_REMEMBERED) places.add(at);
    else if (!places.has(at)) this.blind(seat);
  }

  /** A place's change may or may not have been taken: which item is there is not known from here on, or how it is. */
  doubt(session: number, place: number, action: number): void {
    const at = session * this.#options.places + place;
    if (action !== EDIT) this.#contested[at] = DOUBTFUL;
    else if (this.#contested[at] === 0) this.#contested[at] = CONTESTED;
  }

  /**
   * A change is sent on a server that gives no order: whether another's change of the same place is on its way that
   * this sender has not seen. Then nobody can say how it ends, until a change is made that has seen all others.
   */
  contest(entry: number, flight: Flight): void {
    const session = flight.session[entry]!;
    const sender = flight.sender[entry]!;
    let isOpen = false;
    let isConcurrent = false;
    for (let other = flight.firstAtPlaceOf(entry); other !== NONE; other = flight.nextAtPlace(other)) {
      if (other === entry) continue;
      isOpen = true;
      if (flight.sender[other] !== sender && !flight.has(other, sender % this.#options.users)) isConcurrent = true;
    }
    const at = session * this.#options.places + flight.place[entry]!;
    if (this.#contested[at] === DOUBTFUL) return;
    if (isConcurrent) this.#contested[at] = CONTESTED;
    else if (!isOpen) this.#contested[at] = 0;
  }

  /**
   * Holds the replicas of all who are in against the session's document.
   * @param before places changed later are left out, µs
   */
  compare(session: number, before: number, now: number): Comparison {
    const result = { compared: 0, partial: 0, diverged: 0, byLoss: 0, bySnapshot: 0, byProtocol: 0 };
    const history = this.#histories[session]!;
    if (history.isMurky) return result;
    for (let user = 0; user < this.#options.users; user++) {
      const seat = session * this.#options.users + user;
      const flags = this.#flags[seat]!;
      if (!this.#members.isIn(seat) || (flags & (BLIND | TOLD)) !== 0) continue;
      if (history.isVersioned && (flags & WHOLE) === 0) continue;
      result.compared++;
      if ((flags & WHOLE) === 0) result.partial++;
      this.#compareOne(session, seat, before, now, result);
    }
    return result;
  }

  #compareOne(session: number, seat: number, before: number, now: number, result: Comparison): void {
    const { places } = this.#options;
    const history = this.#histories[session]!;
    let first = -1;
    let isExplained = true;
    let isContested = false;
    for (let place = 0; place < places; place++) {
      const contested = history.isVersioned ? 0 : this.#contested[session * places + place]!;
      if (history.isOdd(place) || contested === DOUBTFUL || this.#unclear.has(seat * places + place)) continue;
      if (this.#options.isContended(session, place)) continue;
      const isStray = this.#strays[seat] === place + 1 && !history.orphaned(this.#strayedBy[seat]!);
      if (!isStray && (history.changedAt[place]! > before || !this.#differs(history, seat, place))) continue;
      if (contested === CONTESTED || this.#crossed.has(seat * places + place)) {
        isContested = true;
        continue;
      }
      if (first < 0) first = place;
      if (!this.#wronged.has(seat * places + place)) isExplained = false;
    }
    if (first < 0) {
      if (isContested) result.byProtocol++;
      return;
    }
    this.#flags[seat]! |= TOLD;
    result.diverged++;
    if (isExplained) result.byLoss++;
    else if ((this.#flags[seat]! & MISLED) !== 0) result.bySnapshot++;
    this.#options.tell(this.#story(history, seat, first, now));
  }

  #differs(history: History, seat: number, place: number): boolean {
    const ours = this.#cells[seat * this.#options.places + place]!;
    const theirs = history.contents.cells[place]!;
    if (isSame(ours, theirs)) return false;
    if (history.isVersioned) return stampOf(ours) <= stampOf(theirs);
    if ((this.#flags[seat]! & WHOLE) !== 0) return true;
    // Without a state nobody told this user what was there before it came.
    return stampOf(theirs) > this.#members.orderOf(seat) && stampOf(ours) !== stampOf(theirs);
  }

  #story(history: History, seat: number, place: number, at: number): Told {
    const ours = this.#cells[seat * this.#options.places + place]!;
    const { cells, users, seqs, items } = history.contents;
    const theirs = cells[place]!;
    const step = { place, user: users[place]!, seq: seqs[place]!, item: items[place]! };
    const isStray = this.#strays[seat] === place + 1;
    const note = isStray ? 'still shows an item that its session has removed' : differenceOf(ours, theirs, history);
    return { kind: 'diverged_replicas', seat, at, step, note };
  }
}

/** What a user shows instead of what its session does, in words. */
function differenceOf(ours: number, theirs: number, { isVersioned }: History): string {
  if (!isThere(ours)) return 'lacks this item';
  if (!isThere(theirs)) return 'still shows this item, which its session has removed';
  if (isDamaged(ours)) return 'shows this item with altered content';
  return isVersioned
    ? `shows this item as of version ${stampOf(ours)}, its session as of version ${stampOf(theirs)}`
    : 'shows this item as another change made it than its session';
}
