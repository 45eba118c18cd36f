import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** One core for the server, one for whoever loads it: what they take is then their own. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

const pins = process.platform === 'linux' && spawnSync('taskset', ['-V']).status === 0;

/** @returns whether a program is installed, by asking it for its version */
export const isInstalled = (program: string, ...asking: string[]): boolean =>
  spawnSync(program, asking, { stdio: 'ignore' }).status === 0;

/** Starts a program, on one core where the system can be asked for that. Its errors are shown. */
export function start(command: readonly string[], options: { core?: number; env?: object } = {}): ChildProcess {
  const { core, env } = options;
  const words = core !== undefined && pins ? ['taskset', '-c', String(core), ...command] : command;
  return spawn(words[0]!, words.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
}

/** Everything a process prints, once it has ended. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  child.stdout!.on('data', (text) => (output += text));
  await once(child, 'close');
  return output;
}

/** The kernel counts processor time in hundredths of a second on every Linux of today (sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
const LOOKED_AT_MS = 100;

interface Look {
  at: number;
  /** CPU so far, ms. */
  cpu: number;
  /** CPU so far of the first process alone, ms. */
  own: number;
  rss: number;
}

/** Follows a process and its children from outside, by one method for every program: nobody reports on itself. */
export class Usage {
  readonly #pid: number;
  readonly #looks: Look[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor({ pid }: ChildProcess) {
    this.#pid = pid!;
    this.#timer = setInterval(() => this.#look(), LOOKED_AT_MS);
  }

  #look(): void {
    try {
      const all = familyOf(this.#pid).map(resources);
      const sum = (of: 'cpu' | 'rss'): number => all.reduce((total, one) => total + one[of], 0);
      this.#looks.push({ at: Date.now(), cpu: sum('cpu'), own: all[0]!.cpu, rss: sum('rss') });
    } catch {
      // It has ended, or one of its children just has.
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** CPU between two times of the wall clock, ms; `own`: without the children. */
  cpu(from: number, to: number, of: 'cpu' | 'own' = 'cpu'): number {
    return this.#at(to, of) - this.#at(from, of);
  }

  /** Resident memory at a time of the wall clock, bytes, of all processes together. */
  rss(at: number): number {
    return this.#at(at, 'rss');
  }

  /** In between two looks as much as the line through them says. */
  #at(time: number, of: 'cpu' | 'own' | 'rss'): number {
    const next = this.#looks.findIndex(({ at }) => at >= time);
    if (next <= 0) throw new Error('the process was not looked at then');
    const [a, b] = [this.#looks[next - 1]!, this.#looks[next]!];
    return a[of] + ((b[of] - a[of]) * (time - a.at)) / (b.at - a.at);
  }
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => familyOf(Number(child))))];
}

function resources(pid: number): { cpu: number; rss: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and brackets: fields are counted from behind its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rss: Number(fields[21]) * PAGE_BYTES };
}
