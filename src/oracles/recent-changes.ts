import { ADD, REMOVE } from './cell.ts';
import { changeKey } from './history.ts';
import type { Step } from './contents.ts';

/** Changes that are remembered of each place. */
const KEPT = 8;
const NONE = -1;

/**
 * The last changes of each place of a session's document: when each was sent, and since when everybody has it. So it
 * can be told, without versions, which changes an item may be made of in a state that was asked for at some time.
 *
 * A change comes before another one where both are of one sender, or where the server had surely taken it when the
 * other was sent. Changes of which neither comes before the other were made at once: each may be the last.
 */
export class RecentChanges {
  /** When the session's first change was sent, and when it was last left by everybody, µs: it may begin anew then. */
  firstSentAt = Infinity;
  emptiedAt = -1;
  /** An item may be there that has no place any more. */
  #hasStrays = false;
  readonly #deadlineUs: number;
  readonly #users: Uint32Array;
  readonly #seqs: Uint32Array;
  readonly #items: Uint32Array;
  readonly #actions: Uint8Array;
  readonly #sent: Float64Array;
  /** Since when everybody has it, and by when the server had taken it if ever, µs. */
  readonly #settled: Float64Array;
  readonly #decided: Float64Array;
  /** How many changes each place has had. */
  readonly #count: Uint32Array;
  /** By when the server had taken all those that are forgotten, µs. */
  readonly #forgotten: Float64Array;
  /** The item of each place: since when everybody has it, when it was added, and whether its removal was sent. */
  readonly #item: Int32Array;
  readonly #known: Float64Array;
  readonly #added: Float64Array;
  readonly #removed: Uint8Array;
  readonly #stray: Uint8Array;

  constructor(places: number, deadline_us: number) {
    const slots = places * KEPT;
    this.#deadlineUs = deadline_us;
    this.#users = new Uint32Array(slots);
    this.#seqs = new Uint32Array(slots);
    this.#items = new Uint32Array(slots);
    this.#actions = new Uint8Array(slots);
    this.#sent = new Float64Array(slots);
    this.#settled = new Float64Array(slots);
    this.#decided = new Float64Array(slots);
    this.#count = new Uint32Array(places);
    this.#forgotten = new Float64Array(places).fill(-1);
    this.#item = new Int32Array(places).fill(NONE);
    this.#known = new Float64Array(places).fill(Infinity);
    this.#added = new Float64Array(places);
    this.#removed = new Uint8Array(places);
    this.#stray = new Uint8Array(places);
  }

  sent({ place, action, user, seq, item }: Step, at: number): void {
    if (this.firstSentAt === Infinity) this.firstSentAt = at;
    const isAnother = this.#item[place] !== item;
    // Its addition is yet to come, or was due while its user was offline: it changes nothing, but for those who get
    // it after the addition.
    if (action !== ADD && isAnother) return this.#forget(place, at + 2 * this.#deadlineUs);
    if (action === ADD) {
      if (this.#item[place] !== NONE && isAnother && this.#removed[place] === 0) {
        this.#stray[place] = 1;
        this.#hasStrays = true;
      }
      this.#item[place] = item;
      this.#added[place] = at;
      this.#known[place] = Infinity;
      this.#removed[place] = 0;
    } else if (action === REMOVE) this.#removed[place] = 1;
    const slot = this.#slotFor(place);
    this.#users[slot] = user;
    this.#seqs[slot] = seq;
    this.#items[slot] = item;
    this.#actions[slot] = action;
    this.#sent[slot] = at;
    this.#settled[slot] = this.#decided[slot] = Infinity;
  }

  /** The slot of a place's next change; what was in it is forgotten. */
  #slotFor(place: number): number {
    const count = this.#count[place]!++;
    const slot = place * KEPT + (count % KEPT);
    if (count < KEPT) return slot;
    if (this.#actions[slot] === REMOVE && this.#settled[slot] === Infinity) this.#hasStrays = true;
    this.#forget(place, Math.min(this.#decided[slot]!, this.#sent[slot]! + 2 * this.#deadlineUs));
    return slot;
  }

