import { parseObject } from '../core/json.ts';
import { findToken } from '../core/token.ts';
import { textOf } from '../core/text.ts';
import { isUtf8 } from '../core/utf8.ts';
import type { Change } from './change.ts';
import { commandText } from './command.ts';
import type { Listener, Protocol, Welcome } from './protocol.ts';
import { Ids } from './ids.ts';
import { targetIn, versionIn } from './snapshot.ts';
import {
  COMMAND,
  COMMAND_ACK,
  CONNECTION_ACK,
  CURSOR,
  ERROR,
  PONG,
  scanType,
  scanTypeName,
  scanUserId,
  SESSION_HOST,
  STATE,
  typeNamed,
  USER_JOINED,
  USER_LEFT,
} from './scan.ts';

/** The collaboration protocol of docs/protocol.md, from the client's side. */
export class Collab implements Protocol {
  readonly #seed: number;
  readonly #listener: Listener;
  /** Wall clock, s: the `timestamp` of messages. */
  readonly #wallClock: () => number;
  /** Where, from a message's start, the last token stood: the copies of a broadcast all have it there. */
  #tokenOffset = 0;
  readonly #ids = new Ids();

  constructor(seed: number, listener: Listener, wallClock: () => number) {
    this.#seed = seed;
    this.#listener = listener;
    this.#wallClock = wallClock;
  }

  /** A client that comes back asks for the state right at open, before it is acknowledged, as the Qt client does. */
  opened(_seat: number, again: boolean, version: number): string | undefined {
    return again ? `{"type":"sync:request","local_version":${version}}` : undefined;
  }

  syncRequest(userId: string): string {
    return `{"type":"sync:request","user_id":"${userId}"}`;
  }

  ping(userId: string): string {
    return `{"type":"ping","user_id":"${userId}"}`;
  }

  cursor(userId: string, x: number, y: number): string {
    return `{"type":"cursor","user_id":"${userId}","x_mm":${x},"y_mm":${y}}`;
  }

  edit(session: number, user: number, userId: string, change: Change, head: string): string {
    return commandText(this.#seed, session, user, userId, change, head, this.#wallClock());
  }

  receive(seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    if (!isUtf8(bytes, start, end)) return this.#listener.notUtf8(seat);
    const type = scanType(bytes, start, end);
    if (type === COMMAND || type === COMMAND_ACK) this.#token(type, seat, bytes, start, end, at);
    else if (type === PONG) this.#listener.pong(seat, at);
    else if (type === CURSOR) this.#listener.cursor(seat, at);
    else if (type === USER_JOINED || type === USER_LEFT) this.#notice(type, seat, bytes, start, end, at);
    else this.#seldom(type, seat, bytes, start, end, at);
    return undefined;
  }

  typeOf(bytes: Uint8Array, start: number, end: number): string | undefined {
    return scanTypeName(bytes, start, end);
  }

  #token(type: number, seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    const token = findToken(bytes, start, end, start + this.#tokenOffset);
    if (token >= 0) this.#tokenOffset = token - start;
    if (type === COMMAND) this.#listener.change(seat, bytes, start, end, token, at);
    else if (token >= 0) this.#listener.acknowledged(seat, bytes, token, versionIn(bytes, start, end), at);
  }

  /** As many as users of a session squared: parsed only where it is not written as usual. */
  #notice(type: number, seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    const from = scanUserId(bytes, start, end);
    if (from < 0) return this.#seldom(type, seat, bytes, start, end, at);
    return this.#listener.presence(seat, this.#ids.text(bytes, from, end), type === USER_JOINED, at);
  }

  /** Everything that is not there for each change: it may be parsed. */
  #seldom(scanned: number, seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    if (scanned === STATE) return this.#state(seat, bytes, start, end, at);
    const message = parseObject(textOf(bytes, start, end));
    if (message === undefined) return this.#listener.unreadable(seat, 'a message that is not a JSON object', at);
    if (typeof message['type'] !== 'string') return this.#listener.unreadable(seat, 'a message without a type', at);
    const type = typeNamed(message['type']);
    switch (type) {
      case COMMAND:
      case COMMAND_ACK:
        return this.#token(type, seat, bytes, start, end, at);
      case PONG:
        return this.#listener.pong(seat, at);
      case CURSOR:
        return this.#listener.cursor(seat, at);
      case CONNECTION_ACK:
        return this.#listener.joined(seat, welcomeOf(message), at);
      case STATE:
        return this.#state(seat, bytes, start, end, at);
      case USER_JOINED:
      case USER_LEFT:
        if (typeof message['user_id'] !== 'string') return;
        return this.#listener.presence(seat, message['user_id'], type === USER_JOINED, at);
      case SESSION_HOST:
        return this.#listener.host(seat, textIn(message, 'user_id'), at);
      case ERROR:
        return this.#listener.refused(
          seat,
          wordsIn(message, 'code') ?? 'error',
          wordsIn(message, 'message') ?? 'no message',
          at,
        );
      default:
        return undefined;
    }
  }

  #state(seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    this.#listener.state(seat, bytes, start, end, targetIn(bytes, start, end), at);
  }
}

function textIn(message: Record<string, unknown>, field: string): string | undefined {
  const value = message[field];
  return typeof value === 'string' ? value : undefined;
}

/** A field that servers write as text or as a number. */
function wordsIn(message: Record<string, unknown>, field: string): string | undefined {
  const value = message[field];
  return typeof value === 'number' ? String(value) : textIn(message, field);
}

/** What an acknowledgement says, as far as it says it in the right types. */
function welcomeOf({ users, is_host, version }: Record<string, unknown>): Welcome {
  return {
    ...(Array.isArray(users) && { users: users.map(idOf).filter((id) => id !== undefined) }),
    ...(typeof is_host === 'boolean' && { is_host }),
    ...(typeof version === 'number' && { version }),
  };
}

/** The id in an entry of the acknowledgement's list: an object, in older servers the id alone. */
function idOf(entry: unknown): string | undefined {
  const id = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)['user_id'] : entry;
  return typeof id === 'string' ? id : undefined;
}
