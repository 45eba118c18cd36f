import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  BreachError,
  breachWords,
  RESERVED_BIT,
  TEXT_NOT_UTF8,
  tooMuchUnread,
  unansweredPings,
  type Breach,
} from '../core/breaches.ts';
import { BINARY, CLOSE, closeIn, FrameReader, HEADER, maskFrame, PING, PONG, TEXT } from '../core/frames.ts';
import { isUtf8 } from '../core/utf8.ts';
import { MAX_UNANSWERED, Pongs } from '../engine/pongs.ts';
import { scanTypeName } from '../protocol/scan.ts';
import type { Passed } from './open.ts';

/** What came on the wire, and when. */
export interface Received {
  opcode: number;
  /** Text of a text message; of others the first bytes, in hexadecimal. */
  text: string;
  bytes: number;
  at_ms: number;
  /** Of a binary message: what it would have been as text, where that can be read. */
  type?: string;
}

/** How a connection ended. 1006 where no close frame came. */
export interface Closed {
  code: number;
  reason: string;
  by: 'server' | 'us' | 'network';
  after_ms: number;
  /** How long no byte had come or gone then, but for its close frame. */
  quiet_ms: number;
  /** What came that no server may send: the connection was closed for it. */
  breach?: Breach;
}

/** What was seen of the server's frames over all connections of a check. */
export interface Seen {
  breach?: Breach;
  /** The types of messages that came as binary, of which a text client reads nothing. */
  binary?: string[];
}

/** Longer than any message a relay may make of one of 1 MiB. */
const LONGEST = 16 * 1024 * 1024;
const SHOWN_BYTES = 16;
/** So much is kept of one connection: no step waits for more. */
const MOST_MESSAGES = 100_000;
const MOST_BYTES = 128 * 1024 * 1024;

/** A connection of which everything is seen exactly, and by which anything can be sent. */
export class Wire {
  /** How the handshake was answered. */
  readonly passed: Passed;
  readonly received: Received[] = [];
  closed: Closed | undefined;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(LONGEST);
  readonly #opened = performance.now();
  readonly #pongs: Pongs | undefined;
  readonly #seen: Seen;
  #receivedBytes = 0;
  readonly #waiting = new Set<() => void>();
  #ourClose = false;
  /** What comes is compressed, as this end had offered: frames are not told apart any more. */
  #isCompressed = false;
  /** When a byte last came or went, ms. */
  #lastAt = 0;

