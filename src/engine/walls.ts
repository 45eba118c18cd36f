import type { Interval, RunEvent } from '../core/record.ts';
import { openFilesLimit } from './environment.ts';

/** A server that has so few files left takes nobody more, or soon. */
const LAST_FILES = 2;

/** Tells once of each limit that a run hits on its way, with how to move it. */
export class Walls {
  /** Of the server's process; undefined where it cannot be read. */
  readonly #serverFiles: number | undefined;
  readonly #told = new Set<string>();

  /** @param server its process, where it is known */
  constructor(server?: number) {
    this.#serverFiles = server === undefined ? undefined : openFilesLimit(server);
  }

  /** The limits that were hit in this interval for the first time. */
  hitIn(interval: Interval): RunEvent[] {
    const own = interval.errors
      .filter(({ kind }) => kind === 'wall')
      .map(({ message, first_ms }) => ({ at_ms: first_ms, kind: 'wall', text: message }));
    const hit = [...own, ...this.#serverFull(interval)].filter(({ text }) => !this.#told.has(text));
    for (const { text } of hit) this.#told.add(text);
    return hit;
  }

  #serverFull({ stages, to_ms }: Interval): RunEvent[] {
    const limit = this.#serverFiles;
    if (limit === undefined) return [];
    const most = Math.max(0, ...Object.values(stages).map(({ gauges }) => gauges.server_fds?.max ?? 0));
    if (most < limit - LAST_FILES) return [];
    const text = `the server has all of its ${limit} open files in use: raise its limit where it is started (ulimit -n), or start a second one and give both with --url`;
    return [{ at_ms: to_ms, kind: 'wall', text }];
  }
}
