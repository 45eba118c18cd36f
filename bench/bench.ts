/**
 * What a run costs, measured on this machine: `npm run bench [-- --quick]` prints one table, and JSON with `--json`.
 * Nothing here passes or fails: timings are for reading, beside each other, in one run.
 */
import { once } from 'node:events';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { createServer } from '../server/server.ts';
import { besideC } from './beside.ts';
import { count, cpuPerDelivery, gauge, median, run, start, trend } from './run.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });
const MIB = 1024 * 1024;

/** One line of the table. */
export interface Row {
  figure: string;
  value: string;
  aim: string;
}
const rows: Row[] = [];
const add = (row: Row): void => {
  rows.push(row);
  process.stderr.write(`${row.figure}: ${row.value}\n`);
};

async function defaultRun(): Promise<void> {
  const result = await run(['--users', '50', '--sessions', '5', '--duration', values.quick ? '10s' : '30s']);
  const cpu = gauge(result.metrics, 'generator_cpu').mean;
  const { p50, p99 } = trend(result, 'broadcast_latency');
  const lost = `${count(result, 'lost')} of ${count(result, 'deliveries_expected')}`;
  add({ figure: '50 users × 5 sessions: generator, cores', value: cpu.toFixed(2), aim: 'under 0.50' });
  add({ figure: '  CPU a checked delivery, µs', value: cpuPerDelivery(result).toFixed(1), aim: '' });
  add({ figure: '  lost, of deliveries', value: lost, aim: '0' });
  add({ figure: '  broadcast_latency p50, p99, ms', value: `${p50}, ${p99}`, aim: '' });
  add({ figure: '  send_lag p99, ms', value: String(trend(result, 'send_lag').p99), aim: '' });
}

async function thousand(): Promise<void> {
  const shape = ['--users', '50', '--sessions', '20', '--ramp-up', '2s', '--rate', '0.2', '--duration', '10s'];
  const result = await run(shape);
  const held = gauge(result.metrics, 'users_connected').min;
  add({ figure: '1,000 users in 20 sessions: held, at least', value: String(held), aim: '1000' });
  const thrown = String(count(result, 'disconnects_unexpected'));
  add({ figure: '  unexpected disconnects', value: thrown, aim: '0' });
  add({ figure: '  join_time p95, ms', value: String(trend(result, 'join_time').p95), aim: '' });
}

/** One long run: what the generator holds early, and at its end. */
async function memory(): Promise<void> {
  const [early, late] = values.quick ? [10, 40] : [30, 300];
  const shape = ['--users', '50', '--sessions', '5', '--duration', `${late}s`, '--ramp-up', '1s', '--settle', '0s'];
  const result = await run(shape);
  const around = (second: number): number => {
    const near = result.timeline.filter(({ from_ms }) => Math.abs(from_ms / 1000 - second) <= 5);
    return median(near.flatMap(({ metrics }) => gauge(metrics, 'generator_rss')?.mean ?? [])) / MIB;
  };
  const [before, after] = [around(early), around(late - 5)];
  const both = `${before.toFixed(0)}, ${after.toFixed(0)}`;
  add({ figure: `memory of the generator after ${early} s and ${late} s, MiB`, value: both, aim: '' });
  add({ figure: '  growth', value: `${((after / before - 1) * 100).toFixed(1)} %`, aim: 'none' });
}

async function firstMessage(): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < (values.quick ? 3 : 7); n++) {
    const server = await createServer({ port: 0 });
    const began = performance.now();
    const shape = ['--duration', '1s', '--ramp-up', '0s', '--settle', '0s', '--quiet', '--no-fail'];
    const child = start(['--url', server.url, ...shape]);
    while (server.counts().messages_received === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    times.push(performance.now() - began);
    await once(child, 'exit');
    await server.close();
  }
  add({ figure: 'start to first message, median, ms', value: median(times).toFixed(0), aim: 'under 2000' });
}

await firstMessage();
await defaultRun();
await thousand();
await besideC(add, values.quick ? 1 : 5, values.quick ? 4 : 8);
await memory();

const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
else {
  const table = new Table({ head: ['figure', 'here', 'aim'], style: { head: [], border: [], compact: true } });
  for (const { figure, value, aim } of rows) table.push([figure, value, aim]);
  process.stdout.write(`${machine}\n${table.toString()}\n`);
}
