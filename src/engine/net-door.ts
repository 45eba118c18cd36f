import { randomFillSync } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BreachError, unansweredPings, type Breach } from '../core/breaches.ts';
import {
  BINARY,
  CLOSE,
  closeIn,
  FrameReader,
  HEADER,
  maskFrame,
  PING,
  PONG,
  TEXT,
  type FrameSink,
} from '../core/frames.ts';
import { Unfinished } from '../core/unfinished.ts';
import type { Target } from '../plan/plan.ts';
import { endingBy, type Clock, type Connection, type Door, type DoorEvents, type Ending } from '../load/ports.ts';
import { wayOf, type Source } from './addresses.ts';
import type { HttpAnswer } from '../protocol/http-answer.ts';
import { BODY_MS, breaksOff, heardIn } from './answer.ts';
import { MAX_INBOUND, MAX_UNFINISHED } from './inbound.ts';
import { MAX_UNANSWERED, Pongs } from './pongs.ts';
import { openingHandshake, refusalIn, type Handshake } from './handshake.ts';
import { causeOf, ownWall } from './system-error.ts';
import { tlsOptions, type Trust } from './tls.ts';

/** What one read may bring: the same bytes are used for every read of every connection. */
const READ_BYTES = 256 * 1024;
/** How long a peer that has closed may keep its socket open, ms. */
const LINGER_MS = 2000;

/** How a connection ends that never left this machine. */
const AT_OUR_WALL: Ending = { code: 0, reason: '', initiator: 'client', wall: true };

/** What all connections of a process share. */
interface Shared {
  clock: Clock;
  buffer: Uint8Array;
  unfinished: Unfinished;
}

/**
 * Sockets without a library between: frames are read where the kernel put them, in one buffer for all connections,
 * with one look at the clock a read and nothing allocated a frame.
 */
export function netDoor(target: Target, run: string, clock: Clock): Door {
  const shared: Shared = {
    clock,
    buffer: new Uint8Array(READ_BYTES),
    unfinished: new Unfinished(MAX_UNFINISHED),
  };
  return {
    connect(seat, session, user, events) {
      const way = wayOf(target, run, session, user);
      const url = new URL(way.url);
      const handshake = openingHandshake(url, target.headers, target.subprotocols);
      return new NetConnection(url, way.source, target, handshake, seat, shared, events);
    },
  };
}

class NetConnection implements Connection, FrameSink {
  readonly #socket: Socket;
  readonly #seat: number;
  readonly #shared: Shared;
  readonly #events: DoorEvents;
  readonly #reader: FrameReader;
  /** Once the server has pinged. */
  #pongs: Pongs | undefined;
  /** Until it is answered. */
  #handshake: Handshake | undefined;
  #head = '';
  /** What was answered instead of a WebSocket. */
  #refusal: HttpAnswer | undefined;
  #weClose = false;
  #over = false;
  #error: string | undefined;
  #wall = false;
  /** When the bytes at hand were read. */
  #readAt = 0;
  /** When a byte last came or went that was of no close. */
  #lastAt = 0;

