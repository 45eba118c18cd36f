import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';

/**
 * Pings and pongs of all users. A ping is answered or missed before the next one is due, so one place a user will do;
 * a pong that nobody waits for any more is counted by nobody.
 */
export class Heartbeats {
  readonly #recorder: Recorder;
  /** When the unanswered ping was due and sent, µs; 0 for none. */
  readonly #due: Float64Array;
  readonly #sent: Float64Array;

  constructor(seats: number, recorder: Recorder) {
    this.#recorder = recorder;
    this.#due = new Float64Array(seats);
    this.#sent = new Float64Array(seats);
  }

  isWaiting(seat: number): boolean {
    return this.#sent[seat] !== 0;
  }

  pinged(seat: number, due: number, sent: number): void {
    this.#due[seat] = due;
    this.#sent[seat] = Math.max(sent, 1);
  }

  /** @returns whether a ping was waiting for it */
  pong(seat: number, at: number): boolean {
    if (this.#sent[seat] === 0) return false;
    const stage = this.#recorder.stageOf(this.#due[seat]!);
    this.#recorder.count(stage, COUNTER.heartbeats, 1);
    this.#recorder.measure(stage, TREND.heartbeat_rtt, at - this.#sent[seat]!);
    this.#sent[seat] = 0;
    return true;
  }

  /** The pong did not come in time. */
  missed(seat: number): void {
    const stage = this.#recorder.stageOf(this.#due[seat]!);
    this.#recorder.count(stage, COUNTER.heartbeats, 1);
    this.#recorder.count(stage, COUNTER.heartbeats_missed, 1);
    this.#recorder.missing(stage, TREND.heartbeat_rtt, 1);
    this.#sent[seat] = 0;
  }

  /** The connection has ended: a ping that waits is neither answered nor missed. */
  forget(seat: number): void {
    this.#sent[seat] = 0;
  }
}
