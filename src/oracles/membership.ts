/** Copies of one user's joining that are remembered: those of many seconds. */
const MAX_POSSIBLE = 10_000;

/**
 * Who is surely in a session, in the order in which this process saw joins and sends. A user is a seat: session ×
 * users + user, within this process.
 */
export class Membership {
  readonly #users: number;
  /** Place of the join in the order of joins and sends; 0 for nobody who is in. */
  readonly #order: Float64Array;
  readonly #joinedAt: Float64Array;
  readonly #in: Uint32Array;
  readonly #sends: Float64Array;
  /** Sends of the session when the user began to connect, less those that were then on their way. */
  readonly #sendsBefore: Float64Array;
  /** Copies that may yet come to a user who joined while they were sent. */
  readonly #doubts: Uint32Array;
  /** Copies that came to a user without having to, in its present stay. */
  readonly #possible = new Map<number, Set<number>>();
  #clock = 0;

  constructor(sessions: number, users: number) {
    this.#users = users;
    this.#order = new Float64Array(sessions * users);
    this.#joinedAt = new Float64Array(sessions * users);
    this.#sendsBefore = new Float64Array(sessions * users);
    this.#doubts = new Uint32Array(sessions * users);
    this.#in = new Uint32Array(sessions);
    this.#sends = new Float64Array(sessions);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  /** @param flights changes of the session that are on their way */
  connecting(seat: number, flights: number): void {
    this.#possible.delete(seat);
    this.#sendsBefore[seat] = this.#sends[this.#sessionOf(seat)]! - flights;
  }

  /** @returns how many changes were sent while the user was joining: copies that may come, or not */
  join(seat: number, at: number): number {
    const session = this.#sessionOf(seat);
    if (this.#order[seat] === 0) this.#in[session]!++;
    this.#order[seat] = ++this.#clock;
    this.#joinedAt[seat] = at;
    return (this.#doubts[seat] = this.#sends[session]! - this.#sendsBefore[seat]!);
  }

  leave(seat: number): void {
    if (this.#order[seat] === 0) return;
    this.#order[seat] = 0;
    this.#in[this.#sessionOf(seat)]!--;
  }

  /** Notes a send; @returns its place in the order. */
  send(session: number): number {
    this.#sends[session]!++;
    return ++this.#clock;
  }

  /** One more copy that may yet come, or not. */
  doubt(seat: number): void {
    this.#doubts[seat]!++;
  }

  /** A copy that might have come has come. @returns whether it was one of those counted at the join */
  settleDoubt(seat: number): boolean {
    if (this.#doubts[seat] === 0) return false;
    this.#doubts[seat]!--;
    return true;
  }

  /** What was sent while a user joined is in the state that it was given, or has to come. @returns how many copies */
  clearDoubts(seat: number): number {
    const doubts = this.#doubts[seat]!;
    this.#doubts[seat] = 0;
    return doubts;
  }

  /**
   * Notes a copy that came without having to.
   * @returns false where this receiver had it before, in this stay
   */
  firstPossible(seat: number, sender: number, seq: number): boolean {
    const had = this.#possible.get(seat) ?? new Set<number>();
    this.#possible.set(seat, had);
    const copy = sender * 2 ** 32 + seq;
    if (had.has(copy)) return false;
    if (had.size < MAX_POSSIBLE) had.add(copy);
    return true;
  }

  /** Sends of a session so far. */
  sendsIn(session: number): number {
    return this.#sends[session]!;
  }

  isIn(seat: number): boolean {
    return this.#order[seat] !== 0;
  }

  orderOf(seat: number): number {
    return this.#order[seat]!;
  }

  /** µs of the run's clock. */
  joinedAt(seat: number): number {
    return this.#joinedAt[seat]!;
  }

  /** Users who are in, over all sessions. */
  get total(): number {
    return this.#in.reduce((sum, count) => sum + count, 0);
  }

  othersIn(session: number, seat: number): number {
    return this.#in[session]! - (this.isIn(seat) ? 1 : 0);
  }
}
