import {
  BreachError,
  closeCodeBreach,
  CONTINUES_NOTHING,
  FRAGMENTED_CONTROL,
  HALF_A_CODE,
  isSendable,
  LENGTH_NOT_SHORTEST,
  LONG_CONTROL,
  MASKED_BY_SERVER,
  MESSAGE_WITHIN,
  REASON_NOT_UTF8,
  RESERVED_BIT,
  tooLong,
  tooManyFragments,
  unknownOpcode,
  type Breach,
} from './breaches.ts';
import { textOf } from './text.ts';
import type { Unfinished } from './unfinished.ts';
import { isUtf8 } from './utf8.ts';

/**
 * Frames of a WebSocket as a client reads and writes them (RFC 6455, section 5): pure, over ranges of bytes, for
 * streams that are cut anywhere.
 */

export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;
const CONTINUATION = 0x0;

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASKED = 0x80;
const LENGTH = 0x7f;
const WHOLE_TEXT = FIN | TEXT;
/** The longest a control frame's payload may be. */
const CONTROL_LENGTH = 125;

/** How many frames one message may come in. */
export const MAX_FRAGMENTS = 65_536;
/** Of what one connection keeps, so much is its own, bytes: what is beyond is counted with the others'. */
const FREE = 16_384;

/** Who is told of whole messages and control frames. Bytes are valid during the call only. */
export interface FrameSink {
  /** @param opcode `TEXT`, `BINARY`, `CLOSE`, `PING` or `PONG`; @returns false to read no further */
  frame(opcode: number, bytes: Uint8Array, start: number, end: number): boolean;
}

const NOTHING = new Uint8Array(0);

/**
 * Reads one connection's stream. Whole frames are handed over where they lie; only what a read cuts off is copied, and
 * only fragments are put together.
 */
export class FrameReader {
  readonly #longest: number;
  readonly #unfinished: Unfinished | undefined;
  /** Of the room that all connections share: what this one has taken. */
  #taken = 0;
  /** The beginning of a frame whose rest has not come. */
  #rest: Uint8Array = NOTHING;
  #restLength = 0;
  /** The fragments so far of a message, and its opcode; 0 where none is open. */
  #fragments: Uint8Array = NOTHING;
  #fragmentsLength = 0;
  #fragmentsCount = 0;
  #opcode = 0;

  /** @param longest bytes that a message may have; @param unfinished shared by all connections of a process */
  constructor(longest: number, unfinished?: Unfinished) {
    this.#longest = longest;
    this.#unfinished = unfinished;
  }

  /** The connection is over: what was kept is let go. */
  end(): void {
    this.#rest = this.#fragments = NOTHING;
    this.#restLength = this.#fragmentsLength = 0;
    this.#account();
  }

