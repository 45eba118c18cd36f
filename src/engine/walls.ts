import type { Interval, RunEvent } from '../core/record.ts';

/** Tells once of each limit that a run hits on its way, with how to move it. */
export class Walls {
  readonly #told = new Set<string>();

  /**
   * The limits that were hit in this interval for the first time.
   * @param serverFull how many files a process of the server may have open that has all of them; absent: none has
   */
  hitIn(interval: Interval, serverFull?: number): RunEvent[] {
    const own = interval.errors
      .filter(({ kind }) => kind === 'wall')
      .map(({ message, first_ms }) => ({ at_ms: first_ms, kind: 'wall', text: message }));
    const hit = [...own, ...fullServer(interval, serverFull)].filter(({ text }) => !this.#told.has(text));
    for (const { text } of hit) this.#told.add(text);
    return hit;
  }
}

function fullServer({ to_ms }: Interval, limit: number | undefined): RunEvent[] {
  if (limit === undefined) return [];
  const text = `the server has all of its ${limit} open files in use: raise its limit where it is started (ulimit -n), or start a second one and give both with --url`;
  return [{ at_ms: to_ms, kind: 'wall', text }];
}
