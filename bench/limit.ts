import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SIZE, WARMUP_MS, type Load, type Seen } from './load.ts';
import { MAIN } from './ours.ts';
import { CLIENT_CORE, outputOf, SERVER_CORE, start } from './processes.ts';

/** The programs in C: what the machine allows. */
const FOLDER = fileURLToPath(new URL('limit/', import.meta.url));
const SHARED = ['system', 'options', 'websocket', 'request', 'stream', 'message'];
const PROGRAMS = {
  'limit-server': ['limit-server', 'client', 'session', ...SHARED],
  'limit-client': ['limit-client', 'ledger', 'order', 'histogram', 'schedule', 'usage', ...SHARED],
};

/** Builds them. @returns why there is nothing to compare with; nothing where there is */
export function build(): string | undefined {
  if (process.platform !== 'linux') return 'the C programs need Linux';
  const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (compiler === undefined) return 'the C programs need a C compiler: there is no cc, gcc or clang';
  for (const [program, sources] of Object.entries(PROGRAMS)) {
    const files = sources.map((name) => `${name}.c`);
    const made = spawnSync(compiler, ['-O2', '-std=gnu11', '-o', program, ...files, '-lm'], {
      cwd: FOLDER,
      encoding: 'utf8',
    });
    if (made.status !== 0) return `${compiler} could not build ${program}: ${made.stderr.split('\n')[0]}`;
  }
  return undefined;
}

/** The servers that are measured against, and ours. `gathered`: what is sent within 300 µs is handled at once. */
export const SERVERS = {
  limit: [`${FOLDER}limit-server`, '--port', '0', '--cpu', String(SERVER_CORE)],
  batch: [`${FOLDER}limit-server`, '--port', '0', '--cpu', String(SERVER_CORE), '--batch'],
  gathered: [`${FOLDER}limit-server`, '--port', '0', '--cpu', String(SERVER_CORE), '--batch', '--gather', '300'],
  ours: [process.execPath, MAIN, 'serve', '--port', '0'],
};

/** Runs a server on its core for as long as `act` takes. */
export async function withServer<T>(server: keyof typeof SERVERS, act: (port: number) => Promise<T>): Promise<T> {
  const child =
    server === 'ours'
      ? start(SERVERS.ours, { core: SERVER_CORE })
      : spawn(SERVERS[server][0]!, SERVERS[server].slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: (server === 'ours' ? child.stdout : child.stderr)! });
    const port = await new Promise<number>((resolve, reject) => {
      lines.on('line', (line) => {
        const found = /127\.0\.0\.1:(\d+)/.exec(line);
        if (found) resolve(Number(found[1]));
      });
      child.once('exit', () => reject(new Error(`the server "${server}" ended before it listened`)));
    });
    return await act(port);
  } finally {
    child.kill();
    await ended;
  }
}

/** What the C client says, as far as it is read here. */
export interface LimitReport extends Seen {
  deliveries_per_s: number;
  frames_per_read: number;
  /** Share of the time in which it could have run but had no core: others used it. */
  waited: number;
  /** Deliveries that were lost, doubled, misrouted or otherwise wrong, and users who were cut off. */
  wrong: number;
}

interface Line {
  [name: string]: number;
}
type Said = Line & { response: Line; send_lag: Line };

async function client(port: number, options: Record<string, number>): Promise<LimitReport> {
  const all = { port, warmup: WARMUP_MS / 1000, size: SIZE, cpu: CLIENT_CORE, seed: 1, ...options };
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const said = JSON.parse(await outputOf(start([`${FOLDER}limit-client`, ...words]))) as Said;
  const { response, send_lag } = said;
  return {
    cpu: said['cpu_us_per_delivery']!,
    p50: response['p50']!,
    p99: response['p99']!,
    p999: response['p999']!,
    lag_p99: send_lag['p99']!,
    rss: said['rss_kb']! * 1024,
    connects: said['connect_per_s']!,
    deliveries_per_s: said['deliveries_per_s']!,
    frames_per_read: said['frames_per_read']!,
    waited: said['cpu_wait']!,
    wrong: ['lost', 'duplicated', 'reordered', 'misrouted', 'echoed', 'corrupted', 'disconnected'].reduce(
      (sum, name) => sum + said[name]!,
      0,
    ),
  };
}

export const limitClient = (port: number, { users, sessions, rate, burst = 1 as 4 }: Load, seconds: number) =>
  client(port, { users, sessions, rate, burst, duration: seconds });

/** A closed loop: as many commands are under way in each session at any time. */
export const saturate = (port: number, users: number, sessions: number, seconds: number) =>
  client(port, { users, sessions, saturate: 4, duration: seconds });
