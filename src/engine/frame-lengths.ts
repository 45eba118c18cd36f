import { BreachError, LENGTH_NOT_SHORTEST, type Breach } from '../core/breaches.ts';
import { breachOf, CLOSE, headerOf } from '../core/frames.ts';
import type { Unfinished } from '../core/unfinished.ts';

const FIN = 0x80;
const OPCODE = 0x0f;
const LENGTH = 0x7f;
/** A header's most, as a server sends it: two bytes and a 64-bit length. */
const HEADER = 10;
/** What one connection may keep that is not counted with the others', bytes: what the library reads at once. */
const FREE = 65_536;

/**
 * Follows the headers of a server's frames beside a reader that takes every length: names those that are not written in
 * the shortest way, and counts what waits for the end of its message.
 */
export class FrameLengths {
  readonly #unfinished: Unfinished;
  readonly #header = new Uint8Array(HEADER);
  #headerLength = 0;
  /** What is yet to come of the frame at hand. */
  #left = 0;
  /** The opcode of the message that is open, and the bytes of it so far. */
  #open = 0;
  #held = 0;
  #taken = 0;
  #isOver = false;

  constructor(unfinished: Unfinished) {
    this.#unfinished = unfinished;
  }

  /** The connection is over: nothing is kept of it. */
  end(): void {
    this.#isOver = true;
    this.#held = 0;
    this.#account();
  }

  /** @returns how much of what came lies before what is wrong with it, and what that is; all where nothing is */
  read(chunk: Uint8Array): { until: number; breach?: Breach } {
    let until = 0;
    for (let at = 0; at < chunk.length && !this.#isOver;) {
      if (this.#left > 0) at = this.#payload(at, chunk.length);
      else {
        this.#header[this.#headerLength++] = chunk[at++]!;
        if (this.#headerLength < this.#needs()) continue;
        if (!this.#begins()) return { until, breach: LENGTH_NOT_SHORTEST };
      }
      if (this.#left === 0 && this.#headerLength > 0) {
        this.#ends();
        until = at;
      }
    }
    try {
      this.#account();
    } catch (error) {
      if (!(error instanceof BreachError)) throw error;
      return { until, breach: error.breach };
    }
    return { until: chunk.length };
  }

  #needs(): number {
    return this.#headerLength < 2 ? 2 : headerOf(this.#header[1]!);
  }

  /** The header is there. @returns whether its length is written as it must be */
  #begins(): boolean {
    const [first, second] = this.#header as unknown as [number, number];
    // What else is wrong is for the reader to tell.
    if (breachOf(first, second, this.#open)) {
      this.#isOver = true;
      return true;
    }
    const extended = this.#headerLength - 2;
    this.#left = second & LENGTH;
    if (extended > 0) this.#left = this.#header.subarray(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, 0);
    return extended === 0 || this.#left >= (extended === 2 ? 126 : 65_536);
  }

  #payload(at: number, end: number): number {
    const bytes = Math.min(this.#left, end - at);
    this.#left -= bytes;
    if ((this.#header[0]! & OPCODE) < CLOSE) this.#held += bytes;
    return at + bytes;
  }

  /** The frame is whole. */
  #ends(): void {
    const first = this.#header[0]!;
    const opcode = first & OPCODE;
    this.#headerLength = 0;
    // After a close frame comes nothing that is looked at.
    if (opcode === CLOSE) this.#isOver = true;
    if (opcode >= CLOSE) return;
    if ((first & FIN) !== 0) this.#open = this.#held = 0;
    else if (opcode !== 0) this.#open = opcode;
  }

  #account(): void {
    const taken = Math.max(0, this.#held - FREE);
    this.#unfinished.take(taken - this.#taken);
    this.#taken = taken;
  }
}
