import type { Ending } from './ports.ts';

/** What the rest of the engine hears of a user's life. */
export interface LifeEvents {
  connecting(seat: number, at: number): void;
  /** Its connection is open; it has joined `nth` times before. */
  greets(seat: number, nth: number, at: number): void;
  entered(seat: number, nth: number, at: number): void;
  /** A close has begun: ours, the server's or a cut. */
  leaving(seat: number, at: number): void;
  /** Thrown out, or cut by the scenario: it wants to be back. */
  thrownOut(seat: number, at: number): void;
  /** Its connection, joined or not, has ended. */
  gone(seat: number, ending: Ending, at: number): void;
  /** Everybody has left for good. */
  empty(): void;
}
