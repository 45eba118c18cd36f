import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Target } from '../plan/plan.ts';
import type { Clock, Connection, Door, DoorEvents, Ending } from '../load/ports.ts';
import type { HttpAnswer } from '../protocol/http-answer.ts';
import { wayOf } from './addresses.ts';
import { BODY_MS, heardIn, MAX_BODY, MAX_HEAD, TOO_LONG } from './answer.ts';
import { basicAuth, withoutCredentials } from './credentials.ts';
import { acceptFor, refusalIn } from './handshake.ts';
import { causeOf, ownWall, type SystemError } from './system-error.ts';
import { tlsOptions } from './tls.ts';

/** A tool must accept more than a server may: a relay may grow a message (rule P4). */
const MAX_INBOUND = 64 * 1024 * 1024;

/** Sockets over the `ws` library: the plain door, and the cross-check of any faster one. */
export function wsDoor(target: Target, run: string, clock: Clock): Door {
  const options = {
    perMessageDeflate: false,
    maxPayload: MAX_INBOUND,
    // As much of a head, and as odd a one, as the other door takes.
    maxHeaderSize: MAX_HEAD,
    insecureHTTPParser: true,
    ...tlsOptions(target),
  };
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
      return new WsConnection(socket, request, target.subprotocols, seat, clock, events);
    },
  };
}

class WsConnection implements Connection {
  readonly #socket: WebSocket;
  #weClose = false;
  #silent = false;
  #error: string | undefined;
  #opened = false;
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
  ) {
    this.#socket = socket;
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
      if (!this.#silent) events.opened(seat, this, clock());
    });
    socket.on('message', (data: Buffer) => {
      if (!this.#silent) events.message(seat, this, data, 0, data.length, clock());
    });
    socket.on('error', (error) => {
      const wall = this.#opened ? undefined : ownWall(error);
      if (wall !== undefined) this.#wall = true;
      this.#error ??= wall ?? noHttp(error) ?? causeOf(error);
    });
    socket.on('close', (code, reason) => {
      if (!this.#silent) events.closed(seat, this, this.#ending(code, reason.toString()), clock());
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
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#weClose = true;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(code, reason);
    else this.#socket.terminate();
  }

  cut(): void {
    this.#silent = true;
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
