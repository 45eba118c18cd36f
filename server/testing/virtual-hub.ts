import type { Clock } from '../clock.ts';
import type { Connection, Peer } from '../connection.ts';
import { parseFaults } from '../faults.ts';
import { Hub } from '../hub.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { Sabotage } from '../sabotage.ts';
import { Telemetry } from '../telemetry.ts';

/** A clock that stands still until it is told to go on. */
class VirtualClock implements Clock {
  #now = 0;
  #tasks: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  wall(): number {
    return 1_700_000_000 + this.#now / 1000;
  }
  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }

  /** Lets time pass, and what is due in it happen in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#tasks = this.#tasks.filter((other) => other !== next);
      this.#now = next.at;
      next.task();
    }
    this.#now = end;
  }
}

export type Message = Record<string, any>;

/** A client in memory. */
export interface VirtualClient {
  connection: Connection;
  /** What it was sent and has not taken yet. */
  take(): Message[];
  send(message: object | string): void;
  closed: { code: number; reason: string } | undefined;
}

/** A hub in virtual time, and a way to join it. */
export function virtualHub(options: { limits?: Partial<Limits>; faults?: string[]; seed?: number } = {}) {
  const clock = new VirtualClock();
  const telemetry = new Telemetry();
  const sabotage = options.faults && new Sabotage(parseFaults(options.faults), options.seed ?? 1, clock);
  const hub = new Hub({ limits: { ...DEFAULT_LIMITS, ...options.limits }, clock, telemetry, sabotage });
  const join = (session: string, user: string): VirtualClient => {
    let queue: Message[] = [];
    const peer: Peer = {
      send: (frame) => queue.push(JSON.parse(frame.payload.toString()) as Message),
      close: (code, reason) => (client.closed = { code, reason }),
      cut: () => (client.closed = { code: 1006, reason: '' }),
    };
    const client: VirtualClient = {
      connection: undefined as unknown as Connection,
      closed: undefined,
      take() {
        const taken = queue;
        queue = [];
        return taken;
      },
      send: (message) =>
        client.connection.receive(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false),
    };
    client.connection = hub.accept(`/ws/${session}/${user}`, peer);
    return client;
  };
  return { hub, clock, telemetry, sabotage, join };
}
