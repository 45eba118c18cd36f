import { uptime } from 'node:os';
import type { GaugeName } from '../core/metrics.ts';
import { openFilesLimit } from './environment.ts';
import { nameOf, openFilesOf, type ProcessInfo } from './processes.ts';
import type { ServerProcesses } from './server-processes.ts';

/** Below so long a time since the last reading, processor time in hundredths of a second says too little, s. */
const LEAST_S = 0.2;
const MS_PER_S = 1000;
/** A process that has so few files left takes nobody more, or soon. */
const LAST_FILES = 2;

/**
 * The resources of a server's processes together: memory as ps shows it of each, added up, so that pages which several
 * share count in each of them. What cannot be read is absent: elsewhere than on Linux, once all are gone, and the files
 * of another user's process.
 */
export class ProcessStats {
  readonly #processes: ServerProcesses;
  #last = new Map<number, ProcessInfo>();
  #at: number | undefined;
  /** How long the machine had run at the last reading, s. */
  #readAt_s = Infinity;
  /** What the last reading could not take off yet, s: the parent was read before it saw its child end. */
  #owed_s = 0;
  /** What each of those that were counted runs. */
  readonly #names = new Map<string, string>();
  #most = 0;
  /** How many were counted first. */
  readonly #first: number;
  /** How many files a process of the server may have open that had all of them at the last reading. */
  full: number | undefined;

  constructor(processes: ServerProcesses) {
    this.#processes = processes;
    this.sample(0);
    this.#first = this.#names.size;
  }

  /** Which were counted besides those of the beginning, in words; nothing where there were no others. */
  get others(): string | undefined {
    if (this.#names.size === this.#first) return undefined;
    const names = new Set([...this.#names.values()].slice(this.#first));
    return `${this.#names.size - this.#first} more processes came and went (${[...names].slice(0, 5).join(', ')}), ${this.#most} at a time at most`;
  }

  /** @param now ms of any clock; processor time is over the time since the last call */
  sample(now: number): Partial<Record<GaugeName, number>> {
    const processes = this.#processes.now();
    const living = processes.filter(({ ended }) => !ended);
    if (living.length === 0) {
      this.#at = undefined;
      return {};
    }
    const used_s = this.#used(processes);
    const seconds = this.#at === undefined ? 0 : (now - this.#at) / MS_PER_S;
    this.#at = now;
    for (const { pid, started_s } of living) {
      const identity = `${pid} ${started_s}`;
      if (!this.#names.has(identity)) this.#names.set(identity, nameOf(pid));
    }
    this.#most = Math.max(this.#most, living.length);
    const files = living.map(({ pid }) => openFilesOf(pid));
    this.full = living.flatMap(({ pid }, nth) => (isFull(pid, files[nth]) ? openFilesLimit(pid)! : []))[0];
    return {
      ...(seconds > LEAST_S && { server_cpu: used_s / seconds }),
      server_rss: living.reduce((sum, { rss_bytes }) => sum + rss_bytes, 0),
      ...(files.every((count) => count !== undefined) && {
        server_fds: files.reduce((sum: number, count) => sum + count!, 0),
      }),
    };
  }

  /**
   * Processor time since the last call, s. What a process that has ended used since then is in what its parent knows of
   * ended children, together with all that it had used before, which has been counted.
   */
  #used(processes: readonly ProcessInfo[]): number {
    const before = this.#last;
    this.#last = new Map(processes.map((one) => [one.pid, one]));
    let own = 0;
    let ofEnded = 0;
    for (const one of processes) {
      const known = before.get(one.pid);
      const isSame = known?.started_s === one.started_s;
      // What began since is counted from its beginning; what was there before, and is found only now, from now on.
      const from = isSame ? known! : one.started_s >= this.#readAt_s ? { cpu_s: 0, children_s: 0 } : one;
      own += one.cpu_s - from.cpu_s;
      ofEnded += one.children_s - from.children_s;
    }
    for (const one of before.values()) {
      if (this.#last.get(one.pid)?.started_s !== one.started_s) ofEnded -= one.cpu_s + one.children_s;
    }
    this.#readAt_s = uptime();
    const left = ofEnded - this.#owed_s;
    this.#owed_s = Math.max(0, -ofEnded);
    return own + Math.max(0, left);
  }
}

/** Few have so many that the limit has to be read. */
const MANY = 50;
const isFull = (pid: number, files = 0): boolean =>
  files > MANY && files >= (openFilesLimit(pid) ?? Infinity) - LAST_FILES;
