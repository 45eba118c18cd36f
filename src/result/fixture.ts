import type { CounterName, GaugeName, TrendName } from '../core/metrics.ts';
import { bucketOf } from '../core/buckets.ts';
import type { GaugeRecord, Interval, Stage, StageRecord, TrendRecord } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { emptyInterval } from './interval.ts';
import type { JournalHeader } from './journal.ts';

/** What tests make runs of. Nothing here is part of the program. */

/** Three sessions of ten users for ten seconds, after 2 s of ramp-up and 1 s to settle. */
export const PLAN: Plan = {
  command: 'run',
  scenario: 'steady',
  users: 10,
  sessions: 3,
  users_total: 30,
  rate: 1,
  heartbeat_ms: 30_000,
  items: 20,
  ramp_up_ms: 2000,
  settle_ms: 1000,
  duration_ms: 10_000,
  deadline_ms: 10_000,
  seed: 417_093,
  workers: 1,
  engine: 'node',
  transport: 'ws',
  model: 'open',
  shard: { index: 1, of: 1 },
  thresholds: ['broadcast_latency:p(99)<100'],
  require: [],
  abort_on: [],
  tags: {},
  target: 'bundled',
  plans: { edits: true, cursors: true, heartbeats: true, leaves: false },
  faults: [],
};

export const headerOf = (plan: Partial<Plan> = {}): JournalHeader => ({
  run: { id: 'k3f9zq', started_at: '2026-03-01T20:48:03.000Z' },
  plan: { ...PLAN, ...plan },
  environment: { tool: '0.1.0', node: 'v20.20.2', os: 'linux', cpu: 'a processor', cores: 2, memory_bytes: 8e9 },
});

/** A trend of these values, ms. */
export function trendOf(ms: readonly number[], missing = 0): TrendRecord {
  const values = ms.map((value) => Math.round(value * 1000)).sort((a, b) => a - b);
  const buckets = new Map<number, number>();
  for (const us of values) buckets.set(bucketOf(us), (buckets.get(bucketOf(us)) ?? 0) + 1);
  return {
    count: values.length,
    missing,
    sum_us: values.reduce((sum, us) => sum + us, 0),
    min_us: values[0] ?? 0,
    max_us: values.at(-1) ?? 0,
    buckets: [...buckets].flat(),
  };
}

export const gaugeOf = (value: number): GaugeRecord => ({ count: 1, sum: value, min: value, max: value, last: value });

export interface Parts {
  counters?: Partial<Record<CounterName, number>>;
  gauges?: Partial<Record<GaugeName, number | GaugeRecord>>;
  trends?: Partial<Record<TrendName, TrendRecord>>;
}

function stageOf({ counters = {}, gauges = {}, trends = {} }: Parts): StageRecord {
  const read = Object.entries(gauges).map(([name, value]) => [
    name,
    typeof value === 'number' ? gaugeOf(value) : value,
  ]);
  return { counters, trends, gauges: Object.fromEntries(read) };
}

/** An interval with these parts in each stage. */
export function intervalOf(
  from_ms: number,
  to_ms: number,
  stages: Partial<Record<Stage, Parts>>,
  rest: Partial<Interval> = {},
): Interval {
  const records = Object.entries(stages).map(([stage, parts]) => [stage, stageOf(parts)]);
  return { ...emptyInterval(from_ms, to_ms), ...rest, stages: Object.fromEntries(records) };
}

/** The n-th second of a journal, told from the others by what it counts. */
export const second = (n: number): Interval =>
  intervalOf(n * 1000, n * 1000 + 1000, {
    steady: { counters: { deliveries: n + 1 }, trends: { join_time: trendOf([n + 1]) } },
  });
