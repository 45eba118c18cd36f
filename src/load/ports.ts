import { breachWords, type Breach } from '../core/breaches.ts';
import type { Initiator } from '../core/record.ts';
import type { HttpAnswer } from '../protocol/http-answer.ts';

/** One connection of a user. None of its methods throws, also when the connection is gone. */
export interface Connection {
  send(text: string): void;
  /** Begins an orderly close. */
  close(code: number, reason: string): void;
  /** Ends it, as a client must over which came what no server may send; `closed` is told of it at once. */
  fail(breach: Breach): void;
  /** Ends it at once, without a word; nothing more is told of it. */
  cut(): void;
  /** Reads no more, and holds nothing of what comes: it waits in the system's own buffers, or at the sender's. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Ends its own half of the connection without a close frame; what comes is still read. */
  halfClose(): void;
}

/** How a connection ended. */
export interface Ending {
  /** Close code; 1006 where no close frame came, 0 where there was no WebSocket yet. */
  code: number;
  reason: string;
  initiator: Initiator;
  /** What the system or HTTP said, where that is the cause: `ECONNREFUSED`, `HTTP 503`. */
  error?: string;
  /** What the server answered instead of a WebSocket. */
  answer?: HttpAnswer;
  /** What the server sent made this end close it: `code` is what it closed with, `reason` and `error` say what it was. */
  breach?: true;
  /** How long no byte had come or gone when it ended, µs; absent where there was no WebSocket yet. */
  quiet_us?: number;
  /** It failed at a limit of this machine's own, which `error` tells: nothing is known of the target. */
  wall?: true;
}

/** How a connection ends over which came what no server may send. @param weClose whether this end was closing it already */
export function endingBy(breach: Breach, weClose = false): Ending {
  const says = breachWords(breach);
  const initiator = weClose ? 'client' : 'server';
  return { code: breach.code, reason: says, initiator, error: says, breach: true };
}

/** What a door tells. Bytes are valid during the call only; `at` is µs of the run's clock, read once a read event. */
export interface DoorEvents {
  opened(seat: number, connection: Connection, at: number): void;
  /** A text message, which may not be UTF-8. */
  message(seat: number, connection: Connection, bytes: Uint8Array, start: number, end: number, at: number): void;
  /** A binary message. */
  binary(seat: number, connection: Connection, bytes: Uint8Array, start: number, end: number, at: number): void;
  /** The last that is told of a connection. */
  closed(seat: number, connection: Connection, ending: Ending, at: number): void;
}

/** Where to: opens connections of users to the server. */
export interface Door {
  /** @param session and user are indices in the whole run */
  connect(seat: number, session: number, user: number, events: DoorEvents): Connection;
}

/** µs of the run's clock, whole. */
export type Clock = () => number;

/** The one timer of a process. */
export interface Timer {
  /**
   * Calls `fire` at or shortly after `due` µs of the run's clock, instead of at any time asked for before.
   * @param next when it will be asked for after that, as far as is known now
   */
  set(due: number, fire: () => void, next: number): void;
  clear(): void;
}
