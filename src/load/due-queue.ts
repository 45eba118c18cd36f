/**
 * What is due next, of a fixed number of slots: an indexed binary heap over typed arrays. A slot has one due time or
 * none; setting it anew moves it. All operations are O(log slots) and allocate nothing.
 */
export class DueQueue {
  readonly #due: Float64Array;
  readonly #heap: Int32Array;
  /** Place in the heap, −1 for none. */
  readonly #place: Int32Array;
  #size = 0;

  constructor(slots: number) {
    this.#due = new Float64Array(slots).fill(Infinity);
    this.#heap = new Int32Array(slots);
    this.#place = new Int32Array(slots).fill(-1);
  }

  /** When a slot is due, µs; Infinity for never. */
  dueOf(slot: number): number {
    return this.#due[slot]!;
  }

  /** The earliest due time; Infinity where nothing is due. */
  get earliest(): number {
    return this.#size > 0 ? this.#due[this.#heap[0]!]! : Infinity;
  }

  /** The due time after the earliest; Infinity where no more is due. */
  get second(): number {
    const left = this.#size > 1 ? this.#due[this.#heap[1]!]! : Infinity;
    return this.#size > 2 ? Math.min(left, this.#due[this.#heap[2]!]!) : left;
  }

  /** Takes out and returns the slot that is due first, which there must be; its due time stays readable. */
  pop(): number {
    const slot = this.#heap[0]!;
    this.#take(slot);
    return slot;
  }

  /** @param due Infinity for never */
  set(slot: number, due: number): void {
    const place = this.#place[slot]!;
    const before = this.#due[slot]!;
    this.#due[slot] = due;
    if (due === Infinity) {
      if (place >= 0) this.#take(slot);
    } else if (place < 0) {
      this.#heap[this.#size] = slot;
      this.#place[slot] = this.#size;
      this.#up(this.#size++);
    } else if (due < before) this.#up(place);
    else this.#down(place);
  }

  #take(slot: number): void {
    const place = this.#place[slot]!;
    this.#place[slot] = -1;
    const last = this.#heap[--this.#size]!;
    if (last === slot) return;
    this.#heap[place] = last;
    this.#place[last] = place;
    this.#up(place);
    this.#down(this.#place[last]!);
  }

  #up(from: number): void {
    let place = from;
    const slot = this.#heap[place]!;
    const due = this.#due[slot]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent]!;
      if (this.#due[above]! <= due) break;
      this.#heap[place] = above;
      this.#place[above] = place;
      place = parent;
    }
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }

  #down(from: number): void {
    let place = from;
    const slot = this.#heap[place]!;
    const due = this.#due[slot]!;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#due[this.#heap[child + 1]!]! < this.#due[this.#heap[child]!]!) child++;
      const below = this.#heap[child]!;
      if (this.#due[below]! >= due) break;
      this.#heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }
}
