import { endingBy, type Connection, type Door, type DoorEvents, type Ending } from '../ports.ts';
import { Tap } from './tap.ts';
import type { VirtualTime } from './virtual-time.ts';

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
const encoder = new TextEncoder();

export interface Client {
  readonly seat: number;
  readonly session: number;
  readonly user: number;
  joined: boolean;
  /** What it has yet to read. */
  readonly tap: Tap;
  /** Puts a message on the way to this client; after `us`, never before what was put there earlier. */
  deliver(text: string, us?: number): void;
  /** The same for bytes, as a text message or as a binary one. */
  deliverBytes(bytes: Uint8Array, kind: 'message' | 'binary'): void;
  /** Ends the connection from the server's side. */
  end(ending: Ending): void;
}

/** What a test may change about a relay: return false to keep the relay from doing the usual thing. */
export interface Meddling {
  /** Instead of relaying a command of `from` to `to`. */
  relay?(text: string, from: Client, to: Client, nth: number): boolean;
  /** Instead of answering a ping. */
  pong?(client: Client): boolean;
  /** Rewrites what is relayed. */
  rewrite?(text: string, to: Client): string;
  /** Instead of taking a joiner in. */
  join?(client: Client): boolean;
}

const DELAY_US = 400;

/**
 * A mere relay in memory, without state, versions or acknowledgements: the least that a server of the protocol does.
 * Messages of a connection keep their order.
 */
export class Relay implements Door {
  readonly clients = new Set<Client>();
  readonly #time: VirtualTime;
  readonly #meddling: Meddling;
  #relayed = 0;

  constructor(time: VirtualTime, meddling: Meddling = {}) {
    this.#time = time;
    this.#meddling = meddling;
  }

  connect(seat: number, session: number, user: number, events: DoorEvents): Connection {
    let open = true;
    let last = 0;
    const later = (us: number, call: () => void): void => {
      last = Math.max(last, this.#time.clock() + us);
      this.#time.at(last, () =>
        tap.run(() => {
          if (open) call();
        }),
      );
    };
    const tap = new Tap();
    const client: Client = {
      seat,
      session,
      user,
      joined: false,
      tap,
      deliver: (text, us = DELAY_US) =>
        later(us, () => {
          const bytes = encoder.encode(text);
          events.message(seat, connection, bytes, 0, bytes.length, this.#time.clock());
        }),
      deliverBytes: (bytes, kind) =>
        later(DELAY_US, () => events[kind](seat, connection, bytes, 0, bytes.length, this.#time.clock())),
      end: (ending) =>
        later(DELAY_US, () => {
          open = false;
          this.clients.delete(client);
          events.closed(seat, connection, ending, this.#time.clock());
        }),
    };
    const connection: Connection = {
      // What is sent before a cut still arrives: sending has its own order.
      send: (text) => this.#time.at(this.#time.clock() + DELAY_US, () => this.#receive(client, text)),
      close: (code, reason) =>
        this.#time.at(this.#time.clock() + DELAY_US, () => {
          client.end({ code, reason, initiator: 'client' });
          client.joined = false;
        }),
      fail: (breach) => {
        connection.cut();
        client.joined = false;
        events.closed(seat, connection, endingBy(breach), this.#time.clock());
      },
      cut: () => {
        open = false;
        this.clients.delete(client);
      },
      pause: () => tap.close(),
      resume: () => tap.open(),
      halfClose: () => client.end({ code: 1006, reason: '', initiator: 'network' }),
    };
    later(DELAY_US, () => {
      events.opened(seat, connection, this.#time.clock());
      if (this.#meddling.join?.(client) === false) return;
      this.clients.add(client);
      client.joined = true;
      client.deliver('{"type":"connection:ack","users":[]}');
    });
    return connection;
  }

  #receive(from: Client, text: string): void {
    if (text.startsWith('{"type":"ping"')) {
      if (this.#meddling.pong?.(from) !== false) from.deliver('{"type":"pong"}');
      return;
    }
    if (!text.startsWith('{"type":"command"')) return;
    for (const to of this.clients) {
      if (to === from || to.session !== from.session || !to.joined) continue;
      if (this.#meddling.relay?.(text, from, to, this.#relayed++) === false) continue;
      to.deliver(this.#meddling.rewrite?.(text, to) ?? text);
    }
  }
}

/** Whether two ranges hold the same bytes. */
export function sameBytes(a: Uint8Array, start: number, end: number, b: Uint8Array): boolean {
  for (let i = 0; i < end - start; i++) if (a[start + i] !== b[i]) return false;
  return true;
}
