import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Row } from './bench.ts';
import { cpuPerDelivery, median, outputOf, run, trend } from './run.ts';

/**
 * Our generator beside the C client of `limit/`, on the C server, in alternating runs: how near it is to what the
 * machine allows. Linux with a C compiler; elsewhere there are no such rows.
 */
const LIMIT = fileURLToPath(new URL('limit/', import.meta.url));
const PLAIN = fileURLToPath(new URL('plain.ts', import.meta.url));
const SERVER_CORE = 0;
const CLIENT_CORE = 1;
/** Bytes of a command as our users send it, so that both sides move the same. */
const SIZE = 470;

/** About 49,000 deliveries a second in every shape, and one of few frames a read against many. */
const SHAPES = [
  { users: 50, sessions: 5, rate: 4, batch: false },
  { users: 50, sessions: 100, rate: 0.2, batch: false },
  { users: 50, sessions: 5, rate: 16, batch: true },
];

interface Seen {
  cpu: number;
  p99: number;
}

/** Why there is nothing to compare with; nothing where there is. */
function build(): string | undefined {
  if (process.platform !== 'linux') return 'the C programs need Linux';
  const made = spawnSync('make', ['-s', '-C', LIMIT], { encoding: 'utf8' });
  return made.status === 0 ? undefined : 'the C programs could not be built: they need make and cc';
}

async function withServer<T>(batch: boolean, act: (port: number) => Promise<T>): Promise<T> {
  const options = ['--port', '0', '--cpu', String(SERVER_CORE), ...(batch ? ['--batch'] : [])];
  const server = spawn(`${LIMIT}limit-server`, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const [line] = (await once(createInterface({ input: server.stderr }), 'line')) as [string];
    return await act(Number(/(\d+)\D*$/.exec(line)![1]));
  } finally {
    server.kill();
  }
}

async function byC(port: number, { users, sessions, rate }: (typeof SHAPES)[number], seconds: number): Promise<Seen> {
  const options = { port, users, sessions, rate, duration: seconds, warmup: 2, size: SIZE, cpu: CLIENT_CORE };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const said = JSON.parse(
    await outputOf(spawn(`${LIMIT}limit-client`, words, { stdio: ['ignore', 'pipe', 'inherit'] })),
  ) as {
    cpu_us_per_delivery: number;
    response: { p99: number };
  };
  return { cpu: said.cpu_us_per_delivery, p99: said.response.p99 };
}

async function byUs(port: number, shape: (typeof SHAPES)[number], transport: string, seconds: number): Promise<Seen> {
  const { users, sessions, rate } = shape;
  const result = await run(
    [PLAIN, '--url', `ws://127.0.0.1:${port}`, '--transport', transport, '--workers', '1'].concat(
      ['--users', users, '--sessions', sessions, '--rate', rate, '--duration', `${seconds}s`].map(String),
    ),
    CLIENT_CORE,
  );
  return { cpu: cpuPerDelivery(result), p99: trend(result, 'broadcast_latency').p99 ?? Number.NaN };
}

/** Alternating rounds, medians of the ratios. */
export async function besideC(add: (row: Row) => void, rounds: number, seconds: number): Promise<void> {
  const missing = build();
  if (missing !== undefined) return add({ figure: 'beside the C client', value: missing, aim: '' });
  for (const shape of SHAPES) {
    const ratios: Record<string, number[]> = { net: [], ws: [] };
    const added: Record<string, number[]> = { net: [], ws: [] };
    for (let round = 0; round < rounds; round++) {
      await withServer(shape.batch, async (port) => {
        const c = await byC(port, shape, seconds);
        for (const transport of ['net', 'ws']) {
          const us = await byUs(port, shape, transport, seconds);
          ratios[transport]!.push(us.cpu / c.cpu);
          added[transport]!.push(us.p99 - c.p99);
        }
      });
    }
    const name = `${shape.sessions} × ${shape.users} users, ${shape.rate} changes/s each${shape.batch ? ', batched' : ''}`;
    add({ figure: `beside the C client, ${name}`, value: '', aim: '' });
    for (const transport of ['net', 'ws']) {
      const [ratio, late] = [median(ratios[transport]!), median(added[transport]!)];
      const aim = transport === 'net' ? (shape.batch ? '≤ 1.8 ×' : '≤ 1.5 ×') : '';
      add({ figure: `  ${transport}: CPU a checked delivery, C = 1`, value: `${ratio.toFixed(2)} ×`, aim });
      add({ figure: `  ${transport}: p99 above the C client’s, ms`, value: late.toFixed(2), aim: '' });
    }
  }
  return undefined;
}
