import type { Recorder } from '../core/recorder.ts';
import { NONE, type Flight } from './flight.ts';

/** A silence worth telling, µs. */
const STALL_US = 250_000;

/** Tells when nothing was delivered to anybody although changes were on their way all the time. */
export class Stalls {
  readonly #recorder: Recorder;
  readonly #flight: Flight;
  /** Users who are in. */
  readonly #present: () => number;
  /** When a change was last received, µs. */
  lastReceipt = 0;

  constructor(recorder: Recorder, flight: Flight, present: () => number) {
    this.#recorder = recorder;
    this.#flight = flight;
    this.#present = present;
  }

  received(at: number): void {
    if (at - this.lastReceipt > STALL_US) this.#tell(at);
    this.lastReceipt = at;
  }

  #tell(at: number): void {
    const flight = this.#flight;
    let oldest = flight.oldest();
    while (oldest !== NONE && flight.left[oldest] === 0) oldest = flight.younger(oldest);
    if (oldest === NONE) return;
    const since = Math.max(this.lastReceipt, flight.sent[oldest]!);
    if (at - since <= STALL_US) return;
    const seconds = ((at - since) / 1e6).toFixed(2);
    this.#recorder.event({
      at_ms: since / 1000,
      kind: 'stall',
      text: `nothing delivered to any of ${this.#present()} users for ${seconds} s`,
    });
  }
}
