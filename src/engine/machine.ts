import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import type { Machine } from '../plan/estimate.ts';
import { openFilesLimit } from './environment.ts';

/** How many local ports there are for outgoing connections; absent where the system does not say. */
function localPorts(): number | undefined {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
    return last! - first! + 1;
  } catch {
    return undefined;
  }
}

/** Memory that can be had without swapping, and no more than a container is given in all. */
const freeMemory = (): number => Math.min(freemem(), process.constrainedMemory() || Infinity);

/** What this machine has to give to a run. */
export function readMachine(): Machine {
  const open_files_limit = openFilesLimit();
  const ports = localPorts();
  return {
    cores: availableParallelism(),
    // macOS counts what it could free at once as used, so its figure would refuse what fits.
    ...(process.platform !== 'darwin' && { free_memory_bytes: freeMemory() }),
    ...(open_files_limit !== undefined && { open_files_limit }),
    ...(ports !== undefined && { ports }),
    loopback_range: process.platform === 'linux',
  };
}
