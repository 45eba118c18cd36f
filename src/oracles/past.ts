import { Contents, type Step } from './contents.ts';

/**
 * The last versions of a session: which change each is, what it replaced, and what there was after it. A ring by
 * version, of a power of two.
 */
export class Past {
  readonly size: number;
  readonly #mask: number;
  readonly #versions: Float64Array;
  readonly #places: Int32Array;
  readonly #actions: Uint8Array;
  readonly #users: Uint32Array;
  readonly #seqs: Uint32Array;
  readonly #items: Uint32Array;
  readonly #before: Contents;
  readonly #marks: Uint32Array;
  readonly #counts: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.#mask = size - 1;
    this.#versions = new Float64Array(size).fill(-1);
    this.#places = new Int32Array(size);
    this.#actions = new Uint8Array(size);
    this.#users = new Uint32Array(size);
    this.#seqs = new Uint32Array(size);
    this.#items = new Uint32Array(size);
    this.#before = new Contents(size);
    this.#marks = new Uint32Array(size);
    this.#counts = new Uint32Array(size);
  }

  has(version: number): boolean {
    return this.#versions[version & this.#mask] === version;
  }

  /** Takes down which change a version is. */
  set(version: number, step: Step): void {
    const slot = version & this.#mask;
    this.#versions[slot] = version;
    this.#places[slot] = step.place;
    this.#actions[slot] = step.action;
    this.#users[slot] = step.user;
    this.#seqs[slot] = step.seq;
    this.#items[slot] = step.item;
  }

  /** Nobody knows which change this version is. */
  blank(version: number): void {
    const slot = version & this.#mask;
    this.#versions[slot] = version;
    this.#places[slot] = -1;
  }

  /** Whether nobody has this version, as far as is remembered. */
  isOpen(version: number): boolean {
    return !this.has(version) || this.#places[version & this.#mask] === -1;
  }

  /** The change that a version is, in an object that the next call uses again. */
  stepOf(version: number): Step {
    const slot = version & this.#mask;
    STEP.place = this.#places[slot]!;
    STEP.action = this.#actions[slot]!;
    STEP.user = this.#users[slot]!;
    STEP.seq = this.#seqs[slot]!;
    STEP.item = this.#items[slot]!;
    return STEP;
  }

  /** Takes down what a version is about to replace. */
  keep(version: number, contents: Contents): void {
    const slot = version & this.#mask;
    this.#before.take(slot, contents, this.#places[slot]!);
  }

  /** Takes back what a version did. */
  undo(version: number, contents: Contents): void {
    const slot = version & this.#mask;
    const place = this.#places[slot]!;
    if (place >= 0) contents.take(place, this.#before, slot);
  }

  /** What there is after a version: the sum of marks, and how many items. */
  note(version: number, marks: number, count: number): void {
    this.#marks[version & this.#mask] = marks;
    this.#counts[version & this.#mask] = count;
  }

  noted(version: number, marks: number, count: number): boolean {
    return this.#marks[version & this.#mask] === marks && this.#counts[version & this.#mask] === count;
  }
}

const STEP: Step = { place: 0, action: 0, item: 0, user: 0, seq: 0 };
