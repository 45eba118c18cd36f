import { ToolError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import type { Plan } from './plan.ts';

/** What a run will ask of the machine that it runs on. Per second, where it is a rate. */
export interface Estimate {
  /** Of this shard, as everything here. */
  sessions: number;
  connections: number;
  changes: number;
  deliveries: number;
  /** Messages of all kinds, both ways. */
  messages: number;
  /** Processor time of the generator, in cores. */
  cores: number;
  workers: number;
  /** Open files of the process that has the most of them. */
  files: number;
  /** Local ports towards one server address. */
  ports: number;
  memory_bytes: number;
}

/** What a machine has; absent where it does not say. */
export interface Machine {
  cores: number;
  open_files_limit?: number;
  /** Memory that can be had without swapping. */
  free_memory_bytes?: number;
  /** Local ports for outgoing connections, towards each address. */
  ports?: number;
}

/** Measured with `ws` under traffic, with room to spare: a user, a worker before its first user, a pair of users. */
const USER_BYTES = 15_700;
const WORKER_BYTES = 35e6;
const PAIR_BYTES = 16;
/** The bundled server: before its first client, and each client. */
const SERVER_BYTES = 60e6;
const CLIENT_BYTES = 20_000;
/** Processor time of a message that is sent or received with `ws`, µs. */
const MESSAGE_US = 6.6;
/** Files that a process has open besides its connections. */
const OTHER_FILES = 64;
/** A worker does this much of the messages, and has this many users, before another is worth its memory. */
const WORKER_MESSAGES = 40_000;
const WORKER_USERS = 5000;

/** Sessions of a plan that its shard has: they are dealt round robin. */
const sessionsOf = ({ sessions, shard }: Pick<Plan, 'sessions' | 'shard'>): number =>
  Math.floor((sessions - shard.index) / shard.of) + 1;

/**
 * How many workers a plan needs: few, as each costs memory and none helps beyond the cores there are, except where one
 * process may not open enough files. A session lives whole in one.
 */
export function workersFor(plan: Omit<Plan, 'workers'>, cursorsEach: number, machine: Machine): number {
  const { sessions, connections, messages } = estimate({ ...plan, workers: 1 }, cursorsEach);
  const wanted = Math.max(Math.ceil(messages / WORKER_MESSAGES), Math.ceil(connections / WORKER_USERS));
  const helpful = Math.min(wanted, Math.max(1, machine.cores - 1));
  const room = Math.max(plan.users, (machine.open_files_limit ?? Infinity) - OTHER_FILES);
  const sessionsEach = Math.max(1, Math.floor(room / plan.users));
  return Math.min(sessions, Math.max(helpful, Math.ceil(sessions / sessionsEach)));
}

/**
 * What a plan asks for. The users' leaving and returning is left out: it is the most that may be.
 * @param cursorsEach cursor positions a second and user, the mean over all users
 */
export function estimate(plan: Plan, cursorsEach: number): Estimate {
  const { users, rate } = plan;
  const sessions = sessionsOf(plan);
  const connections = sessions * users;
  const changes = plan.plans.edits ? connections * rate : 0;
  const cursors = plan.plans.cursors ? connections * cursorsEach : 0;
  const deliveries = changes * (users - 1);
  const heartbeats = (connections * 1000) / plan.heartbeat_ms;
  const messages = 2 * changes + deliveries + cursors * users + 2 * heartbeats;
  const workers = Math.min(plan.workers, sessions);
  const perWorker = Math.ceil(sessions / workers) * users;
  const bundled = plan.target === 'bundled';
  return {
    sessions,
    connections,
    changes,
    deliveries,
    messages,
    cores: (messages * MESSAGE_US) / 1e6,
    workers,
    files: (bundled ? connections : perWorker) + OTHER_FILES,
    ports: connections,
    memory_bytes:
      workers * WORKER_BYTES +
      connections * USER_BYTES +
      sessions * users * users * PAIR_BYTES +
      (bundled ? SERVER_BYTES + connections * CLIENT_BYTES : 0),
  };
}

const number = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
const of = (limit: number | undefined, show: (value: number) => string): string =>
  limit === undefined ? '' : ` of ${show(limit)}`;

/**
 * Refuses a plan that this machine cannot carry.
 * @throws ToolError (104) that names the limit, and how to raise it
 */
export function refuseWhatCannotFit(needs: Estimate, machine: Machine, addresses: number): void {
  const { open_files_limit: files, free_memory_bytes: memory, ports } = machine;
  if (files !== undefined && needs.files > files) {
    throw new ToolError(
      `This needs ${number(needs.files)} open files in one process, and ${number(files)} are allowed.`,
      {
        hint: `Raise the limit (ulimit -n ${Math.ceil(needs.files / 1024) * 1024}), or take fewer users.`,
      },
    );
  }
  if (ports !== undefined && needs.ports > ports * addresses) {
    throw new ToolError(
      `This needs ${number(needs.ports)} connections, and this machine has ${number(ports)} local ports towards one address.`,
      {
        hint: 'Give further addresses of the server (--url …), share the run (--shard 1/2), or widen net.ipv4.ip_local_port_range.',
      },
    );
  }
  if (memory !== undefined && needs.memory_bytes > memory) {
    throw new ToolError(
      `This needs about ${formatBytes(needs.memory_bytes)} of memory, and ${formatBytes(memory)} are free.`,
      {
        hint: 'Take fewer users, or share the run between machines (--shard 1/2).',
      },
    );
  }
}

/** The estimate as a small table. */
export function estimateTable(needs: Estimate, machine: Machine): [name: string, value: string][] {
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
    ['open files', `${number(needs.files)}${of(machine.open_files_limit, number)} in one process`],
    ['local ports', `${number(needs.ports)}${of(machine.ports, number)} towards one address`],
    ['memory', `${formatBytes(needs.memory_bytes)}${of(machine.free_memory_bytes, formatBytes)}`],
  ];
}
