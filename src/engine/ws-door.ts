import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { REASON_NOT_UTF8, unansweredPings, type Breach } from '../core/breaches.ts';
import { MAX_FRAGMENTS } from '../core/frames.ts';
import { Unfinished } from '../core/unfinished.ts';
import { isUtf8 } from '../core/utf8.ts';
import type { Target } from '../plan/plan.ts';
import { endingBy, type Clock, type Connection, type Door, type DoorEvents, type Ending } from '../load/ports.ts';
import type { HttpAnswer } from '../protocol/http-answer.ts';
import { wayOf } from './addresses.ts';
import { BODY_MS, heardIn, MAX_BODY, MAX_HEAD, TOO_LONG } from './answer.ts';
import { basicAuth, withoutCredentials } from './credentials.ts';
import { FrameLengths } from './frame-lengths.ts';
import { acceptFor, refusalIn } from './handshake.ts';
import { MAX_INBOUND, MAX_UNFINISHED } from './inbound.ts';
import { MAX_UNANSWERED, Pongs } from './pongs.ts';
import { causeOf, ownWall, type SystemError } from './system-error.ts';
import { tlsOptions } from './tls.ts';
import { breachInError } from './ws-breaches.ts';

/** How long a peer may keep a socket open over which came what it may not send, ms. */
const LINGER_MS = 2000;

/** Sockets over the `ws` library: the plain door, and the cross-check of any faster one. */
export function wsDoor(target: Target, run: string, clock: Clock): Door {
  const options = {
    perMessageDeflate: false,
    maxPayload: MAX_INBOUND,
    // As much of a head, and as odd a one, as the other door takes.
    maxHeaderSize: MAX_HEAD,
    insecureHTTPParser: true,
    maxFragments: MAX_FRAGMENTS,
    // What is no UTF-8 is told by whoever reads the message, as of the other door.
    skipUTF8Validation: true,
    autoPong: false,
    ...tlsOptions(target),
  };
  const unfinished = new Unfinished(MAX_UNFINISHED);
  return {
    connect(seat, session, user, events) {
      const { url, source } = wayOf(target, run, session, user);
      const address = new URL(url);
      const headers = { ...basicAuth(address), ...target.headers };
      let request: ClientRequest | undefined;
      const socket = new WebSocket(withoutCredentials(address), target.subprotocols, {
        ...options,
        ...source,
        headers,
        finishRequest(own) {
          request = own;
          own.end();
        },
      });
      return new WsConnection(socket, request, target.subprotocols, seat, clock, events, unfinished);
    },
  };
}

class WsConnection implements Connection {
  readonly #socket: WebSocket;
  readonly #seat: number;
  readonly #clock: Clock;
  readonly #events: DoorEvents;
  readonly #lengths: FrameLengths;
  #weClose = false;
  #silent = false;
  #error: string | undefined;
  #opened = false;
  /** When a byte last came or went that was of no close. */
  #lastAt = 0;
  #wall = false;
  #tcp: Socket | undefined;
  /** What was answered instead of a WebSocket. */
  #refusal: HttpAnswer | undefined;

