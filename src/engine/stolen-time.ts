import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { ProcFile } from './proc-file.ts';

/**
 * The share of time in which this process wanted its core and others had it (`generator_steal`), on Linux:
 * - what its event loop's thread waited in the run queue (`/proc/self/schedstat`): other programs on this machine, and
 *   the quota of its cgroup, as a throttled thread is one that waits. Where the kernel keeps no such account, the time
 *   in which its cgroup was throttled (`cpu.stat`, versions 1 and 2);
 * - and what the hypervisor took from the whole machine (`steal` of `/proc/stat`), which no run queue shows.
 */
export class StolenTime {
  readonly #machine = new ProcFile('/proc/stat');
  readonly #thread = new ProcFile('/proc/self/schedstat');
  readonly #group = new ProcFile(this.#thread.read() === undefined ? groupFile() : undefined);
  #before = this.#read();

  /** @returns the share since the last call; undefined where the system does not say */
  sample(): number | undefined {
    const { at, waited_ms, taken, ticks } = this.#before;
    const now = (this.#before = this.#read());
    const parts = [
      ...(now.waited_ms === undefined || waited_ms === undefined ? [] : [(now.waited_ms - waited_ms) / (now.at - at)]),
      ...(now.ticks > ticks ? [(now.taken - taken) / (now.ticks - ticks)] : []),
    ];
    if (parts.length === 0) return undefined;
    return Math.min(
      parts.reduce((sum, part) => sum + Math.max(part, 0), 0),
      1,
    );
  }

  #read(): { at: number; waited_ms: number | undefined; taken: number; ticks: number } {
    const waited_ms = waitedMs(this.#thread.read()) ?? throttledMs(this.#group.read());
    return { at: performance.now(), waited_ms, ...takenTicks(this.#machine.read()) };
  }

  stop(): void {
    for (const file of [this.#machine, this.#thread, this.#group]) file.close();
  }
}

/** `RUNNING WAITING SLICES`, in ns. */
export function waitedMs(schedstat: string | undefined): number | undefined {
  const ns = Number(schedstat?.split(' ')[1]);
  return Number.isFinite(ns) ? ns / 1e6 : undefined;
}

/** `throttled_usec` of a cgroup of version 2, `throttled_time` in ns of version 1. */
export function throttledMs(stat: string | undefined): number | undefined {
  const found = /^throttled_(usec|time) (\d+)$/m.exec(stat ?? '');
  return found ? Number(found[2]) / (found[1] === 'usec' ? 1e3 : 1e6) : undefined;
}

/** The first line adds all processors up: `cpu  user nice system idle iowait irq softirq steal …`, in ticks. */
export function takenTicks(stat: string | undefined): { taken: number; ticks: number } {
  const fields =
    /^cpu +(.*)/
      .exec(stat ?? '')?.[1]
      ?.split(' ')
      .slice(0, 8)
      .map(Number) ?? [];
  return { taken: fields[7] ?? 0, ticks: fields.reduce((sum, field) => sum + field, 0) };
}

/** Where this process's cgroup keeps its account of the processor. */
function groupFile(): string | undefined {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
    return groupPath(lines);
  } catch {
    return undefined;
  }
}

/** @param lines `0::/path` of version 2, `3:cpu,cpuacct:/path` of version 1, which goes first where both are there */
export function groupPath(lines: readonly string[]): string | undefined {
  const groups = lines.map((line) => line.split(':'));
  const [, controllers, path] =
    groups.find((group) => group[1]?.split(',').includes('cpu')) ?? groups.find((group) => group[1] === '') ?? [];
  return path === undefined ? undefined : `/sys/fs/cgroup/${controllers}${path}/cpu.stat`.replaceAll(/\/+/g, '/');
}
