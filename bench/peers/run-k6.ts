import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SIZE, WARMUP_MS, type Load, type Seen } from '../load.ts';
import { CLIENT_CORE, isInstalled, outputOf, start, Usage } from '../processes.ts';

const SCRIPT = fileURLToPath(new URL('k6.ts', import.meta.url));
/** Where `go build -o k6 go.k6.io/k6/v2` in k6/ puts it. */
const BUILT = fileURLToPath(new URL('../../k6/k6', import.meta.url));

/** k6's program; nothing where it is not installed. */
export const k6Program = (): string | undefined =>
  isInstalled('k6', 'version') ? 'k6' : existsSync(BUILT) ? BUILT : undefined;

export interface K6Report extends Omit<Seen, 'connects'> {
  /** Deliveries that were in time to be counted, as a share of those expected. */
  heard: number;
}

/** k6 under a load, on one core. */
export async function k6(program: string, port: number, load: Load, seconds: number): Promise<K6Report> {
  const { users, rate } = load;
  const env = { URL: `ws://127.0.0.1:${port}`, USERS: users, RATE: rate, SECONDS: seconds, WARMUP_MS, SIZE };
  const words = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const child = start([program, 'run', '--quiet', '--no-usage-report', ...words, SCRIPT], { core: CLIENT_CORE });
  const usage = new Usage(child);
  const said = JSON.parse(await outputOf(child)) as {
    began: number;
    from_ms: number;
    to_ms: number;
    latency: Record<string, number>;
    lag: Record<string, number>;
    deliveries: number;
    commands: number;
    handled: number;
  };
  usage.stop();
  const [from, to] = [said.began + said.from_ms, said.began + said.to_ms];
  return {
    cpu: (usage.cpu(from, to) * 1000) / said.handled,
    p50: said.latency['med']!,
    p99: said.latency['p(99)']!,
    p999: said.latency['p(99.9)']!,
    lag_p99: said.lag['p(99)']!,
    rss: usage.rss((from + to) / 2),
    heard: said.deliveries / (said.commands * (users - 1)),
  };
}
