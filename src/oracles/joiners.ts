import type { Documents } from './documents.ts';
import { NONE, type Flight } from './flight.ts';
import type { Membership } from './membership.ts';

/** A join is over so long after its acknowledgement: what was sent before it has come, or is missing, µs. */
const SETTLED_US = 2_000_000;

/** Bounds what one tick costs, after many have joined at once. */
const LOOKS_PER_TICK = 50_000;

const SETTLED = 0;
const CONNECTING = -1;

/**
 * Users who are just joining. A change that everybody else has may still be on its way to them, so it is kept as long
 * as somebody of its session joins. Where the server gives versions, every change past a joiner's snapshot must come.
 */
export class Joiners {
  readonly #users: number;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #documents: Documents;
  /** When a user was acknowledged, µs, −1 while it connects, 0 once it has settled in. */
  readonly #since: Float64Array;
  readonly #joining: Uint32Array;
  readonly #holding: Uint8Array;
  /** Copies that joiners wait for. */
  awaited = 0;

  constructor(sessions: number, users: number, flight: Flight, members: Membership, documents: Documents) {
    this.#users = users;
    this.#flight = flight;
    this.#members = members;
    this.#documents = documents;
    this.#since = new Float64Array(sessions * users);
    this.#joining = new Uint32Array(sessions);
    this.#holding = new Uint8Array(sessions);
  }

  connecting(seat: number): void {
    if (this.#since[seat] === SETTLED) this.#joining[this.#sessionOf(seat)]!++;
    this.#since[seat] = CONNECTING;
  }

  joined(seat: number, at: number): void {
    if (this.#since[seat] === SETTLED) this.#joining[this.#sessionOf(seat)]!++;
    this.#since[seat] = at;
  }

  left(seat: number): void {
    if (this.#since[seat] === SETTLED) return;
    this.#since[seat] = SETTLED;
    this.#joining[this.#sessionOf(seat)]!--;
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  /** Whether a change that nobody has to get any more is to be kept for those who join; remembers that it is. */
  keeps(session: number): boolean {
    if (this.#joining[session] === 0) return false;
    this.#holding[session] = 1;
    return true;
  }

  /** Whether a user who joined after the send lacks a change that its snapshot did not hold either. */
  lacks(entry: number, seat: number): boolean {
    const flight = this.#flight;
    if (!this.#members.isIn(seat) || this.#members.orderOf(seat) <= flight.order[entry]!) return false;
    if (seat === flight.sender[entry] || flight.has(entry, seat % this.#users)) return false;
    const base = this.#documents.baseOf(seat);
    return base >= 0 && flight.version[entry]! > base;
  }

  /** To be called about once a second: lets go of what no joiner waits for. */
  tick(now: number): void {
    this.awaited = 0;
    for (let seat = 0; seat < this.#since.length; seat++) {
      const since = this.#since[seat]!;
      if (since === SETTLED || since === CONNECTING) continue;
      if (now - since > SETTLED_US) this.left(seat);
      else this.awaited++;
    }
    let looks = LOOKS_PER_TICK;
    for (let session = 0; session < this.#holding.length; session++) {
      if (this.#holding[session] === 0 || this.#joining[session]! > 0) continue;
      if (looks > 0) looks -= this.#sweep(session);
      else this.awaited++;
    }
  }

  /** @returns how much was looked at */
  #sweep(session: number): number {
    let isHolding = false;
    let looks = 0;
    let next = NONE;
    for (let entry = this.#flight.first(session); entry !== NONE; entry = next) {
      next = this.#flight.next(entry);
      if (this.#flight.left[entry]! > 0 || this.#documents.isAwaited(entry)) continue;
      const isOrdered = this.#flight.version[entry]! > 0;
      const lacking = isOrdered ? this.#lacking(entry, session) : 0;
      looks += isOrdered ? this.#users : 1;
      this.awaited += lacking;
      if (lacking > 0) {
        isHolding = true;
        continue;
      }
      this.#documents.over(entry);
      this.#flight.remove(entry);
    }
    if (!isHolding) this.#holding[session] = 0;
    return looks;
  }

  #lacking(entry: number, session: number): number {
    let lacking = 0;
    for (let seat = session * this.#users; seat < (session + 1) * this.#users; seat++) {
      if (this.lacks(entry, seat)) lacking++;
    }
    return lacking;
  }
}
