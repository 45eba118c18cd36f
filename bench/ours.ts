import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metric, Result } from '../src/result/result.ts';
import { totalOf, WARMUP_MS, type Load, type Seen } from './load.ts';
import { CLIENT_CORE, outputOf, start, Usage } from './processes.ts';

export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PLAIN = fileURLToPath(new URL('plain.ts', import.meta.url));
const BURST = fileURLToPath(new URL('burst.ts', import.meta.url));
/** Users who join in a second, where joining is not what is measured. */
const JOINS_A_SECOND = 7500;

type Kind<K extends Metric['kind']> = Extract<Metric, { kind: K }>;
export const gauge = (metrics: Record<string, Metric>, name: string): Kind<'gauge'> => metrics[name] as Kind<'gauge'>;
export const trend = ({ metrics }: Result, name: string): Kind<'trend'> => metrics[name] as Kind<'trend'>;
export const count = ({ metrics }: Result, name: string): number => (metrics[name] as Kind<'counter'>).count;

/** A run of the command as a person starts it; what it and its workers used, and its result. */
export async function run(options: readonly (string | number)[], core?: number): Promise<[Result, Usage]> {
  const out = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const words = ['run', ...options.map(String), '--json', '--quiet', '--no-fail', '--report', 'json', '--out', out];
    const child = start([process.execPath, MAIN, ...words], core === undefined ? {} : { core });
    const usage = new Usage(child);
    const output = await outputOf(child);
    usage.stop();
    return [JSON.parse(output) as Result, usage];
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** When what was measured began and ended, by the wall clock. */
export function windowOf({ started_at, plan }: Result): [from: number, to: number] {
  const from = Date.parse(started_at) + plan.ramp_up_ms + plan.settle_ms;
  return [from, from + plan.duration_ms];
}

/** What may be wrong with a run: then its figures would be of another thing. */
export interface OurReport extends Seen {
  /** Memory of the workers, bytes: what grows with users. */
  workers_rss: number;
  wrong: number;
  /** The tool says that it was itself the limit. */
  confessed: boolean;
}

/** Our generator under a load, all its processes on one core. */
export async function ours(
  port: number,
  load: Load,
  { seconds, transport = 'net', storm = false }: { seconds: number; transport?: string; storm?: boolean },
): Promise<OurReport> {
  const ramp = storm ? 0 : Math.max(0.5, totalOf(load) / JOINS_A_SECOND);
  const options = { users: load.users, sessions: load.sessions, rate: load.rate, transport, workers: 1, seed: 1 };
  const times = { 'ramp-up': `${ramp}s`, settle: `${WARMUP_MS}ms`, duration: `${seconds}s` };
  const words = Object.entries({ ...options, ...times }).flatMap(([name, value]) => [`--${name}`, value]);
  const scenario = load.burst ? BURST : PLAIN;
  const [result, usage] = await run([scenario, '--url', `ws://127.0.0.1:${port}`, ...words], CLIENT_CORE);
  const [from, to] = windowOf(result);
  const { p50, p99, p999 } = trend(result, 'broadcast_latency');
  const wrong = ['lost', 'duplicated', 'reordered', 'misrouted', 'echoed', 'corrupted', 'disconnects_unexpected'];
  return {
    cpu: (usage.cpu(from, to) * 1000) / count(result, 'deliveries'),
    p50: p50 ?? Infinity,
    p99: p99 ?? Infinity,
    p999: p999 ?? Infinity,
    lag_p99: trend(result, 'send_lag').p99 ?? Infinity,
    rss: usage.rss((from + to) / 2),
    workers_rss: gauge(result.metrics, 'generator_rss').mean,
    // In a storm everybody begins at once, so the last to have joined tells how long it took.
    connects: (totalOf(load) / trend(result, 'join_time').max!) * 1000,
    wrong: wrong.reduce((sum, name) => sum + count(result, name), 0),
    confessed: result.verdicts.some(({ judge, standing }) => judge === 'generator' && standing !== 'pass'),
  };
}
