import { TREND, type Recorder } from '../core/recorder.ts';

/** How long users wait for a state, and how long those who were thrown out take to be back as they were. */
export class Recoveries {
  readonly #recorder: Recorder;
  /** Since when a state is awaited, and since when the user is thrown out, µs; 0 for neither. */
  readonly #syncingSince: Float64Array;
  readonly #outSince: Float64Array;
  /** Whether this server gives states at all: without, being joined again is all there is to wait for. */
  statesCome = false;

  constructor(seats: number, recorder: Recorder) {
    this.#recorder = recorder;
    this.#syncingSince = new Float64Array(seats);
    this.#outSince = new Float64Array(seats);
  }

  entered(seat: number, at: number): void {
    this.#syncingSince[seat] = at;
    if (!this.statesCome) this.#recovered(seat, at);
  }

  /** Asked for the state in mid-session. */
  asks(seat: number, at: number): void {
    if (this.#syncingSince[seat] === 0) this.#syncingSince[seat] = at;
  }

  state(seat: number, at: number): void {
    this.statesCome = true;
    const since = this.#syncingSince[seat]!;
    if (since === 0) return;
    this.#recorder.measure(this.#recorder.stageOf(since), TREND.sync_time, at - since);
    this.#syncingSince[seat] = 0;
    this.#recovered(seat, at);
  }

  leaving(seat: number): void {
    this.#syncingSince[seat] = 0;
  }

  thrownOut(seat: number, at: number): void {
    this.#outSince[seat] = at;
  }

  /** The run is over: whoever has been out for longer than the deadline and is not back counts as never. */
  end(now: number, deadlineUs: number): void {
    for (const since of this.#outSince) {
      if (since === 0 || now - since < deadlineUs) continue;
      this.#recorder.missing(this.#recorder.stageOf(since), TREND.recovery_time, 1);
    }
  }

  #recovered(seat: number, at: number): void {
    const since = this.#outSince[seat]!;
    if (since === 0) return;
    this.#recorder.measure(this.#recorder.stageOf(since), TREND.recovery_time, at - since);
    this.#outSince[seat] = 0;
  }
}
