import { formatBytes } from '../core/units.ts';
import type { Plan } from './plan.ts';

/** What a run will ask of the machine that it runs on. Per second, where it is a rate. */
export interface Estimate {
  /** Of this shard, as everything here but `server_files`. */
  sessions: number;
  connections: number;
  changes: number;
  deliveries: number;
  /** Messages of all kinds, both ways. */
  messages: number;
  /** Processor time of the generator, in cores. */
  cores: number;
  workers: number;
  /** Open files of the worker that has the most of them. */
  files: number;
  /** Open files of the server process that has the most of them, for all shards together. */
  server_files: number;
  /** Local ports of one source address, towards the server that has the most of them. */
  ports: number;
  /** Source addresses that users are dealt over; 0 where the system chooses. */
  sources: number;
  /** Of the generator, and of the server where it is the bundled one. */
  memory_bytes: number;
}

/** What a machine has; absent where it does not say. */
export interface Machine {
  cores: number;
  /** Of one process. */
  open_files_limit?: number;
  /** Memory that can be had without swapping. */
  free_memory_bytes?: number;
  /** Local ports for outgoing connections, of each local address. */
  ports?: number;
  /** All of 127.0.0.0/8 is this machine, so that loopback has more than one source address. */
  loopback_range?: boolean;
}

/** Where the users connect to, as far as it decides what is needed. */
export interface Reach {
  /** Host and port of each address, in the order in which sessions are dealt over them. */
  servers: readonly string[];
  /** Whether a server shares this machine's cores. */
  here: boolean;
  /** Whether all are on the loopback of IPv4. */
  loopback: boolean;
}

/**
 * By transport, measured under traffic on two cores of a virtual machine at 250 to 15,000 users: memory of a user, and
 * processor time of a message at few messages a read (5 to 8.7 µs over `net`, 8.2 to 10.8 over `ws`; less where many
 * come at once); of k6, 75 MB for 50 users and 29 µs.
 */
const COSTS: Record<Plan['transport'], { user_bytes: number; message_us: number }> = {
  net: { user_bytes: 9000, message_us: 8 },
  ws: { user_bytes: 19_000, message_us: 11 },
  k6: { user_bytes: 1_500_000, message_us: 29 },
};
/** A worker before its first user, without what it shares with the others. */
const WORKER_BYTES = 50e6;
/** A pair of users in a session; an item in a user's document; the items a user has of its own. */
const PAIR_BYTES = 5;
const ITEM_BYTES = 4;
const OWN_ITEMS = 4;
/** The bundled server: before its first client, and each client. */
const SERVER_BYTES = 60e6;
const CLIENT_BYTES = 15_000;
/** Files that a process has open besides its connections. */
export const OTHER_FILES = 64;
/**
 * A worker has this much of a core, and this many users, before another is worth its memory. At 0.7 its event loop
 * would queue: half of that leaves room for bursts.
 */
const WORKER_CORES = 0.35;
const WORKER_USERS = 5000;
/** The part of an address's ports that a run may count on: other programs have some, and closed connections keep theirs for a while. */
const PART_OF_PORTS = 0.8;

/** All of 127.0.x.y that runs are sent from: a plan that needs more is refused for something else. */
const LOOPBACK_ADDRESSES = 256 * 253;

/** Indices of the sessions of a plan that its shard has: they are dealt round robin. */
function sessionsOf({ sessions, shard }: Pick<Plan, 'sessions' | 'shard'>): number[] {
  const count = Math.floor((sessions - shard.index) / shard.of) + 1;
  return Array.from({ length: count }, (_, nth) => nth * shard.of + shard.index - 1);
}

