import { LENGTH_NOT_SHORTEST, MASKED_BY_SERVER, MASKLESS, RESERVED_BIT, type Breach } from '../core/breaches.ts';
import { BINARY, breachOfAnybody, CLOSE, closeBreach, headerOf, PING, PONG, TEXT } from '../core/frames.ts';
import type { Inflater } from './inflater.ts';

const CONTINUATION = 0x0;
const FIN = 0x80;
const RSV1 = 0x40;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASKED = 0x80;
const LENGTH = 0x7f;
const CONTROL_LENGTH = 125;
/** A header's most: two bytes, a 64-bit length, a mask. */
const HEADER = 14;

/** Bytes of a message that are kept to be looked at: four times of what a server has to take (P4). */
export const KEPT = 4 * 1024 * 1024;
/** Room for a message: what there is at first, and what is kept between messages. */
const LEAST = 1024;
const SPARED = 65_536;

/** A message or control frame, as it passed by. */
export interface Passed {
  opcode: number;
  /** Unmasked and decompressed; the beginning where it is cut. Valid during the call only. */
  payload: Buffer;
  /** Length of the whole of it, as it passed. */
  bytes: number;
  fragments: number;
  compressed: boolean;
  /** Whether `payload` is not all of it, or could not be decompressed. */
  cut: boolean;
}

export interface TapSink {
  passed(message: Passed): void;
  /** The bytes are no frames that this peer may send; but for a close frame, nothing of them is looked at any more. */
  broken(breach: Breach): void;
}

/** Looks at one direction of a WebSocket's bytes, which are cut anywhere, without holding them up. */
export class FrameTap {
  readonly #fromClient: boolean;
  readonly #inflater: Inflater | undefined;
  readonly #sink: TapSink;
  readonly #header = Buffer.alloc(HEADER);
  #headerLength = 0;
  /** Of the frame whose payload passes: how much is yet to come, and how much has. */
  #left = 0;
  #seen = 0;
  #first = 0;
  readonly #control = Buffer.alloc(CONTROL_LENGTH);
  /** Of the message that is open; opcode 0 where none is. */
  #opcode = 0;
  #message = Buffer.alloc(LEAST);
  #kept = 0;
  #bytes = 0;
  #fragments = 0;
  #compressed = false;
  #isBroken = false;

  /** @param inflater where compression was negotiated */
  constructor(fromClient: boolean, sink: TapSink, inflater?: Inflater) {
    this.#fromClient = fromClient;
    this.#sink = sink;
    this.#inflater = inflater;
  }

