import type { Recorder } from '../core/recorder.ts';
import { DOUBTFUL, NONE, type Flight } from './flight.ts';

/** A silence worth telling, µs. */
const STALL_US = 250_000;
/** How long after the end of a silence what had waited in it is looked for, µs. */
const AFTERMATH_US = 1_000_000;

/**
 * Tells when nothing was delivered to anybody although changes were on their way.
 *
 * A silence alone says nothing: in a quiet plan there is one between any two changes. It was a stall where changes that
 * had reached nobody come together though they were sent over more than {@link STALL_US}: they have waited for each
 * other. It is as long as the oldest of them had waited in that silence. A server that is slow, but all the time, keeps
 * the distances between changes; a copy that is lost, or late by itself, is of a change that others have. So the
 * quieter the plan, the longer a silence has to be to mean anything.
 *
 * Cost: one comparison a copy.
 */
export class Stalls {
  readonly #recorder: Recorder;
  readonly #flight: Flight;
  /** Users who are in. */
  readonly #present: () => number;
  readonly #deadlineUs: number;
  /** When a change was last received, µs. */
  lastReceipt = 0;
  /** The last silence, µs; and when the oldest change was sent that has come since. */
  #from = 0;
  #to = 0;
  #oldest = Infinity;
  /** Whether it may yet turn out to have been a stall. */
  #isOpen = false;
  /** Whether the silence that lasts has been told. */
  #isTold = false;

  constructor(recorder: Recorder, flight: Flight, deadline_us: number, present: () => number) {
    this.#recorder = recorder;
    this.#flight = flight;
    this.#deadlineUs = deadline_us;
    this.#present = present;
  }

  /** Something came to somebody. */
  received(at: number): void {
    if (at - this.lastReceipt > STALL_US) {
      this.#from = this.lastReceipt;
      this.#to = at;
      this.#oldest = Infinity;
      this.#isOpen = true;
      this.#isTold = false;
    }
    this.lastReceipt = at;
  }

  /** A change that was sent at `sent` has come to the first of those who must have it. */
  reached(sent: number, at: number): void {
    if (!this.#isOpen) return;
    if (at - this.#to > AFTERMATH_US) {
      this.#isOpen = false;
      return;
    }
    if (sent < this.#oldest) this.#oldest = sent;
    const since = Math.max(this.#from, this.#oldest);
    // Between them passed more time as they were sent than as they came.
    if (sent - since - (at - this.#to) < STALL_US || this.#to - since < STALL_US) return;
    this.#isOpen = false;
    this.#tell(since, this.#to, '');
  }

  /** To be called about once a second, before what is past its deadline is given up: a stall need not end. */
  tick(now: number): void {
    if (this.#isTold || now - this.lastReceipt < this.#deadlineUs) return;
    const flight = this.#flight;
    let oldest = NONE;
    for (let entry = flight.oldest(); entry !== NONE; entry = flight.younger(entry)) {
      const isWaiting = flight.left[entry]! > 0 && flight.left[entry] === flight.must[entry];
      const isTaken = (flight.flags[entry]! & DOUBTFUL) === 0;
      if (!isWaiting || !isTaken || flight.sent[entry]! < this.lastReceipt) continue;
      if (oldest === NONE) oldest = entry;
      if (now - flight.sent[oldest]! < this.#deadlineUs) return;
      if (flight.sent[entry]! - flight.sent[oldest]! < STALL_US) continue;
      this.#isTold = true;
      return this.#tell(flight.sent[oldest]!, now, ', and nothing is yet');
    }
  }

  #tell(since: number, until: number, rest: string): void {
    const seconds = ((until - since) / 1e6).toFixed(2);
    this.#recorder.event({
      at_ms: since / 1000,
      kind: 'stall',
      text: `nothing delivered to any of ${this.#present()} users for ${seconds} s${rest}`,
    });
  }
}
