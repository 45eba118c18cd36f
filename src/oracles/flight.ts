/** No entry. */
export const NONE = -1;

/** What is known of a change on its way. */
export const TAKEN = 1;
/** Its sender’s connection ended within a second of the send: nobody knows whether the server read it. */
export const DOUBTFUL = 2;
/** Its deadline has passed with receivers left. */
export const OVERDUE = 4;
/** A copy of it counts as lost, so that it was not completed. */
export const INCOMPLETE = 8;
/** Another change has its version. */
export const REPEATED = 16;

const HASH_MULTIPLIER = 0x9e3779b1;

/**
 * The changes on their way: one entry a change, from its send until its last receiver has it or it is known to be
 * lost. A pool of typed arrays; an entry is a number. Linked four times: by hash of (sender, seq) to be found, by
 * session for those who leave, by place for what is changed at once, and in the order of sending for the deadline.
 */
export class Flight {
  readonly #words: number;
  #capacity = 256;
  #free = NONE;
  #buckets = new Int32Array(512).fill(NONE);
  #chain = new Int32Array(256);
  #sessionNext = new Int32Array(256);
  #sessionPrevious = new Int32Array(256);
  #queueNext = new Int32Array(256);
  #queuePrevious = new Int32Array(256);
  readonly #sessionHead: Int32Array;
  #placeNext = new Int32Array(256);
  #placePrevious = new Int32Array(256);
  readonly #placeHead: Int32Array;
  readonly #places: number;
  #queueHead = NONE;
  #queueTail = NONE;
  #got: Uint32Array;

  /** Fields of an entry, by its number. */
  sender = new Int32Array(256);
  session = new Int32Array(256);
  seq = new Uint32Array(256);
  /** Receivers that must have it, and those of them that do not yet. */
  must = new Uint32Array(256);
  left = new Uint32Array(256);
  flags = new Uint8Array(256);
  stage = new Uint8Array(256);
  /** µs of the run’s clock. */
  due = new Float64Array(256);
  sent = new Float64Array(256);
  /** Place of the send in the order of sends and joins: who joined before it must have it. */
  order = new Float64Array(256);
  /** The version the server gave it; 0 for none. */
  version = new Float64Array(256);
  /** Place in the session's document, what the change does there (cell.ts), and which of its owner's items it is of. */
  place = new Uint32Array(256);
  action = new Uint8Array(256);
  item = new Uint32Array(256);
  /** What was sent, until a copy of it has come. */
  text: (string | undefined)[] = [];
  /** The first intact copy and its length; the arrays are kept when an entry is used again. */
  copy: (Uint8Array | undefined)[] = [];
  copyLength = new Uint32Array(256);
  /** The entry of which a copy came when one had last come of this: receivers get the same changes one after another. */
  follower = new Int32Array(256);

  /** @param sessions and users of each, in this process. @param places of each session's document */
  constructor(sessions: number, users: number, places: number) {
    this.#words = Math.ceil(users / 32);
    this.#got = new Uint32Array(256 * this.#words);
    this.#sessionHead = new Int32Array(sessions).fill(NONE);
    this.#placeHead = new Int32Array(sessions * places).fill(NONE);
    this.#places = places;
    this.#link(0);
  }

