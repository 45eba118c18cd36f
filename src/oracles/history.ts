import { draw } from '../core/random.ts';
import type { Snapshot } from '../protocol/snapshot.ts';
import { ADD, applied, isThere, REMOVE } from './cell.ts';
import { Contents, type Step } from './contents.ts';
import { Past } from './past.ts';

/** Fewest and most versions that can be looked back at. */
const LEAST_WINDOW = 64;
const MOST_WINDOW = 4096;
/** Versions that may pass for each user before a snapshot is looked at. */
const WINDOW_PER_USER = 8;

/** One number for a change of a session. */
export const changeKey = (user: number, seq: number): number => user * 2 ** 32 + seq;

/** One number for which change made an item what it is: their sum says which changes a document is made of. */
export const markOf = (user: number, seq: number): number => draw(user + 1, seq);

/**
 * What a session's changes add up to, in the order of the server's versions: the document that everybody should see,
 * and as it was some versions ago. On a server without versions: in the order of sends.
 */
export class History {
  /** Every version up to this one is known and applied; −1 before the first. */
  known = -1;
  isVersioned = false;
  /** Some version's change is not known, so that what the document should be is not either. */
  isMurky = false;
  /** States came that name no version: what they show in a place whose items overlapped is never known again. */
  isLoose = false;
  /** Changes that were applied. */
  changes = 0;
  readonly contents: Contents;
  /** When each place was last changed, µs. */
  readonly changedAt: Float64Array;
  /** When an item was last added in each place, µs, and by whom. */
  readonly #addedAt: Float64Array;
  readonly #addedBy: Uint32Array;
  /** Sum of the marks of what is there, and how much is. */
  #marks = 0;
  #count = 0;
  #top = -1;
  /** The version before the first that was seen, where nobody said with which the session begins. */
  #start = -1;
  #stuckSince = 0;
  /** Places in doubt; changes whose items stayed though their place was taken; versions that took them. */
  readonly #odd = new Set<number>();
  readonly #orphans = new Set<number>();
  readonly #orphaning = new Set<number>();
  /** Versions that several changes have. */
  readonly #repeated = new Set<number>();
  readonly #window: number;
  /** The last versions; absent as long as there are none. */
  #past: Past | undefined;

