import { readdirSync, readFileSync } from 'node:fs';
import type { GaugeName } from '../core/metrics.ts';

/** The kernel counts processor time in hundredths of a second on every Linux of today (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/**
 * Reads the resources of another process from /proc. Elsewhere than on Linux, or once the process is gone, there is
 * nothing to read, and the gauges are absent.
 */
export class ProcessStats {
  readonly #pid: number;
  #ticks: number | undefined;
  #at = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.sample(0);
  }

  /** @param now ms of any clock; CPU is over the time since the last call */
  sample(now: number): Partial<Record<GaugeName, number>> {
    try {
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
      // The name may hold spaces and brackets: fields are counted from behind its last bracket.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = Number(fields[11]) + Number(fields[12]);
      const pages = Number(readFileSync(`/proc/${this.#pid}/statm`, 'utf8').split(' ')[1]);
      const seconds = (now - this.#at) / 1000;
      const cpu = this.#ticks === undefined ? undefined : (ticks - this.#ticks) / TICKS_PER_SECOND / seconds;
      this.#ticks = ticks;
      this.#at = now;
      return {
        ...(cpu !== undefined && seconds > 0.2 && { server_cpu: cpu }),
        server_rss: pages * PAGE_BYTES,
        server_fds: readdirSync(`/proc/${this.#pid}/fd`).length,
      };
    } catch {
      return {};
    }
  }
}
