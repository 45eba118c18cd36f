import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Metric, Result } from '../src/result/result.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The command as a person starts it, on one core where the system can be asked for that. */
export function start(options: readonly string[], core?: number): ChildProcess {
  const command = [process.execPath, MAIN, ...options];
  const pinned =
    core !== undefined && process.platform === 'linux' ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(pinned[0]!, pinned.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Everything a process prints, once it has ended. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  child.stdout!.on('data', (text) => (output += text));
  await once(child, 'close');
  return output;
}

/** One run; its result from `--json`. */
export const run = async (options: readonly string[], core?: number): Promise<Result> =>
  JSON.parse(await outputOf(start(['run', ...options, '--json', '--quiet', '--no-fail'], core))) as Result;

export const gauge = (metrics: Record<string, Metric>, name: string): Extract<Metric, { kind: 'gauge' }> =>
  metrics[name] as Extract<Metric, { kind: 'gauge' }>;
export const trend = ({ metrics }: Result, name: string): Extract<Metric, { kind: 'trend' }> =>
  metrics[name] as Extract<Metric, { kind: 'trend' }>;
export const count = ({ metrics }: Result, name: string): number =>
  (metrics[name] as Extract<Metric, { kind: 'counter' }>).count;

/** CPU of the generator a delivery, µs. */
export const cpuPerDelivery = (result: Result): number =>
  (gauge(result.metrics, 'generator_cpu').mean * Number(result.plan['duration_ms']) * 1000) /
  count(result, 'deliveries');

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