  /** Whether a frame could begin here. */
  get isBetweenFrames(): boolean {
    return !this.#isBroken && this.#headerLength === 0;
  }

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#isBroken;) {
      if (this.#left === 0) at = this.#readHeader(chunk, at);
      else at = this.#readPayload(chunk, at);
    }
  }

  #readHeader(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      this.#header[this.#headerLength++] = chunk[at++]!;
      if (this.#headerLength === 2 && !this.#isSound()) return at;
      if (this.#headerLength < this.#headerNeeds()) continue;
      this.#left = this.#payloadLength();
      if (!this.#isShortest()) {
        this.#break(LENGTH_NOT_SHORTEST);
        return at;
      }
      this.#seen = 0;
      this.#first = this.#header[0]!;
      if ((this.#first & OPCODE) < CLOSE) this.#beginData();
      if (this.#left === 0) this.#endFrame();
      return at;
    }
    return at;
  }

  #headerNeeds(): number {
    if (this.#headerLength < 2) return 2;
    return headerOf(this.#header[1]!) + ((this.#header[1]! & MASKED) === 0 ? 0 : 4);
  }

  #payloadLength(): number {
    const length = this.#header[1]! & LENGTH;
    if (length === 126) return this.#header.readUInt16BE(2);
    return length === 127 ? Number(this.#header.readBigUInt64BE(2)) : length;
  }

  /** What two bytes tell is told by two bytes. */
  #isSound(): boolean {
    const first = this.#header[0]!;
    const second = this.#header[1]!;
    const wrong = this.#wrong(first, second);
    if (wrong) this.#break(wrong);
    return wrong === undefined;
  }

  #break(breach: Breach): void {
    this.#isBroken = true;
    this.#sink.broken(breach);
  }

  #isShortest(): boolean {
    const length = this.#header[1]! & LENGTH;
    return this.#left >= (length === 127 ? 65_536 : length === 126 ? 126 : 0);
  }

  #wrong(first: number, second: number): Breach | undefined {
    const opcode = first & OPCODE;
    const isCompressed = (first & RESERVED) === RSV1 && this.#inflater && (opcode === TEXT || opcode === BINARY);
    if ((first & RESERVED) !== 0 && !isCompressed) return RESERVED_BIT;
    const wrong = breachOfAnybody(first, second, this.#opcode);
    if (wrong) return wrong;
    if (((second & MASKED) !== 0) === this.#fromClient) return undefined;
    return this.#fromClient ? MASKLESS : MASKED_BY_SERVER;
  }

  #beginData(): void {
    this.#fragments++;
    if ((this.#first & OPCODE) === CONTINUATION) return;
    this.#opcode = this.#first & OPCODE;
    this.#compressed = (this.#first & RSV1) !== 0;
  }

  #readPayload(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#left);
    const isControl = (this.#first & OPCODE) >= CLOSE;
    if (isControl) this.#copy(chunk, start, end, this.#control, this.#seen);
    else {
      const until = Math.min(end, start + KEPT - this.#kept);
      this.#makeRoom(this.#kept + until - start);
      this.#copy(chunk, start, until, this.#message, this.#kept);
      this.#kept += until - start;
    }
    this.#seen += end - start;
    this.#left -= end - start;
    if (!isControl) this.#bytes += end - start;
    if (this.#left === 0) this.#endFrame();
    return end;
  }

  #copy(chunk: Buffer, start: number, end: number, into: Buffer, at: number): void {
    chunk.copy(into, at, start, end);
    if (!this.#fromClient) return;
    const mask = this.#headerLength - 4;
    for (let i = 0; i < end - start; i++) into[at + i]! ^= this.#header[mask + ((this.#seen + i) & 3)]!;
  }

  #makeRoom(length: number): void {
    if (this.#message.length >= length) return;
    const grown = Buffer.alloc(Math.min(KEPT, 2 ** Math.ceil(Math.log2(length))));
    this.#message.copy(grown, 0, 0, this.#kept);
    this.#message = grown;
  }

  #endFrame(): void {
    const opcode = this.#first & OPCODE;
    this.#headerLength = 0;
    if (opcode >= CLOSE) {
      const payload = this.#control.subarray(0, this.#seen);
      const wrong = opcode === CLOSE ? closeBreach(payload, 0, payload.length) : undefined;
      if (wrong) this.#break(wrong);
      return this.#sink.passed({
        opcode,
        payload,
        bytes: payload.length,
        fragments: 1,
        compressed: false,
        cut: false,
      });
    }
    if ((this.#first & FIN) !== 0) this.#endMessage();
    return undefined;
  }

  #endMessage(): void {
    const kept = this.#message.subarray(0, this.#kept);
    const isWhole = this.#kept === this.#bytes;
    const message = {
      opcode: this.#opcode,
      bytes: this.#bytes,
      fragments: this.#fragments,
      compressed: this.#compressed,
    };
    const inflated = this.#compressed && isWhole ? this.#inflater!.inflate(kept) : undefined;
    if (this.#compressed && !isWhole) this.#inflater!.skip();
    const cut = this.#compressed ? inflated === undefined : !isWhole;
    this.#opcode = this.#kept = this.#bytes = this.#fragments = 0;
    if (this.#message.length > SPARED) this.#message = Buffer.alloc(LEAST);
    this.#sink.passed({ ...message, payload: inflated ?? kept, cut });
  }
}

/** What kind of message an opcode is, as a person and a recording call it. */
export const KINDS: Readonly<Record<number, 'text' | 'binary' | 'ping' | 'pong' | 'close'>> = {
  [TEXT]: 'text',
  [BINARY]: 'binary',
  [PING]: 'ping',
  [PONG]: 'pong',
  [CLOSE]: 'close',
};