  constructor(
    url: URL,
    source: Source,
    trust: Trust,
    handshake: Handshake,
    seat: number,
    shared: Shared,
    events: DoorEvents,
  ) {
    this.#handshake = handshake;
    this.#seat = seat;
    this.#shared = shared;
    this.#events = events;
    this.#reader = new FrameReader(MAX_INBOUND, shared.unfinished);
    const secure = url.protocol === 'wss:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port) || (secure ? 443 : 80);
    if (secure) {
      this.#socket = connectTls({ host, port, ...source, ...tlsOptions(trust, host) });
      this.#socket.once('secureConnect', () => this.#greet());
      this.#socket.on('data', (data: Buffer) => this.#read(data, data.length));
    } else {
      const callback = (length: number, bytes: Uint8Array): boolean => {
        this.#read(bytes, length);
        return true;
      };
      this.#socket = connectTcp({ host, port, ...source, noDelay: true, onread: { buffer: shared.buffer, callback } });
      this.#socket.once('connect', () => this.#greet());
    }
    this.#socket.on('error', (error) => {
      const wall = this.#handshake && ownWall(error);
      if (wall !== undefined) this.#wall = true;
      this.#error ??= wall ?? causeOf(error);
    });
    this.#socket.once('close', () => this.#end(1006, ''));
  }

  #greet(): void {
    if (this.#handshake) this.#socket.write(this.#handshake.request, 'latin1');
  }

  #read(bytes: Uint8Array, length: number): void {
    if (this.#over) return;
    this.#readAt = this.#shared.clock();
    try {
      const start = this.#handshake ? this.#answered(this.#handshake, bytes, length) : 0;
      if (start < length && !this.#over) this.#reader.read(bytes, start, length, this);
    } catch (error) {
      if (!(error instanceof BreachError)) throw error;
      this.fail(error.breach);
    }
  }

  /** Reads the answer to the handshake. @returns where frames begin, or `length` */
  #answered(handshake: Handshake, bytes: Uint8Array, length: number): number {
    const already = this.#head.length;
    this.#head += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    const heard = heardIn(this.#head);
    if (!heard) return length;
    const refusal = 'none' in heard ? heard.none : refusalIn(heard.answer, handshake);
    if (refusal === undefined && 'end' in heard) {
      this.#head = '';
      this.#handshake = undefined;
      this.#lastAt = this.#readAt;
      this.#events.opened(this.#seat, this, this.#readAt);
      return heard.end - already;
    }
    this.#error ??= refusal;
    const before = this.#refusal;
    if ('answer' in heard) this.#refusal = heard.answer;
    if ('none' in heard || heard.whole) this.#refused();
    // The rest of what it says may be a moment behind.
    else if (!before) setTimeout(() => this.#refused(), BODY_MS).unref();
    return length;
  }

  #refused(): void {
    this.#socket.destroy();
    this.#end(1006, '');
  }

  frame(opcode: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (opcode !== CLOSE) this.#lastAt = this.#readAt;
    if (opcode === TEXT) this.#events.message(this.#seat, this, bytes, start, end, this.#readAt);
    else if (opcode === BINARY) this.#events.binary(this.#seat, this, bytes, start, end, this.#readAt);
    else if (opcode === PING) this.#pinged(Buffer.from(bytes.subarray(start, end)));
    else if (opcode === CLOSE) this.#closed(bytes, start, end);
    return !this.#over;
  }

  #pinged(payload: Buffer): void {
    if (!this.#pongs) this.#answerPings();
    if (!this.#pongs!.ping(payload)) this.fail(unansweredPings(MAX_UNANSWERED));
  }

  #answerPings(): void {
    const socket = this.#socket;
    const pongs = new Pongs({
      get waiting() {
        return socket.writableLength;
      },
      pong: (payload) => this.#write(payload, PONG),
    });
    this.#pongs = pongs;
    socket.on('drain', () => pongs.drained());
  }

  /** The peer's close frame (RFC 6455, section 7.1): answered where it is the first, and then all is said. */
  #closed(bytes: Uint8Array, start: number, end: number): void {
    const { code, reason } = closeIn(bytes, start, end);
    if (!this.#weClose) this.#write(Buffer.from(bytes.subarray(start, Math.min(end, start + 2))), CLOSE);
    this.#socket.end();
    this.#linger();
    this.#end(code, reason);
  }

  /** As section 7.1.7 has it. */
  fail(breach: Breach): void {
    if (this.#over) return;
    if (!this.#weClose) this.#write(closePayload(breach.code, ''), CLOSE);
    this.#socket.end();
    this.#linger();
    this.#tell(endingBy(breach, this.#weClose));
  }

  #linger(): void {
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  #end(code: number, reason: string): void {
    const initiator = this.#weClose ? 'client' : code === 1006 ? 'network' : 'server';
    if (this.#handshake && !this.#weClose && !this.#over) this.#error ??= breaksOff(this.#head);
    const error = this.#error !== undefined && { error: this.#error };
    const answer = this.#refusal && { answer: this.#refusal };
    this.#tell(this.#wall ? { ...AT_OUR_WALL, ...error } : { code, reason, initiator, ...error, ...answer });
  }

  #tell(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader.end();
    const at = this.#shared.clock();
    const quiet = this.#lastAt > 0 && { quiet_us: at - this.#lastAt };
    this.#events.closed(this.#seat, this, { ...ending, ...quiet }, at);
  }

  send(text: string): void {
    if (this.#handshake || this.#over || this.#weClose) return;
    // Written where it is masked and sent from.
    const length = Buffer.byteLength(text);
    const bytes = Buffer.allocUnsafe(HEADER + length);
    bytes.write(text, HEADER);
    this.#put(bytes, length, TEXT);
  }

  close(code: number, reason: string): void {
    const isFirst = !this.#weClose;
    this.#weClose = true;
    if (this.#handshake) this.#socket.destroy();
    else if (!this.#over && isFirst) this.#write(closePayload(code, reason), CLOSE);
  }

  cut(): void {
    this.#over = true;
    this.#reader.end();
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  halfClose(): void {
    this.#socket.end();
  }

  #write(payload: Buffer, opcode: number): void {
    const bytes = Buffer.allocUnsafe(HEADER + payload.length);
    payload.copy(bytes, HEADER);
    this.#put(bytes, payload.length, opcode);
  }

  /** @param bytes room for a header, and the payload of `length` bytes */
  #put(bytes: Buffer, length: number, opcode: number): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    if (opcode !== CLOSE) this.#lastAt = this.#shared.clock();
    this.#socket.write(bytes.subarray(maskFrame(bytes, length, opcode, nextMask()), HEADER + length));
  }
}

function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}

/** Masks must be hard to guess (section 10.3): random ones, drawn many at a time. */
const MASKS = new Uint32Array(1024);
let masksUsed = MASKS.length;
function nextMask(): number {
  if (masksUsed === MASKS.length) {
    randomFillSync(MASKS);
    masksUsed = 0;
  }
  return MASKS[masksUsed++]!;
}