/** Of these sessions, how many the server that has the most gets. */
function mostOfOneServer(sessions: readonly number[], servers: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const session of sessions) {
    const server = servers[session % servers.length]!;
    counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

/**
 * How many workers serve a plan best: all cores may be used but the server's where it is here, and no more workers than
 * have enough to do, as each costs memory; except where one process may not open enough files. A session lives whole in
 * one.
 * @param cursorsEach cursor positions a second and user, the mean over all users
 */
export function workersFor(plan: Plan, cursorsEach: number, machine: Machine, reach: Reach): number {
  const { sessions, connections, cores } = estimate({ ...plan, workers: 1 }, cursorsEach, reach);
  const wanted = Math.max(Math.ceil(cores / WORKER_CORES), Math.ceil(connections / WORKER_USERS));
  const helpful = Math.min(wanted, Math.max(1, machine.cores - (reach.here ? 1 : 0)));
  const room = Math.max(plan.users, (machine.open_files_limit ?? Infinity) - OTHER_FILES);
  const sessionsEach = Math.max(1, Math.floor(room / plan.users));
  return Math.min(sessions, Math.max(helpful, Math.ceil(sessions / sessionsEach)));
}

/**
 * How many source addresses of the loopback range a plan needs: none where the ports of one do, as the system then
 * gives each server its own. A port of an address that is chosen for it is taken towards every server.
 */
export function loopbackSourcesFor(plan: Plan, machine: Machine, reach: Reach): number {
  const { ports = Infinity, loopback_range = false } = machine;
  const sessions = sessionsOf(plan);
  if (!reach.loopback || !loopback_range) return 0;
  if (mostOfOneServer(sessions, reach.servers) * plan.users <= ports * PART_OF_PORTS) return 0;
  return Math.min(LOOPBACK_ADDRESSES, Math.ceil((sessions.length * plan.users) / (ports * PART_OF_PORTS)));
}

/**
 * What a plan asks for. The users' leaving and returning is left out: it is the most that may be.
 * @param cursorsEach cursor positions a second and user, the mean over all users
 * @param sources addresses that users are sent from; 0 leaves it to the system
 */
export function estimate(plan: Plan, cursorsEach: number, reach: Reach, sources = 0): Estimate {
  const { users, rate } = plan;
  const indices = sessionsOf(plan);
  const sessions = indices.length;
  const connections = sessions * users;
  const changes = plan.plans.edits ? connections * rate : 0;
  const cursors = plan.plans.cursors ? connections * cursorsEach : 0;
  const deliveries = changes * (users - 1);
  const heartbeats = (connections * 1000) / plan.heartbeat_ms;
  const messages = 2 * changes + deliveries + cursors * users + 2 * heartbeats;
  const workers = Math.min(plan.workers, sessions);
  const all = sessionsOf({ sessions: plan.sessions, shard: { index: 1, of: 1 } });
  const { user_bytes, message_us } = COSTS[plan.transport];
  return {
    sessions,
    connections,
    changes,
    deliveries,
    messages,
    cores: (messages * message_us) / 1e6,
    workers,
    files: Math.ceil(sessions / workers) * users + OTHER_FILES,
    server_files: mostOfOneServer(all, reach.servers) * users + OTHER_FILES,
    ports: sources > 0 ? Math.ceil(connections / sources) : mostOfOneServer(indices, reach.servers) * users,
    sources,
    memory_bytes:
      workers * WORKER_BYTES +
      connections * user_bytes +
      connections * (users * PAIR_BYTES + (plan.items + users * OWN_ITEMS) * ITEM_BYTES) +
      (plan.target === 'bundled' ? SERVER_BYTES + connections * CLIENT_BYTES : 0),
  };
}

export const number = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
const of = (limit: number | undefined, show: (value: number) => string): string =>
  limit === undefined ? '' : ` of ${show(limit)}`;

/**
 * The estimate as a small table.
 * @param serverFiles how many files the server's process may have open, where that is known
 */
export function estimateTable(
  needs: Estimate,
  machine: Machine,
  serverFiles?: number,
): [name: string, value: string][] {
  const { sources } = needs;
  const towards = sources > 0 ? `of each of ${number(sources)} source addresses` : 'towards one server';
  const worker = `${number(needs.files)}${of(machine.open_files_limit, number)}`;
  const server = `${number(needs.server_files)}${of(serverFiles, number)}`;
  return [
    ['connections', number(needs.connections)],
    ['changes', `${number(needs.changes)}/s`],
    ['deliveries', `${number(needs.deliveries)}/s`],
    ['messages', `${number(needs.messages)}/s, of all kinds, both ways`],
    ['workers', number(needs.workers)],
    [
      'processor',
      `${needs.cores.toFixed(needs.cores < 10 ? 2 : 0)}${of(machine.cores, number)} cores, for the generator`,
    ],
    ['open files', `${worker} in one worker, ${server} in one server`],
    ['local ports', `${number(needs.ports)}${of(machine.ports, number)} ${towards}`],
    ['memory', `${formatBytes(needs.memory_bytes)}${of(machine.free_memory_bytes, formatBytes)}`],
  ];
}
