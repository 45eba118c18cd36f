/**
 * What a run costs, measured on this machine: `npm run bench [-- --quick]` prints one table, and JSON with `--json`.
 * Nothing here passes or fails: timings are for reading, beside each other, in one run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { createServer } from '../server/server.ts';
import type { Metric, Result } from '../src/result/result.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Row {
  figure: string;
  value: string;
  aim: string;
}
const rows: Row[] = [];
const add = (figure: string, value: string, aim: string): void => {
  rows.push({ figure, value, aim });
  process.stderr.write(`${figure}: ${value}\n`);
};

/** One run of the command as a person types it; its result from `--json`. */
async function run(...options: string[]): Promise<Result> {
  const child = spawn(process.execPath, [MAIN, 'run', ...options, '--json', '--quiet', '--no-fail'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  await once(child, 'exit');
  return JSON.parse(output) as Result;
}

const gauge = (metrics: Record<string, Metric>, name: string): Extract<Metric, { kind: 'gauge' }> =>
  metrics[name] as Extract<Metric, { kind: 'gauge' }>;
const trend = ({ metrics }: Result, name: string): Extract<Metric, { kind: 'trend' }> =>
  metrics[name] as Extract<Metric, { kind: 'trend' }>;
const count = ({ metrics }: Result, name: string): number =>
  (metrics[name] as Extract<Metric, { kind: 'counter' }>).count;
const MIB = 1024 * 1024;

async function defaultRun(): Promise<void> {
  const result = await run('--users', '50', '--sessions', '5', '--duration', values.quick ? '10s' : '30s');
  const cpu = gauge(result.metrics, 'generator_cpu').mean;
  const seconds = Number(result.plan['duration_ms']) / 1000;
  add('50 users × 5 sessions: generator, cores', cpu.toFixed(2), 'under 0.50');
  const each = (cpu * seconds * 1e6) / count(result, 'deliveries');
  add('  the same, µs of CPU a checked delivery', each.toFixed(1), '');
  add('  lost, of deliveries', `${count(result, 'lost')} of ${count(result, 'deliveries_expected')}`, '0');
  const { p50, p99 } = trend(result, 'broadcast_latency');
  add('  broadcast_latency p50, p99, ms', `${p50}, ${p99}`, '');
  add('  send_lag p99, ms', String(trend(result, 'send_lag').p99), '');
}

async function thousand(): Promise<void> {
  const result = await run(
    '--users',
    '50',
    '--sessions',
    '20',
    '--ramp-up',
    '2s',
    '--rate',
    '0.2',
    '--duration',
    '10s',
  );
  const connected = gauge(result.metrics, 'users_connected');
  add('1,000 users in 20 sessions: held, at least', String(connected.min), '1000');
  add('  unexpected disconnects', String(count(result, 'disconnects_unexpected')), '0');
  add('  join_time p95, ms', String(trend(result, 'join_time').p95), '');
}

/** One long run: what the generator holds after half a minute, and at its end. */
async function memory(): Promise<void> {
  const [early, late] = values.quick ? [10, 40] : [30, 300];
  const result = await run(
    '--users',
    '50',
    '--sessions',
    '5',
    '--duration',
    `${late}s`,
    '--ramp-up',
    '1s',
    '--settle',
    '0s',
  );
  const around = (second: number): number => {
    const near = result.timeline.filter(({ from_ms }) => Math.abs(from_ms / 1000 - second) <= 5);
    const sizes = near.flatMap(({ metrics }) => gauge(metrics, 'generator_rss')?.mean ?? []);
    return sizes.reduce((sum, size) => sum + size, 0) / sizes.length / MIB;
  };
  const [before, after] = [around(early), around(late - 5)];
  add(`memory of the generator after ${early} s and ${late} s, MiB`, `${before.toFixed(0)}, ${after.toFixed(0)}`, '');
  add('  growth', `${((after / before - 1) * 100).toFixed(1)} %`, 'none');
}

async function firstMessage(): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < (values.quick ? 3 : 7); n++) {
    const server = await createServer({ port: 0 });
    const began = performance.now();
    const child = spawn(
      process.execPath,
      [MAIN, '--url', server.url, '--duration', '1s', '--ramp-up', '0s', '--settle', '0s', '--quiet', '--no-fail'],
      { stdio: 'ignore' },
    );
    while (server.counts().messages_received === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    times.push(performance.now() - began);
    await once(child, 'exit');
    await server.close();
  }
  times.sort((a, b) => a - b);
  add('start to first message, median, ms', times[Math.floor(times.length / 2)]!.toFixed(0), 'under 2000');
}

await firstMessage();
await defaultRun();
await thousand();
await memory();

if (values.json)
  process.stdout.write(`${JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, rows }, null, 2)}\n`);
else {
  const table = new Table({ head: ['figure', 'here', 'aim'], style: { head: [], border: [], compact: true } });
  for (const { figure, value, aim } of rows) table.push([figure, value, aim]);
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n${table.toString()}\n`);
}