  constructor(
    socket: WebSocket,
    request: ClientRequest | undefined,
    subprotocols: readonly string[],
    seat: number,
    clock: Clock,
    events: DoorEvents,
    unfinished: Unfinished,
  ) {
    this.#socket = socket;
    this.#seat = seat;
    this.#clock = clock;
    this.#events = events;
    this.#lengths = new FrameLengths(unfinished);
    const answered = (response: IncomingMessage): void => {
      const key = String(request?.getHeader('sec-websocket-key'));
      this.#judge(refusalIn(answerOf(response), { accept: acceptFor(key), subprotocols }));
    };
    socket.once('upgrade', (response) => {
      this.#tcp = response.socket;
      answered(response);
    });
    // Also a 101 that upgrades to nothing.
    socket.once('unexpected-response', (_, response) => {
      if (response.statusCode === 101) answered(response);
      else this.#refused(response);
    });
    socket.on('open', () => {
      this.#opened = true;
      this.#lastAt = clock();
      if (this.#tcp) this.#watch(this.#tcp);
      if (!this.#silent) events.opened(seat, this, this.#lastAt);
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#lastAt = clock();
      if (this.#silent) return;
      if (isBinary) events.binary(seat, this, data, 0, data.length, this.#lastAt);
      else events.message(seat, this, data, 0, data.length, this.#lastAt);
    });
    socket.on('error', (error) => {
      const breach = breachInError(error, MAX_INBOUND);
      if (breach) return this.fail(breach);
      const wall = this.#opened ? undefined : ownWall(error);
      if (wall !== undefined) this.#wall = true;
      this.#error ??= wall ?? noHttp(error) ?? causeOf(error);
      return undefined;
    });
    socket.on('close', (code, reason) => {
      if (!isUtf8(reason, 0, reason.length)) return this.fail(REASON_NOT_UTF8);
      return this.#tell(this.#ending(code, reason.toString()));
    });
    const passed = (): void => void (this.#lastAt = clock());
    socket.on('ping', passed).on('pong', passed);
  }

  /** Looks at what comes before the library does, which lets pass what browsers and Qt refuse. */
  #watch(tcp: Socket): void {
    const pongs = new Pongs({
      get waiting() {
        return tcp.writableLength;
      },
      pong: (payload) => {
        if (this.#socket.readyState === WebSocket.OPEN) this.#socket.pong(payload);
      },
    });
    tcp.on('drain', () => pongs.drained());
    this.#socket.on('ping', (payload) => {
      if (!pongs.ping(payload)) this.fail(unansweredPings(MAX_UNANSWERED));
    });
    const [read] = tcp.listeners('data') as [(chunk: Buffer) => void];
    tcp.prependListener('data', (chunk: Buffer) => {
      const { until, breach } = this.#lengths.read(chunk);
      if (!breach) return;
      if (until > 0) read.call(tcp, chunk.subarray(0, until));
      // The library still gets all of it, of which nothing is told any more.
      this.fail(breach);
    });
  }

  /** Ends a handshake that is none. */
  #judge(refusal: string | undefined): void {
    if (refusal === undefined) return;
    this.#error ??= refusal;
    this.#socket.terminate();
  }

  /** Another answer than a WebSocket: as much of its body is read as says why. */
  #refused(response: IncomingMessage): void {
    let body = Buffer.alloc(0);
    const answer = answerOf(response);
    this.#error ??= `HTTP ${answer.status}`;
    const end = (): void => {
      if (this.#refusal) return;
      clearTimeout(late);
      this.#refusal = { ...answer, body: body.toString('utf8', 0, MAX_BODY) };
      this.#socket.terminate();
    };
    const late = setTimeout(end, BODY_MS).unref();
    response.on('data', (chunk: Buffer) => {
      body = Buffer.concat([body, chunk]);
      if (body.length >= MAX_BODY) end();
    });
    response.once('end', end).once('close', end).once('error', end);
  }

  send(text: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#lastAt = this.#clock();
    this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#weClose = true;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(code, reason);
    else this.#socket.terminate();
  }

  cut(): void {
    this.#silent = true;
    this.#lengths.end();
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  halfClose(): void {
    this.#tcp?.end();
  }

  fail(breach: Breach): void {
    if (this.#silent) return;
    const ending = endingBy(breach, this.#weClose);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(breach.code);
    setTimeout(() => this.#socket.terminate(), LINGER_MS).unref();
    this.#tell(ending);
  }

  #tell(ending: Ending): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#lengths.end();
    const at = this.#clock();
    const quiet = this.#opened && { quiet_us: at - this.#lastAt };
    this.#events.closed(this.#seat, this, { ...ending, ...quiet }, at);
  }

  #ending(code: number, reason: string): Ending {
    const error = {
      ...(this.#error !== undefined && { error: this.#error }),
      ...(this.#refusal && { answer: this.#refusal }),
    };
    if (this.#wall) return { code: 0, reason: '', initiator: 'client', wall: true, ...error };
    const initiator = this.#weClose ? 'client' : code === 1006 ? 'network' : 'server';
    return { code, reason, initiator, ...error };
  }
}

/** The head of an answer, as the other door reads it. */
function answerOf({ httpVersion, statusCode = 0, statusMessage = '', rawHeaders }: IncomingMessage): HttpAnswer {
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const before = fields.get(name);
    fields.set(name, before === undefined ? rawHeaders[at + 1]! : `${before}, ${rawHeaders[at + 1]}`);
  }
  return { version: httpVersion, status: statusCode, reason: statusMessage, fields, body: '' };
}

/** What the library could not read as HTTP, where the other door has words for it. */
function noHttp({ code, rawPacket }: SystemError & { rawPacket?: Buffer }): string | undefined {
  if (!code?.startsWith('HPE_') || !rawPacket) return undefined;
  const heard = heardIn(rawPacket.toString('latin1'));
  if (code === 'HPE_HEADER_OVERFLOW') return TOO_LONG;
  return heard && 'none' in heard ? heard.none : `an answer that is not as HTTP has it (${code})`;
}