  #account(): void {
    if (!this.#unfinished) return;
    const taken = Math.max(0, this.#rest.length + this.#fragments.length - FREE);
    const more = taken - this.#taken;
    if (more === 0) return;
    this.#unfinished.take(more);
    this.#taken = taken;
  }

  /**
   * Takes the next bytes of the stream.
   * @throws BreachError where they are no frames that a server may send
   */
  read(bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
    let at = start;
    // What an earlier read cut off is made whole with as few copied bytes as it takes.
    while (this.#restLength > 0 && at < end) {
      const needs = this.#needs();
      const until = Math.min(end, at + needs - this.#restLength);
      this.#keep(bytes, at, until);
      at = until;
      if (this.#restLength < needs) return;
      const taken = this.#frames(this.#rest, 0, this.#restLength, sink);
      if (taken < 0) return;
      if (taken > 0) this.#restLength = 0;
      if (taken > KEPT) {
        this.#rest = NOTHING;
        this.#account();
      }
    }
    if (at === end) return;
    const cut = this.#frames(bytes, at, end, sink);
    if (cut >= 0 && cut < end) this.#keep(bytes, cut, end);
  }

  /** How long the frame that was cut off is, as far as its header is there; else how long its header is. */
  #needs(): number {
    if (this.#restLength < 2) return 2;
    const header = headerOf(this.#rest[1]!);
    const length = this.#rest[1]! & LENGTH;
    if (this.#restLength < header) return header;
    return (
      header + (header === 2 ? length : header === 4 ? (this.#rest[2]! << 8) | this.#rest[3]! : lengthOf(this.#rest, 2))
    );
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#restLength + end - start;
    if (this.#rest.length < length) {
      this.#rest = grown(this.#rest, this.#restLength, length, this.#needs());
      this.#account();
    }
    this.#rest.set(bytes.subarray(start, end), this.#restLength);
    this.#restLength = length;
  }

  /** Hands over the whole frames of a range. @returns where the first that is not whole begins; −1 if told to stop */
  #frames(bytes: Uint8Array, start: number, end: number, sink: FrameSink): number {
    let at = start;
    while (end - at >= 2) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      // Nearly all are whole text messages, of which nothing can be wrong.
      const isPlain = first === WHOLE_TEXT && second < MASKED && this.#opcode === 0;
      const wrong = isPlain ? undefined : breachOf(first, second, this.#opcode);
      if (wrong) throw new BreachError(wrong);
      let length = second & LENGTH;
      let header = 2;
      if (length === 126) {
        if (end - at < 4) break;
        length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
        header = 4;
        if (length < 126) throw new BreachError(LENGTH_NOT_SHORTEST);
      } else if (length === 127) {
        if (end - at < 10) break;
        length = lengthOf(bytes, at + 2);
        header = 10;
        if (length < 65_536) throw new BreachError(LENGTH_NOT_SHORTEST);
      }
      if (length + this.#fragmentsLength > this.#longest && (first & OPCODE) < CLOSE) {
        throw new BreachError(tooLong(this.#longest));
      }
      const payload = at + header;
      if (end - payload < length) break;
      at = payload + length;
      if (!this.#take(first, bytes, payload, at, sink)) return -1;
    }
    return at;
  }

  #take(first: number, bytes: Uint8Array, start: number, end: number, sink: FrameSink): boolean {
    const opcode = first & OPCODE;
    const whole = (first & FIN) !== 0;
    const wrong = opcode === CLOSE ? closeBreach(bytes, start, end) : undefined;
    if (wrong) throw new BreachError(wrong);
    if (opcode >= CLOSE || (whole && opcode !== CONTINUATION)) return sink.frame(opcode, bytes, start, end);
    if (++this.#fragmentsCount > MAX_FRAGMENTS) throw new BreachError(tooManyFragments(MAX_FRAGMENTS));
    const length = this.#fragmentsLength + end - start;
    if (this.#fragments.length < length) {
      this.#fragments = grown(this.#fragments, this.#fragmentsLength, length);
      this.#account();
    }
    this.#fragments.set(bytes.subarray(start, end), this.#fragmentsLength);
    this.#fragmentsLength = length;
    if (opcode !== CONTINUATION) this.#opcode = opcode;
    if (!whole) return true;
    const message = this.#fragments;
    const of = this.#opcode;
    this.#fragments = NOTHING;
    this.#fragmentsLength = 0;
    this.#fragmentsCount = 0;
    this.#opcode = 0;
    this.#account();
    return sink.frame(of, message, 0, length);
  }
}

/** How long a frame's header is by its second byte, without a mask. */
export function headerOf(second: number): number {
  const length = second & LENGTH;
  return length === 126 ? 4 : length === 127 ? 10 : 2;
}

/** A buffer for `length` bytes with the same beginning: twice as long, so that it seldom grows, if so much may come. */
function grown(buffer: Uint8Array, used: number, length: number, most = Infinity): Uint8Array {
  const twice = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
  const longer = new Uint8Array(most > 256 ? Math.max(length, Math.min(twice, most)) : twice);
  longer.set(buffer.subarray(0, used));
  return longer;
}

/**
 * What the first two bytes of a frame of a server's tell is wrong with it: the rest may be long in coming.
 * @param open the opcode of the message of which fragments have come; 0 where none is open
 */
export function breachOf(first: number, second: number, open: number): Breach | undefined {
  if ((first & RESERVED) !== 0) return RESERVED_BIT;
  const wrong = breachOfAnybody(first, second, open);
  return wrong ?? ((second & MASKED) === 0 ? undefined : MASKED_BY_SERVER);
}

/** The same of either side's, but for masks and reserved bits. */
export function breachOfAnybody(first: number, second: number, open: number): Breach | undefined {
  const opcode = first & OPCODE;
  if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return unknownOpcode(opcode);
  if (opcode >= CLOSE) {
    const length = second & LENGTH;
    if ((first & FIN) === 0) return FRAGMENTED_CONTROL;
    if (length > CONTROL_LENGTH) return LONG_CONTROL;
    if (opcode === CLOSE && length === 1) return HALF_A_CODE;
  } else {
    if (opcode === CONTINUATION && open === 0) return CONTINUES_NOTHING;
    if (opcode !== CONTINUATION && open !== 0) return MESSAGE_WITHIN;
  }
  return undefined;
}

/** What a close frame says (section 5.5.1). 1005 where it says nothing. */
export function closeIn(bytes: Uint8Array, start: number, end: number): { code: number; reason: string } {
  const code = end - start >= 2 ? (bytes[start]! << 8) | bytes[start + 1]! : 1005;
  return { code, reason: textOf(bytes, Math.min(start + 2, end), end) };
}

/** What no close frame may say. */
export function closeBreach(bytes: Uint8Array, start: number, end: number): Breach | undefined {
  if (end - start < 2) return undefined;
  const { code } = closeIn(bytes, start, end);
  if (!isSendable(code)) return closeCodeBreach(code);
  return isUtf8(bytes, start + 2, end) ? undefined : REASON_NOT_UTF8;
}

/** Bytes that a connection may keep for its next cut frame. */
const KEPT = 4096;

/** A 64-bit length; beyond 2⁵³ no number is right, and no message is that long. */
function lengthOf(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 0; i < 8; i++) length = length * 256 + bytes[at + i]!;
  return length;
}

/**
 * Writes a masked frame, as a client must (section 5.3), over a payload that already lies behind its header.
 * @param bytes room for a header of {@link HEADER} bytes, then the payload of `length` bytes
 * @param mask 32 random bits
 * @returns where the frame begins in `bytes`
 */
export function maskFrame(bytes: Uint8Array, length: number, opcode: number, mask: number): number {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = HEADER - 6 - extended;
  bytes[start] = FIN | opcode;
  bytes[start + 1] = MASKED | (extended === 0 ? length : extended === 2 ? 126 : 127);
  for (let i = 0, left = length; i < extended; i++, left = Math.floor(left / 256)) {
    bytes[start + 1 + extended - i] = left % 256;
  }
  const at = HEADER - 4;
  bytes[at] = mask >>> 24;
  bytes[at + 1] = mask >>> 16;
  bytes[at + 2] = mask >>> 8;
  bytes[at + 3] = mask;
  for (let i = 0; i < length; i++) bytes[HEADER + i]! ^= bytes[at + (i & 3)]!;
  return start;
}

/** The longest header of a client's frame: two bytes, a 64-bit length, the mask. */
export const HEADER = 14;
