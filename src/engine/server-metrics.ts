import { messageOf, ToolError } from '../core/errors.ts';
import type { GaugeName } from '../core/metrics.ts';
import { printable } from './addresses.ts';
import { basicAuth, withoutCredentials } from './credentials.ts';

/** How long a page may take, ms: a reading that is older says nothing of its second. */
const PATIENCE = 2000;
const MS_PER_S = 1000;

/** The samples of a Prometheus page by name, labels left out. */
function samplesOf(page: string): Map<string, number[]> {
  const samples = new Map<string, number[]>();
  for (const [, name, value] of page.matchAll(/^([A-Za-z_:][\w:]*)(?:\{.*\})?[ \t]+(\S+)/gm)) {
    const number = Number(value);
    if (Number.isFinite(number)) samples.set(name!, [...(samples.get(name!) ?? []), number]);
  }
  return samples;
}

/** What a page of metrics says of its server: of several processes together, and of the slowest event loop. */
export interface Reading {
  /** Processor time since the start, s. */
  cpu_s?: number;
  gauges: Partial<Record<GaugeName, number>>;
}

/** Reads a page as Prometheus' client libraries for Node, Python, Go, Java and others write it. */
export function readMetrics(page: string): Reading {
  const samples = samplesOf(page);
  const sum = (name: string): number | undefined => samples.get(name)?.reduce((all, one) => all + one, 0);
  const cpu = sum('process_cpu_seconds_total');
  const rss = sum('process_resident_memory_bytes');
  const files = sum('process_open_fds');
  const lags = samples.get('nodejs_eventloop_lag_seconds');
  return {
    ...(cpu !== undefined && { cpu_s: cpu }),
    gauges: {
      ...(rss !== undefined && { server_rss: rss }),
      ...(files !== undefined && { server_fds: files }),
      ...(lags && { server_event_loop_delay: Math.max(...lags) * MS_PER_S }),
    },
  };
}

/** The page of a server of the user's, read once a second by the coordinator (`--server-metrics`). */
export class ServerMetrics {
  readonly #url: string;
  /** Told when the page cannot be read any more, once until it can be again. */
  readonly #failed: (why: string) => void;
  #last: { cpu_s?: number; at: number } | undefined;
  #fresh: Partial<Record<GaugeName, number>> = {};
  #reading = false;
  #told = false;

  constructor(url: string, failed: (why: string) => void) {
    this.#url = url;
    this.#failed = failed;
  }

  /** What the page said since the last call, and has it read again; nobody waits for it. */
  take(): Partial<Record<GaugeName, number>> {
    const taken = this.#fresh;
    this.#fresh = {};
    if (!this.#reading) void this.#readAgain();
    return taken;
  }

  async #readAgain(): Promise<void> {
    this.#reading = true;
    try {
      await this.#read();
      this.#told = false;
    } catch (error) {
      if (!this.#told) this.#failed(`the page of --server-metrics cannot be read: ${messageOf(error)}`);
      this.#told = true;
    }
    this.#reading = false;
  }

  async #read(): Promise<void> {
    const { cpu_s, gauges } = readMetrics(await pageAt(this.#url));
    const at = performance.now();
    const last = this.#last;
    const cpu =
      last?.cpu_s === undefined || cpu_s === undefined ? undefined : ((cpu_s - last.cpu_s) * MS_PER_S) / (at - last.at);
    this.#last = { at, ...(cpu_s !== undefined && { cpu_s }) };
    // A counter that went back is a server that began anew.
    this.#fresh = { ...gauges, ...(cpu !== undefined && cpu >= 0 && { server_cpu: cpu }) };
  }
}

/**
 * Looks before the run whether the page is there and says something of use.
 * @throws ToolError (104)
 */
export async function checkMetrics(url: string): Promise<void> {
  const page = await pageAt(url).catch((error: unknown) => {
    throw new ToolError(`--server-metrics ${printable(url)} cannot be read: ${messageOf(error)}.`, {
      hint: 'It is the page that Prometheus would scrape, such as http://localhost:9100/metrics.',
      cause: error,
    });
  });
  const { cpu_s, gauges } = readMetrics(page);
  if (cpu_s !== undefined || Object.keys(gauges).length > 0) return;
  throw new ToolError(`--server-metrics ${printable(url)} says nothing of the process behind it.`, {
    hint: 'It is looked through for process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and nodejs_eventloop_lag_seconds.',
  });
}

/** @throws Error that says why there is none */
async function pageAt(url: string): Promise<string> {
  const address = new URL(url);
  // `fetch` takes no address with credentials in it.
  const response = await fetch(withoutCredentials(address), {
    signal: AbortSignal.timeout(PATIENCE),
    headers: { ...basicAuth(address) },
  }).catch((error: unknown) => {
    const { cause, name } = error as Error;
    if (name === 'TimeoutError') throw new Error(`nothing came within ${PATIENCE / MS_PER_S} s`);
    throw cause instanceof Error ? new Error((cause as NodeJS.ErrnoException).code ?? cause.message) : error;
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.text();
}
