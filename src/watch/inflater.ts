import { constants, inflateRawSync } from 'node:zlib';

/** What a message's compressed data lacks at its end (RFC 7692, section 7.2.2). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** How far back compressed data may refer, at most. */
const WINDOW = 32_768;

/**
 * Decompresses the messages of one direction (permessage-deflate, RFC 7692). Each may refer to what came before it, so
 * that once one could not be had, none that follows can.
 */
export class Inflater {
  readonly #longest: number;
  readonly #keepsContext: boolean;
  #window: Buffer = Buffer.alloc(0);
  #isLost = false;

  /** @param longest bytes that a decompressed message may have */
  constructor(longest: number, keepsContext: boolean) {
    this.#longest = longest;
    this.#keepsContext = keepsContext;
  }

  /** A message could not be kept whole: what refers to it is lost. */
  skip(): void {
    this.#isLost = this.#keepsContext;
  }

  /** @returns the message; undefined where it cannot be had */
  inflate(data: Buffer): Buffer | undefined {
    if (this.#isLost) return undefined;
    try {
      const whole = inflateRawSync(Buffer.concat([data, TAIL]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: this.#longest,
        ...(this.#window.length > 0 && { dictionary: this.#window }),
      });
      if (this.#keepsContext) this.#window = Buffer.from(Buffer.concat([this.#window, whole]).subarray(-WINDOW));
      return whole;
    } catch {
      this.skip();
      return undefined;
    }
  }
}
