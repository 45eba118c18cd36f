import type { Recorder } from '../core/recorder.ts';

/** Where a user is, as far as availability goes. */
export const ABSENT = 0;
export const WANTED = 1;
export const PRESENT = 2;

/**
 * Joined and planned time of each user, from its planned join to the end of the window. Time that a scenario has it
 * spend away is neither.
 */
export class Attendance {
  readonly #recorder: Recorder;
  readonly #state: Uint8Array;
  readonly #since: Float64Array;
  #end: number;
  #present = 0;

  /** @param end of the measured window, µs */
  constructor(seats: number, recorder: Recorder, end: number) {
    this.#recorder = recorder;
    this.#state = new Uint8Array(seats);
    this.#since = new Float64Array(seats);
    this.#end = end;
  }

  get present(): number {
    return this.#present;
  }

  endWindow(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  set(seat: number, state: number, now: number): void {
    this.#account(seat, now);
    if (this.#state[seat] === PRESENT) this.#present--;
    if (state === PRESENT) this.#present++;
    this.#state[seat] = state;
  }

  /** Brings all users' books up to now: before each interval's record. */
  settle(now: number): void {
    for (let seat = 0; seat < this.#state.length; seat++) this.#account(seat, now);
  }

  #account(seat: number, now: number): void {
    const until = Math.min(now, this.#end);
    const ms = Math.max(0, until - this.#since[seat]!) / 1000;
    this.#since[seat] = Math.max(until, this.#since[seat]!);
    if (this.#state[seat] !== ABSENT) this.#recorder.presence(this.#state[seat] === PRESENT ? ms : 0, ms);
  }
}