  constructor(socket: Socket, passed: Passed, rest: Buffer, pongs: boolean, seen: Seen = {}) {
    this.#seen = seen;
    this.#socket = socket;
    this.passed = passed;
    this.#pongs = pongs
      ? new Pongs({
          get waiting() {
            return socket.writableLength;
          },
          pong: (payload) => this.frame(PONG, payload),
        })
      : undefined;
    socket.on('drain', () => this.#pongs?.drained());
    socket.on('data', (data) => this.#read(data));
    socket.on('error', () => {});
    socket.on('close', () => this.#end({ code: 1006, reason: '', by: this.#ourClose ? 'us' : 'network' }));
    if (rest.length > 0) this.#read(rest);
  }

  /** ms since the handshake. */
  now(): number {
    return performance.now() - this.#opened;
  }

  #changed(): void {
    for (const wake of this.#waiting) wake();
  }

  #end(how: Omit<Closed, 'after_ms' | 'quiet_ms'>): void {
    const after_ms = this.now();
    this.closed ??= { ...how, after_ms, quiet_ms: after_ms - this.#lastAt };
    this.#changed();
  }

  #read(data: Buffer): void {
    if (this.#isCompressed) return;
    try {
      this.#reader.read(data, 0, data.length, {
        frame: (opcode, bytes, start, end) => {
          this.#frame(opcode, Buffer.from(bytes.subarray(start, end)));
          return this.closed === undefined;
        },
      });
    } catch (error) {
      if (!(error instanceof BreachError)) throw error;
      const isExtended = this.passed.answer.fields.has('sec-websocket-extensions');
      if (isExtended && error.breach === RESERVED_BIT) this.#isCompressed = true;
      else this.#fail(error.breach);
    }
    this.#changed();
  }

  /** Ends it as a client must over which came what no server may send. */
  #fail(breach: Breach): void {
    if (this.closed) return;
    this.#seen.breach ??= breach;
    if (!this.#ourClose) this.frame(CLOSE, Buffer.from([breach.code >> 8, breach.code & 255]));
    this.#end({ code: breach.code, reason: breachWords(breach), by: this.#ourClose ? 'us' : 'server', breach });
    this.#socket.destroySoon();
  }

  #frame(opcode: number, payload: Buffer): void {
    if (opcode !== CLOSE) this.#lastAt = this.now();
    if (opcode === TEXT && !isUtf8(payload, 0, payload.length)) return this.#fail(TEXT_NOT_UTF8);
    if (opcode === CLOSE) {
      this.#end({ ...closeIn(payload, 0, payload.length), by: this.#ourClose ? 'us' : 'server' });
      if (!this.#ourClose) this.frame(CLOSE, payload.subarray(0, 2));
      this.#socket.end();
      return;
    }
    if (opcode === PING && this.#pongs?.ping(payload) === false) return this.#fail(unansweredPings(MAX_UNANSWERED));
    this.#receivedBytes += payload.length;
    if (this.received.length >= MOST_MESSAGES || this.#receivedBytes > MOST_BYTES) {
      return this.#fail(tooMuchUnread(MOST_MESSAGES, MOST_BYTES));
    }
    const type = opcode === BINARY ? scanTypeName(payload, 0, payload.length) : undefined;
    if (type !== undefined) this.#seen.binary = [...new Set([...(this.#seen.binary ?? []), type])];
    const text = opcode === TEXT ? payload.toString('utf8') : payload.subarray(0, SHOWN_BYTES).toString('hex');
    const received = { opcode, text, bytes: payload.length, at_ms: this.now() };
    this.received.push({ ...received, ...(type !== undefined && { type }) });
    return undefined;
  }

  /** One masked frame; `fin` false for a fragment that others follow. */
  frame(opcode: number, payload: Uint8Array, fin = true): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const bytes = Buffer.alloc(HEADER + payload.length);
    bytes.set(payload, HEADER);
    const start = maskFrame(bytes, payload.length, opcode, randomBytes(4).readUInt32BE(0));
    if (!fin) bytes[start]! &= 0x7f;
    if (opcode !== CLOSE) this.#lastAt = this.now();
    this.#socket.write(bytes.subarray(start));
  }

  send(message: object | string): void {
    this.frame(TEXT, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
  }

  /** Bytes as they are: for what no client may send. */
  raw(bytes: Uint8Array): void {
    this.#lastAt = this.now();
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Resolves once it is so, the connection has ended, or the time is over. @returns whether it is so */
  async until(holds: () => boolean, within_ms: number): Promise<boolean> {
    const end = performance.now() + within_ms;
    while (!holds()) {
      const left = end - performance.now();
      if (this.closed || left <= 0) return holds();
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(late);
          this.#waiting.delete(wake);
          resolve();
        };
        const late = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
    return true;
  }

  /** The first text message from `from` on that is of a type. */
  async message(type: string, within_ms: number, from = 0): Promise<Record<string, unknown> | undefined> {
    const find = (): Record<string, unknown> | undefined =>
      this.received
        .slice(from)
        .map(jsonOf)
        .find((one) => one?.['type'] === type);
    await this.until(() => find() !== undefined, within_ms);
    return find();
  }

  /** Waits for its end. */
  async ended(within_ms: number): Promise<Closed | undefined> {
    await this.until(() => this.closed !== undefined, within_ms);
    return this.closed;
  }

  /** Closes as a client should. @returns how the server answered; nothing where it did not in time */
  async close(within_ms: number, code = 1000): Promise<Closed | undefined> {
    if (this.closed) return this.closed;
    this.#ourClose = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.frame(CLOSE, payload);
    const closed = await this.ended(within_ms);
    this.#socket.destroy();
    return closed;
  }

  /** Gone without a word, as a crashed client is. */
  cut(): void {
    const ending = this.closed !== undefined || this.#socket.writableEnded;
    this.#ourClose = true;
    // A reset of a socket that is being ended keeps libuv spinning, and the process alive; TLS knows none.
    if (ending || this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }
}

/** A text message as JSON, where it is an object. */
export function jsonOf({ opcode, text }: Received): Record<string, unknown> | undefined {
  if (opcode !== TEXT && opcode !== BINARY) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
