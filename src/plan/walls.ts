import { ToolError } from '../core/errors.ts';
import { formatBytes } from '../core/units.ts';
import { number, OTHER_FILES, type Estimate, type Machine, type Reach } from './estimate.ts';
import type { Plan } from './plan.ts';

/** A limit for `ulimit -n` that holds so many files. */
const roundedUp = (files: number): number => Math.ceil(files / 1024) * 1024;
const raise = (files: number): string =>
  `raise the limit (ulimit -n ${roundedUp(files)}, as root where it is above the hard limit)`;

const TWO_SERVERS = 'loadtest serve --port 8765, and --port 8766';

/**
 * Refuses a plan that this machine cannot carry.
 * @param serverFiles how many files the server's process may have open, where that is known
 * @throws ToolError (104) that names the limit, and how to move it
 */
export function refuseWhatCannotFit(
  plan: Plan,
  needs: Estimate,
  machine: Machine,
  reach: Reach,
  serverFiles?: number,
): void {
  refuseFiles(plan, needs, machine);
  if (serverFiles !== undefined) refuseServerFiles(plan, needs.server_files, serverFiles);
  refusePorts(needs, machine, reach);
  const { free_memory_bytes: memory } = machine;
  if (memory !== undefined && needs.memory_bytes > memory) {
    throw new ToolError(
      `This needs about ${formatBytes(needs.memory_bytes)} of memory, and ${formatBytes(memory)} are free.`,
      { hint: 'Take fewer users, or share the run between machines (--shard 1/2).' },
    );
  }
}

function refuseFiles({ users }: Plan, needs: Estimate, { open_files_limit: limit }: Machine): void {
  if (limit === undefined || needs.files <= limit) return;
  if (users + OTHER_FILES > limit) {
    throw new ToolError(
      `A session lives whole in one process: ${number(users)} users need ${number(users + OTHER_FILES)} open files, and ${number(limit)} are allowed.`,
      { hint: `Take smaller sessions, or ${raise(users + OTHER_FILES)}.` },
    );
  }
  const plural = needs.workers === 1 ? 'worker' : 'workers';
  throw new ToolError(
    `With ${number(needs.workers)} ${plural} this needs ${number(needs.files)} open files in one process, and ${number(limit)} are allowed.`,
    { hint: `Take more workers (--workers auto), or ${raise(needs.files)}.` },
  );
}

/**
 * Refuses a plan for which the server may not open enough files.
 * @throws ToolError (104)
 */
export function refuseServerFiles({ target }: Pick<Plan, 'target'>, files: number, limit: number): void {
  if (files <= limit) return;
  const servers = Math.ceil((files - OTHER_FILES) / Math.max(1, limit - OTHER_FILES));
  const needs = `this needs ${number(files)} open files in it, and ${number(limit)} are allowed`;
  if (target === 'bundled') {
    const how = servers === 2 ? `Start a second server (${TWO_SERVERS})` : `Start ${number(servers)} servers`;
    const give = servers === 2 ? 'both' : 'all of them';
    throw new ToolError(`The bundled server is one process: ${needs}.`, {
      hint: `${how} and give ${give} with --url, or ${raise(files)}.`,
    });
  }
  throw new ToolError(`The server is one process: ${needs}.`, {
    hint: `Where it is started, ${raise(files)}; or start ${servers === 2 ? 'a second one and give both' : `${number(servers)} of them and give all`} with --url.`,
  });
}

/**
 * Refuses more connections than there are ports for.
 * @throws ToolError (104)
 */
export function refusePorts(needs: Estimate, { ports }: Machine, { servers }: Reach): void {
  if (ports === undefined || needs.ports <= ports) return;
  if (needs.sources > 0) {
    const have = needs.sources === 1 ? '1 source address has' : `${number(needs.sources)} source addresses have`;
    throw new ToolError(
      `This needs ${number(needs.connections)} connections, and ${have} ${number(ports)} local ports${needs.sources === 1 ? '' : ' each'}.`,
      { hint: 'Give more of them with --source-addresses, or share the run between machines (--shard 1/2).' },
    );
  }
  const sideways = servers.some((server) => server.startsWith('[::1]'))
    ? 'Let the server listen at 127.0.0.1 too, and give it as ws://127.0.0.1:PORT (the loopback of IPv6 is ::1 alone)'
    : 'Send from further addresses of this machine (--source-addresses 10.0.0.5,10.0.0.6), give further addresses of the server (--url …)';
  throw new ToolError(
    `This needs ${number(needs.ports)} connections to one server, and this machine has ${number(ports)} local ports towards each.`,
    { hint: `${sideways}, share the run between machines (--shard 1/2), or widen net.ipv4.ip_local_port_range.` },
  );
}
