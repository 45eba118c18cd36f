/** What is known of a user. Between surely in and surely out lies may. */
const OUT = 0;
const CONNECTING = 1;
const IN = 2;
const LEAVING = 3;

/** A server that has answered a close knows so soon that the user has left, µs. */
const SURELY_KNOWN_US = 1_000_000;

/**
 * How a connection ended, as far as the server knows of it: in good order · cut, which it learns within the deadline ·
 * nobody can say whether it has noticed, or whether it tells · there never was one.
 */
export type Knowledge = 'orderly' | 'cut' | 'unknown' | 'never';

/** Codes after which the user is not told to have left: the server goes away (P12), restarts, or has a newer connection. */
const UNTOLD = new Set([1001, 1012, 4001]);

/** What a server knows of a connection that ended so. */
export function knowledgeOf(ending: { code: number; initiator: string; wall?: true; breach?: true }): Knowledge {
  if (ending.wall || ending.code === 0) return 'never';
  if (ending.breach) return 'unknown';
  if (ending.initiator === 'network' || (ending.initiator === 'server' && UNTOLD.has(ending.code))) return 'unknown';
  return ending.code === 1006 ? 'cut' : 'orderly';
}

/**
 * The generator's own ledger of who surely is in and who surely is out. A user is a seat: session × users + user. Each
 * attempt to connect begins a new epoch of its user.
 */
export class Attendees {
  readonly #deadlineUs: number;
  readonly #state: Uint8Array;
  readonly #epoch: Uint32Array;
  readonly #connectingAt: Float64Array;
  /** When the join was read; Infinity until then. */
  readonly #joinedAt: Float64Array;
  readonly #leavingAt: Float64Array;
  readonly #goneAt: Float64Array;
  /** From when on the server surely knows that the user has gone; Infinity where nobody can say. */
  readonly #outFrom: Float64Array;
  /** From when on nothing of an earlier connection can still be told. */
  readonly #cleanFrom: Float64Array;
  /** Until when a departure may still be told of an earlier connection that did not end in good order. */
  readonly #cutUntil: Float64Array;
  /** By when the end of the last connection has been told. */
  readonly #toldBy: Float64Array;
  /** When the last connection ended in good order; Infinity where it did not. */
  readonly #endedAt: Float64Array;
  /** Whether the last connection had joined. */
  readonly #wasStay: Uint8Array;
  /** The last epoch that ended in good order, and when its end began. */
  readonly #orderlyEpoch: Uint32Array;
  readonly #orderlyFrom: Float64Array;

  constructor(seats: number, deadline_us: number) {
    this.#deadlineUs = deadline_us;
    this.#state = new Uint8Array(seats);
    this.#epoch = new Uint32Array(seats);
    this.#connectingAt = new Float64Array(seats);
    this.#joinedAt = new Float64Array(seats).fill(Infinity);
    this.#leavingAt = new Float64Array(seats);
    this.#goneAt = new Float64Array(seats);
    this.#outFrom = new Float64Array(seats);
    this.#cleanFrom = new Float64Array(seats);
    this.#cutUntil = new Float64Array(seats);
    this.#toldBy = new Float64Array(seats);
    this.#endedAt = new Float64Array(seats).fill(Infinity);
    this.#wasStay = new Uint8Array(seats);
    this.#orderlyEpoch = new Uint32Array(seats);
    this.#orderlyFrom = new Float64Array(seats);
  }

  get count(): number {
    return this.#state.length;
  }

  connecting(seat: number, at: number): void {
    if (this.#epoch[seat]!++ > 0) {
      const told = this.#toldBy[seat]!;
      this.#cleanFrom[seat] = Math.max(this.#cleanFrom[seat]!, told);
      if (!this.#isOrderly(seat)) this.#cutUntil[seat] = Math.max(this.#cutUntil[seat]!, told);
    }
    this.#state[seat] = CONNECTING;
    this.#connectingAt[seat] = at;
    this.#joinedAt[seat] = Infinity;
  }

  /** An attempt that came to nothing before there was a connection is as if it had not been. */
  #failed(seat: number): void {
    this.#epoch[seat]!--;
    this.#state[seat] = OUT;
  }

  joined(seat: number, at: number): void {
    this.#state[seat] = IN;
    this.#joinedAt[seat] = at;
  }

  leaving(seat: number, at: number): void {
    this.#state[seat] = LEAVING;
    this.#leavingAt[seat] = at;
    this.#outFrom[seat] = Infinity;
  }

