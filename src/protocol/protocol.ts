import type { Trait } from '../core/record.ts';
import type { Change } from './change.ts';

/**
 * The shape of a protocol as the engine knows it: edits, receipts, states, heartbeats, and no field names. One object
 * serves all users of a process; a user is a seat, a small number.
 */
export interface Protocol {
  /** The text that asks for a new user's place once a connection is open; nothing where the address says it all. */
  opened(seat: number, again: boolean, version: number): string | undefined;
  /** Sent once joined: asks for the state. */
  syncRequest(userId: string): string;
  ping(userId: string): string;
  cursor(userId: string, x: number, y: number): string;
  /** @param head the token without its CRC */
  edit(session: number, user: number, userId: string, change: Change, head: string): string;
  /**
   * Reads one message and tells the listener what it means. Nothing is asynchronous and nothing is kept of `bytes`.
   * @param at µs of the run's clock at which the message was read
   */
  receive(seat: number, bytes: Uint8Array, start: number, end: number, at: number): void;
  /** The type of a message, where it can be read and is one of this protocol's. */
  typeOf(bytes: Uint8Array, start: number, end: number): string | undefined;
}

/** What a server says to a user whom it lets in; what it does not say is absent. */
export interface Welcome {
  /** Who is in the session, the user itself among them. */
  users?: readonly string[];
  is_host?: boolean;
  version?: number;
}

/** What a protocol tells of the messages it reads. Bytes are valid during the call only. */
export interface Listener {
  /** The server let this user in. */
  joined(seat: number, welcome: Welcome, at: number): void;
  /** The server says that another user came or went. */
  presence(seat: number, userId: string, isIn: boolean, at: number): void;
  /** The server made a user who was in the host: the one it names, or else this one. */
  host(seat: number, userId: string | undefined, at: number): void;
  /** A whole state came. @param target id of the user for whom a host sent it; undefined for one of the server's own */
  state(seat: number, bytes: Uint8Array, start: number, end: number, target: string | undefined, at: number): void;
  /** A change came; its token begins at `token`, or is not to be found (−1). */
  change(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void;
  /** The server took a change of this user; its token begins at `token`. */
  acknowledged(seat: number, bytes: Uint8Array, token: number, version: number | undefined, at: number): void;
  pong(seat: number, at: number): void;
  cursor(seat: number, at: number): void;
  /** The server complained. */
  refused(seat: number, code: string, message: string, at: number): void;
  /** What came as text is no UTF-8: a client ends the connection. */
  notUtf8(seat: number): void;
  /** What came is no message of this protocol. */
  unreadable(seat: number, why: string, at: number): void;
  trait(trait: Trait): void;
}
