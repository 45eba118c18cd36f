import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BINARY, CLOSE, FrameError, FrameReader, HEADER, maskFrame, PING, PONG, TEXT } from '../core/frames.ts';
import { openingHandshake } from '../engine/handshake.ts';
import { causeOf, type SystemError } from '../engine/system-error.ts';
import type { Target } from '../plan/plan.ts';

/** What came on the wire, and when. */
export interface Received {
  opcode: number;
  /** Text of a text message; of others the first bytes, in hexadecimal. */
  text: string;
  bytes: number;
  at_ms: number;
}

/** How a connection ended. 1006 where no close frame came. */
export interface Closed {
  code: number;
  reason: string;
  by: 'server' | 'us' | 'network';
  after_ms: number;
}

/** What was answered to the opening handshake. */
export interface Answer {
  status?: number;
  fields: Map<string, string>;
  accept_right: boolean;
  /** The beginning of what came, where it is no HTTP. */
  raw: string;
}

export interface WireOptions {
  target: Pick<Target, 'headers' | 'subprotocols' | 'ca'>;
  wait_ms: number;
  /** Fields of the handshake that are otherwise not sent. */
  headers?: Record<string, string>;
  /** Whether protocol pings are answered, as RFC 6455 demands. */
  pongs?: boolean;
}

/** Longer than any message a relay may make of one of 1 MiB. */
const LONGEST = 16 * 1024 * 1024;
const SHOWN_BYTES = 16;

/** A connection of which everything is seen exactly, and by which anything can be sent. */
export class Wire {
  readonly answer: Answer;
  readonly received: Received[] = [];
  closed: Closed | undefined;
  /** What was wrong with the server's frames. */
  fault: string | undefined;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(LONGEST);
  readonly #opened = performance.now();
  readonly #pongs: boolean;
  readonly #waiting = new Set<() => void>();
  #ourClose = false;

  constructor(socket: Socket, answer: Answer, rest: Buffer, pongs: boolean) {
    this.#socket = socket;
    this.answer = answer;
    this.#pongs = pongs;
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

  #end(how: Omit<Closed, 'after_ms'>): void {
    this.closed ??= { ...how, after_ms: this.now() };
    this.#changed();
  }

  #read(data: Buffer): void {
    try {
      this.#reader.read(data, 0, data.length, {
        frame: (opcode, bytes, start, end) => {
          this.#frame(opcode, Buffer.from(bytes.subarray(start, end)));
          return true;
        },
      });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.fault = error.message;
      this.#socket.destroy();
    }
    this.#changed();
  }

  #frame(opcode: number, payload: Buffer): void {
    if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#end({ code, reason: payload.toString('utf8', 2), by: this.#ourClose ? 'us' : 'server' });
      if (!this.#ourClose) this.frame(CLOSE, payload.subarray(0, 2));
      this.#socket.end();
      return;
    }
    if (opcode === PING && this.#pongs) this.frame(PONG, payload);
    const text = opcode === TEXT ? payload.toString('utf8') : payload.subarray(0, SHOWN_BYTES).toString('hex');
    this.received.push({ opcode, text, bytes: payload.length, at_ms: this.now() });
  }

  /** One masked frame; `fin` false for a fragment that others follow. */
  frame(opcode: number, payload: Uint8Array, fin = true): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const bytes = Buffer.alloc(HEADER + payload.length);
    bytes.set(payload, HEADER);
    const start = maskFrame(bytes, payload.length, opcode, randomBytes(4).readUInt32BE(0));
    if (!fin) bytes[start]! &= 0x7f;
    this.#socket.write(bytes.subarray(start));
  }

  send(message: object | string): void {
    this.frame(TEXT, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
  }

  /** Bytes as they are: for what no client may send. */
  raw(bytes: Uint8Array): void {
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
    // A reset of a socket that is being ended keeps libuv spinning, and the process alive.
    if (ending) this.#socket.destroy();
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

/** No WebSocket could be had. */
export class NoWire extends Error {
  /** What was answered, as far as anything was. */
  readonly answer: Answer | undefined;
  readonly why: 'failed' | 'nothing' | 'closed' | 'refused';

  constructor(why: NoWire['why'], message: string, answer?: Answer) {
    super(message);
    this.why = why;
    this.answer = answer;
  }
}

/** A bare or TLS socket towards an address; `host` where another of its addresses is meant. */
export function socketTo(url: URL, { ca }: Pick<Target, 'ca'>, trusting = false, host = hostOf(url)): Socket {
  const port = portOf(url);
  if (url.protocol !== 'wss:') return connectTcp({ host, port });
  const servername = hostOf(url);
  const named = /^[\d.]+$|:/.test(servername) ? {} : { servername };
  return connectTls({ host, port, ...named, rejectUnauthorized: !trusting, ...(ca !== undefined && { ca }) });
}

export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'wss:' ? 443 : 80));

/**
 * Opens a WebSocket.
 * @throws NoWire with what was answered instead
 */
export function open(address: string, { target, wait_ms, headers = {}, pongs = true }: WireOptions): Promise<Wire> {
  const url = new URL(address);
  const handshake = openingHandshake(url, { ...target.headers, ...headers }, target.subprotocols);
  const socket = socketTo(url, target);
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const fail = (why: NoWire['why'], message: string, answer?: Answer): void => {
      clearTimeout(late);
      socket.destroy();
      reject(new NoWire(why, message, answer));
    };
    const late = setTimeout(() => fail('nothing', `nothing came back within ${wait_ms / 1000} s`), wait_ms);
    const onError = (error: SystemError): void => fail('failed', causeOf(error));
    const onClose = (): void =>
      fail('closed', 'it closed the connection instead of an answer', head.length > 0 ? parse(head) : undefined);
    const onData = (data: Buffer): void => {
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && (head.length < 5 || head.toString('latin1', 0, 5) === 'HTTP/')) return;
      const answer = parse(end < 0 ? head : head.subarray(0, end), handshake.accept);
      if (answer.status !== 101) {
        fail('refused', answer.status === undefined ? 'no HTTP' : `HTTP ${answer.status}`, answer);
        return;
      }
      clearTimeout(late);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      resolve(new Wire(socket, answer, head.subarray(end + 4), pongs));
    };
    socket.on('error', onError).on('close', onClose).on('data', onData);
    socket.once(url.protocol === 'wss:' ? 'secureConnect' : 'connect', () => socket.write(handshake.request));
  });
}

const RAW_SHOWN = 120;

function parse(head: Buffer, accept = ''): Answer {
  const text = head.toString('latin1');
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  const fields = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return {
    ...(status !== undefined && { status: Number(status) }),
    fields,
    accept_right: fields.get('sec-websocket-accept') === accept,
    raw: text.slice(0, RAW_SHOWN),
  };
}
