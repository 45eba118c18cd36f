import type { Connection as ServerConnection, Peer } from '../../../server/connection.ts';
import { parseFaults } from '../../../server/faults.ts';
import { Hub } from '../../../server/hub.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../server/limits.ts';
import { Sabotage } from '../../../server/sabotage.ts';
import { Telemetry } from '../../../server/telemetry.ts';
import { sessionId, userId } from '../../plan/plan.ts';
import { endingBy, type Connection, type Door, type DoorEvents } from '../ports.ts';
import type { Client } from './relay.ts';
import { RUN } from './simulate.ts';
import { Tap } from './tap.ts';
import type { VirtualTime } from './virtual-time.ts';

const DELAY_US = 300;

/** A client of the reference server; what it is sent can be meddled with. */
export interface Guest extends Client {
  /** Puts a message on the way that overtakes others, or is overtaken. */
  aside(text: string, us: number): void;
}

/** What a test may change about the server. */
export interface ServerMeddling {
  faults?: string[];
  limits?: Partial<Limits>;
  /** The host of each session answers everybody who joins with its own state. */
  hostsAnswer?: boolean;
  /** How long the nth message to a client takes, µs; each connection keeps its order. */
  delay?(nth: number): number;
  /** Instead of sending a message to a client: return false to keep it from being sent as it is. */
  outgoing?(text: string, to: Guest, server: ReferenceServer): boolean;
  /** Instead of having the server read a message of a client: likewise. */
  incoming?(text: string, from: Guest, server: ReferenceServer): boolean;
}

/** The reference server's own session logic, with states and versions, in virtual time, behind a door in memory. */
export class ReferenceServer implements Door {
  readonly clients = new Set<Guest>();
  readonly sabotage: Sabotage | undefined;
  readonly #time: VirtualTime;
  readonly #meddling: ServerMeddling;
  readonly #hub: Hub;
  #sent = 0;

  constructor(time: VirtualTime, meddling: ServerMeddling = {}) {
    const clock = {
      now: () => time.clock() / 1000,
      wall: () => 1_700_000_000 + time.clock() / 1e6,
      after: (ms: number, task: () => void) => time.at(time.clock() + ms * 1000, task),
    };
    const { faults = [] } = meddling;
    this.#time = time;
    this.#meddling = meddling;
    this.sabotage = faults.length > 0 ? new Sabotage(parseFaults(faults), 1, clock) : undefined;
    const { sabotage } = this;
    this.#hub = new Hub({
      limits: { ...DEFAULT_LIMITS, ...meddling.limits },
      clock,
      telemetry: new Telemetry(),
      sabotage,
    });
  }

  /** µs of the run's clock. */
  get now(): number {
    return this.#time.clock();
  }

  connect(seat: number, session: number, user: number, events: DoorEvents): Connection {
    const time = this.#time;
    const meddling = this.#meddling;
    let alive = true;
    let server: ServerConnection | undefined;
    let sent = 0;
    let received = 0;
    /** Each direction keeps its order. */
    const toServer = (call: () => void): void => {
      sent = Math.max(sent, time.clock() + DELAY_US);
      time.at(sent, call);
    };
    const toClient = (us: number, call: () => void): void => {
      received = Math.max(received, time.clock() + us);
      time.at(received, () =>
        tap.run(() => {
          if (alive) call();
        }),
      );
    };
    const tap = new Tap();
    const over = (code: number, reason: string, initiator: 'client' | 'server' | 'network'): void => {
      alive = false;
      this.clients.delete(guest);
      events.closed(seat, connection, { code, reason, initiator }, time.clock());
    };
    const connection: Connection = {
      send: (text) =>
        toServer(() => {
          if (server && meddling.incoming?.(text, guest, this) !== false) server.receive(Buffer.from(text), false);
        }),
      close: (code, reason) =>
        toServer(() => {
          server?.gone(code);
          toClient(DELAY_US, () => over(code, reason, 'client'));
        }),
      fail: (breach) => {
        connection.cut();
        events.closed(seat, connection, endingBy(breach), time.clock());
      },
      cut: () => {
        alive = false;
        this.clients.delete(guest);
        toServer(() => server?.gone(1006));
      },
      pause: () => tap.close(),
      resume: () => tap.open(),
      halfClose: () =>
        toServer(() => {
          server?.gone(1006);
          toClient(DELAY_US, () => over(1006, '', 'network'));
        }),
    };
    const read = (bytes: Uint8Array, start: number): void =>
      events.message(seat, connection, bytes, start, bytes.length, time.clock());
    const guest: Guest = {
      seat,
      session,
      user,
      joined: true,
      tap,
      deliver: (text, us = DELAY_US) => toClient(us, () => read(Buffer.from(text), 0)),
      deliverBytes: (bytes, kind) =>
        toClient(DELAY_US, () => events[kind](seat, connection, bytes, 0, bytes.length, time.clock())),
      aside: (text, us) =>
        void time.at(time.clock() + us, () => {
          if (alive) read(Buffer.from(text), 0);
        }),
      // Not before what is being sent just now has gone to everybody.
      end: ({ code, reason, initiator }) =>
        void time.at(time.clock(), () => {
          server?.gone(code);
          toClient(DELAY_US, () => over(code, reason, initiator));
        }),
    };
    const peer: Peer = {
      send: ({ bytes, header }) => {
        if (meddling.outgoing?.(bytes.toString('utf8', header), guest, this) === false) return;
        toClient(meddling.delay?.(this.#sent++) ?? DELAY_US, () => read(bytes, header));
      },
      close: (code, reason) => {
        toClient(DELAY_US, () => over(code, reason, 'server'));
        server?.gone(code);
      },
      cut: () => toClient(DELAY_US, () => over(1006, '', 'server')),
    };
    toServer(() => {
      toClient(DELAY_US, () => events.opened(seat, connection, time.clock()));
      this.clients.add(guest);
      server = this.#hub.accept(`/ws/${sessionId(RUN, session)}/${userId(RUN, session, user)}`, peer);
    });
    return connection;
  }
}
