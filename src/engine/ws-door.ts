import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Target } from '../plan/plan.ts';
import type { Clock, Connection, Door, DoorEvents, Ending } from '../load/ports.ts';
import { wayOf } from './addresses.ts';
import { basicAuth, withoutCredentials } from './credentials.ts';
import { causeOf, ownWall } from './system-error.ts';

/** A tool must accept more than a server may: a relay may grow a message (rule P4). */
const MAX_INBOUND = 64 * 1024 * 1024;
/** Sockets over the `ws` library: the plain door, and the cross-check of any faster one. */
export function wsDoor(target: Target, run: string, clock: Clock): Door {
  const options = {
    perMessageDeflate: false,
    maxPayload: MAX_INBOUND,
    ...(target.ca !== undefined && { ca: target.ca }),
  };
  return {
    connect(seat, session, user, events) {
      const { url, source } = wayOf(target, run, session, user);
      const address = new URL(url);
      const headers = { ...basicAuth(address), ...target.headers };
      const socket = new WebSocket(withoutCredentials(address), target.subprotocols, {
        ...options,
        ...source,
        headers,
      });
      return new WsConnection(socket, seat, clock, events);
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

  constructor(socket: WebSocket, seat: number, clock: Clock, events: DoorEvents) {
    this.#socket = socket;
    socket.once('upgrade', (response) => {
      this.#tcp = response.socket;
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
      this.#error ??= wall ?? causeOf(error);
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
    const error = this.#error !== undefined && { error: this.#error };
    if (this.#wall) return { code: 0, reason: '', initiator: 'client', wall: true, ...error };
    const initiator = this.#weClose ? 'client' : code === 1006 ? 'network' : 'server';
    return { code, reason, initiator, ...error };
  }
}