  constructor(places: number, users: number) {
    const window = Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, 2 ** Math.ceil(Math.log2(users * WINDOW_PER_USER))));
    this.#window = window;
    this.contents = new Contents(places);
    this.changedAt = new Float64Array(places);
    this.#addedAt = new Float64Array(places);
    this.#addedBy = new Uint32Array(places);
  }

  /** The session begins at this version, with nothing in it. */
  begin(version: number): void {
    if (this.known >= 0) return;
    this.known = this.#top = version;
  }

  /** The first version was seen: what was applied in the order of sends is forgotten. */
  orderByVersion(): void {
    this.isVersioned = true;
    this.contents.cells.fill(0);
    this.changedAt.fill(0);
    this.#marks = this.#count = this.changes = 0;
    for (const set of [this.#odd, this.#orphans, this.#orphaning]) set.clear();
  }

  /** Applies a change in the order of sends. */
  send(step: Step, stamp: number, at: number): void {
    this.#apply(step, stamp, at);
  }

  /**
   * Takes down which change a version is. One that comes after its version was given up changes nothing any more.
   * @returns false where another change has it
   */
  record(version: number, step: Step, at: number): boolean {
    if (this.known < 0) {
      this.isMurky = version > 1;
      this.begin(version - 1);
      this.#start = version - 1;
    }
    // The first that was seen need not be the first.
    if (version <= this.#start) return true;
    const past = this.#pastOf();
    if (version <= this.known) return past.isOpen(version);
    if (past.has(version)) return false;
    while (version - this.known >= past.size) this.#skipTo(this.#next(version), at);
    past.set(version, step);
    this.#top = Math.max(this.#top, version);
    this.#advance(at);
    return true;
  }

  /** Another change has this version too: what the document should be is not known from here on. */
  repeat(version: number): void {
    this.isMurky = true;
    this.#repeated.add(version);
  }

  isRepeated(version: number): boolean {
    return this.#repeated.size > 0 && this.#repeated.has(version);
  }

  #pastOf(): Past {
    if (this.#past === undefined) {
      this.#past = new Past(this.#window);
      this.#past.note(this.known, 0, 0);
    }
    return this.#past;
  }

  /** The lowest version that is recorded beyond a gap; `otherwise` where there is none. */
  #next(otherwise: number): number {
    for (let version = this.known + 1; version <= this.#top; version++) {
      if (this.#pastOf().has(version)) return version;
    }
    return otherwise;
  }

  #skipTo(version: number, at: number): void {
    this.isMurky = true;
    const past = this.#pastOf();
    this.known = Math.max(this.known, version - 1 - past.size);
    while (this.known < version - 1) {
      past.blank(++this.known);
      past.note(this.known, this.#marks, this.#count);
    }
    this.#stuckSince = 0;
    this.#advance(at);
  }

  #advance(at: number): void {
    const past = this.#pastOf();
    const before = this.known;
    while (past.has(this.known + 1)) {
      this.known++;
      past.keep(this.known, this.contents);
      this.#apply(past.stepOf(this.known), this.known, at);
      past.note(this.known, this.#marks, this.#count);
    }
    if (this.known === this.#top) this.#stuckSince = 0;
    else if (this.#stuckSince === 0 || this.known > before) this.#stuckSince = at;
  }

  #apply({ place, action, user, seq, item }: Step, stamp: number, at: number): void {
    const { cells, users, seqs, items } = this.contents;
    const before = cells[place]!;
    const isAnother = isThere(before) && items[place] !== item;
    this.changes++;
    this.changedAt[place] = at;
    if (action === ADD) {
      this.#addedAt[place] = at;
      this.#addedBy[place] = user;
    }
    // A user who was away for an item's removal goes on to its next one, and the old one stays for ever; one who was
    // away for the addition edits what is not there. What replicas make of such a place is not followed.
    if (isAnother && action !== ADD) return void this.#odd.add(place);
    if (isAnother) {
      this.#odd.add(place);
      this.#orphans.add(changeKey(users[place]!, seqs[place]!));
      this.#orphaning.add(stamp);
    } else if (isThere(before)) {
      this.#marks = (this.#marks - markOf(users[place]!, seqs[place]!)) >>> 0;
      this.#count--;
    } else if (action === ADD && !this.isLoose) this.#odd.delete(place);
    const after = isAnother ? applied(0, stamp, action) : applied(before, stamp, action);
    if (isThere(after)) {
      this.#marks = (this.#marks + markOf(user, seq)) >>> 0;
      this.#count++;
    }
    cells[place] = after;
    users[place] = user;
    seqs[place] = seq;
    items[place] = item;
  }

  /** The one version up to this one of which no change is known; 0 where there is none, or several, or nobody can say. */
  onlyMissing(version: number): number {
    if (this.isMurky || this.known < 0 || version - this.known > this.#window) return 0;
    let missing = 0;
    for (let v = this.known + 1; v <= version; v++) {
      if (this.#pastOf().has(v)) continue;
      if (missing > 0) return 0;
      missing = v;
    }
    return missing;
  }

  /**
   * Whether a state may hold a change that it does not show, were it the first version that is not known: a later one
   * of its place is in it too, or it left no trace.
   */
  isHidden({ place, action }: Step, missing: number, { changes, version = 0 }: Snapshot): boolean {
    for (let later = missing + 1; later <= version; later++) {
      if (this.#pastOf().has(later) && this.#pastOf().stepOf(later).place === place) return true;
    }
    const { cells, users, seqs } = this.contents;
    if (action === ADD) return false;
    if (!isThere(cells[place]!)) return true;
    if (action !== REMOVE) return false;
    for (let i = 0; i < changes.length; i += 2) {
      if (changes[i] === users[place] && changes[i + 1] === seqs[place]) return false;
    }
    return true;
  }

  /** Whether this user added what is in a place, after `since`, µs; others may have changed it meanwhile. */
  isAddedBy(user: number, place: number, since: number): boolean {
    return this.#addedAt[place]! > since && this.#addedBy[place] === user && isThere(this.contents.cells[place]!);
  }

  /** Whether what is in a place was added by `at`, µs. */
  isAddedBefore(place: number, at: number): boolean {
    return isThere(this.contents.cells[place]!) && this.#addedAt[place]! <= at;
  }

  /** Where this user made changes whose version is known, but not yet all versions before it. */
  placesAwaited(user: number): number[] {
    const places: number[] = [];
    for (let version = this.known + 1; version <= this.#top; version++) {
      if (!this.#pastOf().has(version)) continue;
      const step = this.#pastOf().stepOf(version);
      if (step.user === user) places.push(step.place);
    }
    return places;
  }

  /** Whether what a place holds cannot be told from the order of its changes. */
  isOdd(place: number): boolean {
    return this.#odd.has(place);
  }

  /** Whether this version's addition took a place whose old item stayed. */
  orphaned(version: number): boolean {
    return this.#orphaning.has(version);
  }

  /** Whether an item that has no place any more is as this change made it. */
  isOrphan(user: number, seq: number): boolean {
    return this.#orphans.has(changeKey(user, seq));
  }

  /** Whether a version can still be looked at. */
  reaches(version: number): boolean {
    return version <= this.known && version > this.known - this.#window && version >= 0;
  }

  /** Whether the document of a version that can be looked at was made of just these changes. */
  matches(version: number, marks: number, count: number): boolean {
    return this.#pastOf().noted(version, marks, count);
  }

  /** The document as it was at a version that can be looked at. */
  at(version: number, into: Contents): void {
    into.copy(this.contents);
    for (let v = this.known; v > version; v--) this.#pastOf().undo(v, into);
  }

  /** Since when a version is missing while later ones are known, µs; 0 if none is. */
  get stuckSince(): number {
    return this.#stuckSince;
  }

  /**
   * Goes on behind the missing versions; what the document should be is not known from here on.
   * @returns how many are missing
   */
  skip(at: number): number {
    const { known } = this;
    const next = this.#next(this.#top);
    this.#skipTo(next, at);
    return next - known - 1;
  }
}
