import { WebSocket } from 'ws';
import { sessionId, userId, type Target } from '../plan/plan.ts';
import type { Clock, Connection, Door, DoorEvents, Ending } from '../load/ports.ts';
import { addressOf } from './addresses.ts';
import { causeOf } from './system-error.ts';

/** A tool must accept more than a server may: a relay may grow a message (rule P4). */
const MAX_INBOUND = 64 * 1024 * 1024;
/** Sockets over the `ws` library: the plain door, and the cross-check of any faster one. */
export function wsDoor(target: Target, run: string, clock: Clock): Door {
  const options = {
    headers: target.headers,
    perMessageDeflate: false,
    maxPayload: MAX_INBOUND,
    ...(target.ca !== undefined && { ca: target.ca }),
  };
  return {
    connect(seat, session, user, events) {
      const template = target.urls[session % target.urls.length]!;
      const address = addressOf(template, sessionId(run, session), userId(run, session, user));
      return new WsConnection(new WebSocket(address, target.subprotocols, options), seat, clock, events);
    },
  };
}

class WsConnection implements Connection {
  readonly #socket: WebSocket;
  #weClose = false;
  #silent = false;
  #error: string | undefined;

  constructor(socket: WebSocket, seat: number, clock: Clock, events: DoorEvents) {
    this.#socket = socket;
    socket.on('open', () => {
      if (!this.#silent) events.opened(seat, this, clock());
    });
    socket.on('message', (data: Buffer) => {
      if (!this.#silent) events.message(seat, this, data, 0, data.length, clock());
    });
    socket.on('error', (error) => {
      this.#error ??= causeOf(error);
    });
    socket.on('close', (code, reason) => {
      if (!this.#silent) events.closed(seat, this, this.#ending(code, reason.toString()), clock());
    });
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

  #ending(code: number, reason: string): Ending {
    const initiator = this.#weClose ? 'client' : code === 1006 ? 'network' : 'server';
    return { code, reason, initiator, ...(this.#error !== undefined && { error: this.#error }) };
  }
}
