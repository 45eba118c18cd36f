import type { CounterName } from '../../core/metrics.ts';

/** What the oracles of delivery count: every one of them 0 where the server is lawful. */
export const OF_COPIES = [
  'lost',
  'late',
  'duplicated',
  'reordered',
  'misrouted',
  'echoed',
  'corrupted',
  'invented',
] as const satisfies CounterName[];

/** What the oracles of what users see count, likewise. */
export const OF_DOCUMENTS = [
  'version_errors',
  'stale_snapshots',
  'overlapped',
  'missed_at_join',
  'diverged_replicas',
] as const satisfies CounterName[];

/** Those of a run's counters that are not 0. */
export const foundOf = (
  run: { count(name: CounterName): number },
  counters: readonly CounterName[],
): Record<string, number> =>
  Object.fromEntries(counters.map((name) => [name, run.count(name)]).filter(([, count]) => count !== 0));