  #forget(place: number, by: number): void {
    this.#forgotten[place] = Math.max(this.#forgotten[place]!, by);
  }

  #find({ place, user, seq }: Step): number {
    for (let slot = place * KEPT; slot < this.#end(place); slot++) {
      if (this.#users[slot] === user && this.#seqs[slot] === seq) return slot;
    }
    return NONE;
  }

  #end(place: number): number {
    return place * KEPT + Math.min(KEPT, this.#count[place]!);
  }

  /** Everybody has a change, and the server took it. */
  settled(step: Step, at: number): void {
    const slot = this.#find(step);
    if (step.action === ADD && this.#item[step.place] === step.item) this.#known[step.place] = at;
    if (slot !== NONE) this.#settled[slot] = this.#decided[slot] = at;
  }

  /** A change's time is over: the server has it by now, or never will. */
  expired(step: Step, at: number): void {
    const slot = this.#find(step);
    if (slot !== NONE && this.#decided[slot] === Infinity) this.#decided[slot] = at;
  }

  /** Whether a place's items can be told at all. */
  isFollowed(place: number): boolean {
    return this.#item[place] !== NONE && this.#stray[place] === 0;
  }

  /** The item of a place: which of its owner's it is. */
  itemOf(place: number): number {
    return this.#item[place]!;
  }

  /** Whether a place's item has to be in a state that was asked for at `floor`, µs. */
  isRequired(place: number, floor: number): boolean {
    return this.#removed[place] === 0 && this.#known[place]! < floor && this.#added[place]! > this.emptiedAt;
  }

  /** Whether everybody had a later change of the place by `floor`, µs, than the one in a slot. */
  #isOutdated(place: number, slot: number, floor: number): boolean {
    if (this.#sent[slot]! <= this.emptiedAt) return false;
    for (let other = place * KEPT; other < this.#end(place); other++) {
      if (other === slot || this.#settled[other]! >= floor || this.#items[other] !== this.#items[slot]) continue;
      const isOfOne = this.#users[other] === this.#users[slot] && this.#seqs[other]! > this.#seqs[slot]!;
      if (isOfOne || this.#decided[slot]! <= this.#sent[other]!) return true;
    }
    return false;
  }

  /**
   * Whether the change that a state shows a place's item as of is outdated; undefined where it shows none that is
   * remembered. @param held the changes that the state is made of; the one found is taken out
   */
  isShownOutdated(held: Set<number>, place: number, floor: number): boolean | undefined {
    const count = this.#count[place]!;
    for (let nth = count - 1; nth >= Math.max(0, count - KEPT); nth--) {
      const slot = place * KEPT + (nth % KEPT);
      if (this.#items[slot] !== this.#item[place]) continue;
      if (!held.delete(changeKey(this.#users[slot]!, this.#seqs[slot]!))) continue;
      return this.#isOutdated(place, slot, floor);
    }
    return undefined;
  }

  /** Whether a change that is remembered, of whatever item of the place, is outdated; undefined for one that is not. */
  isOutdated(place: number, user: number, seq: number, floor: number): boolean | undefined {
    const slot = this.#find({ place, user, seq, item: 0, action: 0 });
    return slot === NONE ? undefined : this.#isOutdated(place, slot, floor);
  }

  /** Whether a change of a place's item that is forgotten is surely outdated. */
  isLongOutdated(place: number, user: number, seq: number, floor: number): boolean {
    if (this.emptiedAt >= 0) return false;
    for (let slot = place * KEPT; slot < this.#end(place); slot++) {
      if (this.#settled[slot]! >= floor || this.#items[slot] !== this.#item[place]) continue;
      if (this.#users[slot] === user && this.#seqs[slot]! > seq) return true;
      if (this.#sent[slot]! >= this.#forgotten[place]!) return true;
    }
    return false;
  }

  /** Whether every item that has no place any more was surely removed by `floor`, µs. */
  areGone(floor: number): boolean {
    if (this.#hasStrays || this.emptiedAt >= 0 || this.#forgotten.some((by) => by >= floor)) return false;
    return this.#actions.every((action, slot) => action !== REMOVE || this.#settled[slot]! < floor);
  }

  /** The last change of a place that everybody had by `floor`, µs: what a state has to hold at least. */
  expected(place: number, floor: number): Omit<Step, 'action'> {
    let last = NONE;
    for (let slot = place * KEPT; slot < this.#end(place); slot++) {
      if (this.#settled[slot]! >= floor || this.#items[slot] !== this.#item[place]) continue;
      if (last === NONE || this.#sent[slot]! > this.#sent[last]!) last = slot;
    }
    if (last === NONE) last = place * KEPT + ((this.#count[place]! - 1) % KEPT);
    return { place, user: this.#users[last]!, seq: this.#seqs[last]!, item: this.#items[last]! };
  }
}