  gone(seat: number, knowledge: Knowledge, at: number): void {
    if (knowledge === 'never') return this.#failed(seat);
    if (this.#state[seat] !== LEAVING) this.leaving(seat, at);
    this.#state[seat] = OUT;
    this.#goneAt[seat] = at;
    // An attempt that was never let in may not have reached the server, which then holds on to the one before.
    const before = this.#joinedAt[seat]! < Infinity ? 0 : this.#cleanFrom[seat]!;
    const knows = Math.max(before, knowledge === 'unknown' ? Infinity : at + this.#deadlineUs);
    this.#outFrom[seat] = Math.min(this.#outFrom[seat]!, knows);
    this.#toldBy[seat] = knows;
    this.#endedAt[seat] = knowledge === 'orderly' ? at : Infinity;
    if (knowledge === 'orderly') {
      this.#orderlyEpoch[seat] = this.#epoch[seat]!;
      this.#orderlyFrom[seat] = this.#leavingAt[seat]!;
    }
    this.#wasStay[seat] = this.#joinedAt[seat]! < Infinity ? 1 : 0;
  }

  /** Whether the last connection that ended did so in good order. */
  #isOrderly(seat: number): boolean {
    return this.#endedAt[seat]! < Infinity;
  }

  /** The server told somebody that this user has left, which it can only say of this connection. */
  toldGone(seat: number, at: number): void {
    const state = this.#state[seat];
    if (state !== LEAVING && state !== OUT) return;
    if (this.isClean(seat, this.#leavingAt[seat]!)) this.#outFrom[seat] = Math.min(this.#outFrom[seat]!, at);
  }

  epochOf(seat: number): number {
    return this.#epoch[seat]!;
  }

  /** Whether a user is surely in, since an epoch of it. */
  isIn(seat: number, epoch = this.#epoch[seat]): boolean {
    return this.#state[seat] === IN && this.#epoch[seat] === epoch;
  }

  /** Whether a user left in good order so long after `at`, in that epoch of it, that the server knew it to be in then. */
  outstayed(seat: number, epoch: number, at: number): boolean {
    return this.#orderlyEpoch[seat] === epoch && this.#orderlyFrom[seat]! - at >= SURELY_KNOWN_US;
  }

  /** Whether a user is surely in, and was at `at`. */
  isInSince(seat: number, at: number): boolean {
    return this.#state[seat] === IN && this.#joinedAt[seat]! <= at;
  }

  /** Whether the user tries to get in, or is in. */
  isComing(seat: number): boolean {
    return this.#state[seat] === CONNECTING || this.#state[seat] === IN;
  }

  /** Whether the end of a user's connection has begun, and is not seen to be over. */
  isLeaving(seat: number): boolean {
    return this.#state[seat] === LEAVING;
  }

  /** Whether all ends of connections of this user have been told at `at`. */
  isAllTold(seat: number, at: number): boolean {
    return this.isClean(seat, at) && (this.#state[seat] !== OUT || this.isNew(seat) || this.#toldBy[seat]! <= at);
  }

  /** Whether nothing of an earlier connection can be told any more once the last one has begun to end. */
  isLastEndAlone(seat: number): boolean {
    return !this.isComing(seat) && this.isClean(seat, this.#leavingAt[seat]!);
  }

  /** How long ago the last end in good order was, µs: 0 while it is under way, Infinity where the last end was none. */
  sinceOrderlyEnd(seat: number, at: number): number {
    if (this.#state[seat] === LEAVING) return 0;
    return this.#endedAt[seat]! < Infinity ? at - this.#endedAt[seat]! : Infinity;
  }

  /** Whether the last connection that ended did so in good order, after `receiver` had come. */
  wasSeenLeaving(seat: number, receiver: number): boolean {
    return this.#wasStay[seat] === 1 && this.#isOrderly(seat) && this.#joinedAt[receiver]! <= this.#leavingAt[seat]!;
  }

  /** Whether a user has never tried to get in. */
  isNew(seat: number): boolean {
    return this.#epoch[seat] === 0;
  }

  /** Whether a user is out and the server surely knew at `at`. */
  isOutSince(seat: number, at: number): boolean {
    return !this.isComing(seat) && this.#outFrom[seat]! <= at;
  }

  /** Whether the connection had ended at `at` so that the others are told within the deadline. */
  hasGone(seat: number, at: number): boolean {
    if (this.#state[seat] !== OUT || this.isNew(seat) || this.#goneAt[seat]! > at) return false;
    return this.#toldBy[seat]! < Infinity || this.#outFrom[seat]! <= at;
  }

  /** Whether a user was, for all anybody can say, still in at `at` as the server saw it, and no longer listens. */
  mayLinger(seat: number, at: number): boolean {
    const state = this.#state[seat];
    if (this.mayBeCut(seat, at)) return true;
    return state === LEAVING || (state === OUT && this.#toldBy[seat] === Infinity && this.#outFrom[seat]! > at);
  }

  /** Whether nothing that is told from `at` on can be of an earlier connection. */
  isClean(seat: number, at: number): boolean {
    return this.#cleanFrom[seat]! <= at;
  }

  /** Whether a departure told at `at` may be of an earlier connection that did not end in good order. */
  mayBeCut(seat: number, at: number): boolean {
    return at < this.#cutUntil[seat]!;
  }

  connectingAt(seat: number): number {
    return this.#connectingAt[seat]!;
  }

  joinedAt(seat: number): number {
    return this.#joinedAt[seat]!;
  }

  /**
   * Whether the stay before this connection ended in good order, and so long before that the server cannot have taken
   * this one for the same (P6), and `receiver` was in to be told.
   */
  leftBefore(seat: number, receiver: number): boolean {
    const isSure = this.#wasStay[seat] === 1 && this.#connectingAt[seat]! - this.#endedAt[seat]! >= SURELY_KNOWN_US;
    return isSure && this.isInSince(receiver, this.#leavingAt[seat]!);
  }
}