  /** Strings the entries from `first` together as free. */
  #link(first: number): void {
    for (let entry = this.#capacity - 1; entry >= first; entry--) {
      this.#chain[entry] = this.#free;
      this.#free = entry;
    }
  }

  #bucketOf(sender: number, seq: number): number {
    return (Math.imul(Math.imul(sender, HASH_MULTIPLIER) + seq, HASH_MULTIPLIER) >>> 8) & (this.#buckets.length - 1);
  }

  /** A new entry, last in its session and last in the queue; its other fields are the caller's to set. */
  add(sender: number, session: number, seq: number, place: number): number {
    if (this.#free === NONE) this.#grow();
    const entry = this.#free;
    this.#free = this.#chain[entry]!;
    this.sender[entry] = sender;
    this.session[entry] = session;
    this.seq[entry] = seq;
    this.place[entry] = place;
    this.flags[entry] = 0;
    this.version[entry] = 0;
    this.copyLength[entry] = 0;
    this.#got.fill(0, entry * this.#words, (entry + 1) * this.#words);

    const bucket = this.#bucketOf(sender, seq);
    this.#chain[entry] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry;

    const head = this.#sessionHead[session]!;
    this.#sessionNext[entry] = head;
    this.#sessionPrevious[entry] = NONE;
    if (head !== NONE) this.#sessionPrevious[head] = entry;
    this.#sessionHead[session] = entry;

    const at = session * this.#places + place;
    const there = this.#placeHead[at]!;
    this.#placeNext[entry] = there;
    this.#placePrevious[entry] = NONE;
    if (there !== NONE) this.#placePrevious[there] = entry;
    this.#placeHead[at] = entry;

    this.#queueNext[entry] = NONE;
    this.#queuePrevious[entry] = this.#queueTail;
    if (this.#queueTail === NONE) this.#queueHead = entry;
    else this.#queueNext[this.#queueTail] = entry;
    this.#queueTail = entry;
    return entry;
  }

  find(sender: number, seq: number): number {
    let entry = this.#buckets[this.#bucketOf(sender, seq)]!;
    while (entry !== NONE && (this.seq[entry] !== seq || this.sender[entry] !== sender)) entry = this.#chain[entry]!;
    return entry;
  }

  /** Whether `user` of the entry's session has it. */
  has(entry: number, user: number): boolean {
    return (this.#got[entry * this.#words + (user >>> 5)]! & (1 << (user & 31))) !== 0;
  }

  give(entry: number, user: number): void {
    this.#got[entry * this.#words + (user >>> 5)]! |= 1 << (user & 31);
  }

  /** The entries of a session, newest first: `for (let e = first(s); e !== NONE; e = next(e))`. */
  first(session: number): number {
    return this.#sessionHead[session]!;
  }

  next(entry: number): number {
    return this.#sessionNext[entry]!;
  }

  /** Those that change the same place as this entry, newest first: likewise. */
  firstAtPlaceOf(entry: number): number {
    return this.#placeHead[this.session[entry]! * this.#places + this.place[entry]!]!;
  }

  nextAtPlace(entry: number): number {
    return this.#placeNext[entry]!;
  }

  /** The entry that was sent longest ago and is not overdue. */
  oldest(): number {
    return this.#queueHead;
  }

  /** The one that was sent next. */
  younger(entry: number): number {
    return this.#queueNext[entry]!;
  }

  /** Marks an entry as overdue: it stays to be found, but no longer waits for its deadline. */
  overdue(entry: number): void {
    this.#unqueue(entry);
    this.flags[entry]! |= OVERDUE;
  }

  /** Gives an entry back. */
  remove(entry: number): void {
    if ((this.flags[entry]! & OVERDUE) === 0) this.#unqueue(entry);
    const session = this.session[entry]!;
    const next = this.#sessionNext[entry]!;
    const previous = this.#sessionPrevious[entry]!;
    if (next !== NONE) this.#sessionPrevious[next] = previous;
    if (previous === NONE) this.#sessionHead[session] = next;
    else this.#sessionNext[previous] = next;

    const after = this.#placeNext[entry]!;
    const before = this.#placePrevious[entry]!;
    if (after !== NONE) this.#placePrevious[after] = before;
    if (before === NONE) this.#placeHead[session * this.#places + this.place[entry]!] = after;
    else this.#placeNext[before] = after;

    const bucket = this.#bucketOf(this.sender[entry]!, this.seq[entry]!);
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = this.#chain[entry]!;
    else {
      let one = this.#buckets[bucket]!;
      while (this.#chain[one] !== entry) one = this.#chain[one]!;
      this.#chain[one] = this.#chain[entry]!;
    }
    this.#chain[entry] = this.#free;
    this.#free = entry;
    this.flags[entry] = 0;
    this.copyLength[entry] = 0;
    this.text[entry] = undefined;
  }

  /** Keeps the first intact copy, to hold the others against. */
  keep(entry: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    let copy = this.copy[entry];
    if (!copy || copy.length < length) this.copy[entry] = copy = new Uint8Array(Math.ceil(length / 256) * 256);
    copy.set(bytes.subarray(start, end));
    this.copyLength[entry] = length;
    this.text[entry] = undefined;
  }

  #unqueue(entry: number): void {
    const next = this.#queueNext[entry]!;
    const previous = this.#queuePrevious[entry]!;
    if (next === NONE) this.#queueTail = previous;
    else this.#queuePrevious[next] = previous;
    if (previous === NONE) this.#queueHead = next;
    else this.#queueNext[previous] = next;
  }

  /** Doubles the pool and its hash table: a few times in a run, when much is on its way at once. */
  #grow(): void {
    const first = this.#capacity;
    this.#capacity *= 2;
    const wider = <T extends { length: number; set(from: T): void }>(
      array: T & { constructor: unknown },
      factor = 1,
    ): T => {
      const grown = new (array.constructor as new (length: number) => T)(this.#capacity * factor);
      grown.set(array);
      return grown;
    };
    this.#chain = wider(this.#chain);
    this.#sessionNext = wider(this.#sessionNext);
    this.#sessionPrevious = wider(this.#sessionPrevious);
    this.#placeNext = wider(this.#placeNext);
    this.#placePrevious = wider(this.#placePrevious);
    this.#queueNext = wider(this.#queueNext);
    this.#queuePrevious = wider(this.#queuePrevious);
    this.#got = wider(this.#got, this.#words);
    this.sender = wider(this.sender);
    this.session = wider(this.session);
    this.seq = wider(this.seq);
    this.must = wider(this.must);
    this.left = wider(this.left);
    this.flags = wider(this.flags);
    this.stage = wider(this.stage);
    this.due = wider(this.due);
    this.sent = wider(this.sent);
    this.order = wider(this.order);
    this.version = wider(this.version);
    this.place = wider(this.place);
    this.action = wider(this.action);
    this.item = wider(this.item);
    this.copyLength = wider(this.copyLength);
    this.follower = wider(this.follower);

    const entries: number[] = [];
    for (const head of this.#buckets) for (let e = head; e !== NONE; e = this.#chain[e]!) entries.push(e);
    this.#buckets = new Int32Array(this.#capacity * 2).fill(NONE);
    for (const entry of entries) {
      const bucket = this.#bucketOf(this.sender[entry]!, this.seq[entry]!);
      this.#chain[entry] = this.#buckets[bucket]!;
      this.#buckets[bucket] = entry;
    }
    this.#link(first);
  }
}
