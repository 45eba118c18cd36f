import { fork, type ChildProcess } from 'node:child_process';
import { acrossWorkers } from '../result/interval.ts';
import type { Interval, RunEvent } from '../core/record.ts';
import { isStop, stoppedEarly, ToolError } from '../core/errors.ts';
import type { Target } from '../plan/plan.ts';
import { dealSessions, type Order, type Report } from './channel.ts';
import { programUrl } from './programs.ts';
import type { RunRequest } from './request.ts';

/**
 * New objects are collected in pieces of so many MiB: a worker makes few that last, and stands still for each
 * collection as long as it has to look at, 0.5 ms instead of 3 to 7. It also keeps three times as much memory.
 */
const YOUNG_MIB = 2;

interface Worker {
  number: number;
  sessions: number[];
  process: ChildProcess;
  done: boolean;
  gone: boolean;
  reported: number;
}

export interface WorkersHooks {
  /** What all workers saw in one second. */
  interval(interval: Interval): void;
  event(event: RunEvent): void;
  /** Milliseconds of the run's clock. */
  now(): number;
}

const SLICE_MS = 1000;

/** What ends a process for want of memory: the system, and Node itself. */
const OUT_OF_MEMORY: Partial<Record<string, string>> = {
  SIGKILL: ', as the system does where memory runs out',
  SIGABRT: ', as Node does where its memory runs out: take more workers',
};

/** The child processes that simulate the users, from their start to their end. */
export class Workers {
  readonly #workers: Worker[];
  readonly #hooks: WorkersHooks;
  /** Intervals of seconds that not every worker has reported yet. */
  readonly #waiting = new Map<number, Interval[]>();
  readonly #ready: Promise<void>;
  /** Ends when every worker has. */
  readonly ended: Promise<void>;
  #killed = false;
  /** What a worker said when it failed; absent where none did. */
  failure: string | undefined;

  constructor(request: RunRequest, target: Target, sessions: readonly number[], hooks: WorkersHooks) {
    this.#hooks = hooks;
    const hands = dealSessions(sessions, request.plan.workers);
    this.#workers = hands.map((hand, number) => ({
      number,
      sessions: hand,
      // What a scenario file prints is no result: both outputs are standard error.
      process: fork(programUrl('worker'), [], {
        stdio: ['ignore', 2, 2, 'ipc'],
        execArgv: [...process.execArgv, `--max-semi-space-size=${YOUNG_MIB}`],
      }),
      done: false,
      gone: false,
      reported: -1,
    }));
    this.#ready = Promise.all(this.#workers.map((worker) => this.#readiness(worker))).then(() => {});
    this.ended = Promise.all(this.#workers.map((worker) => this.#ending(worker))).then(() => this.#flush(Infinity));
    for (const worker of this.#workers) {
      worker.process.on('message', (message) => this.#hear(worker, message as Report));
      this.#tell(worker, {
        kind: 'prepare',
        worker: worker.number,
        plan: request.plan,
        run: request.run.id,
        scenario_url: request.scenario_url,
        target,
        sessions: worker.sessions,
      });
    }
  }

  get pids(): number[] {
    return this.#workers.flatMap(({ process: { pid } }) => pid ?? []);
  }

  /** @throws ToolError where a worker could not load the scenario */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** @param epoch the run's zero, µs of the machine's monotonic clock */
  go(epoch: number): void {
    for (const worker of this.#workers) this.#tell(worker, { kind: 'go', epoch });
  }

  stop(): void {
    for (const worker of this.#workers) this.#tell(worker, { kind: 'stop' });
  }

  kill(): void {
    this.#killed = true;
    for (const worker of this.#workers) worker.process.kill('SIGKILL');
  }

  #tell(worker: Worker, order: Order): void {
    if (worker.process.connected) worker.process.send(order, () => {});
  }

  #readiness(worker: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      worker.process.on('message', (message) => {
        const report = message as Report;
        if (report.kind === 'ready') resolve();
        if (report.kind === 'failed') reject(new ToolError(report.message.split('\n')[0]!));
      });
      worker.process.once('error', reject);
      worker.process.once('exit', (code, signal) => {
        if (isStop(signal)) return reject(stoppedEarly());
        reject(new ToolError(`A worker process ended before it began (${signal ?? `exit ${code}`}).`, { exitCode: 1 }));
      });
    });
  }

  #ending(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      worker.process.once('exit', (code, signal) => {
        worker.gone = true;
        if (!worker.done && !this.#killed) this.#died(worker, signal ?? `exit ${code}`);
        this.#flushWhole();
        resolve();
      });
    });
  }

  #died(worker: Worker, how: string): void {
    const names = worker.sessions.map((session) => `s${String(session).padStart(4, '0')}`);
    const some = names.length > 4 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ');
    this.#hooks.event({
      at_ms: this.#hooks.now(),
      kind: 'worker-died',
      text: `a worker of the load generator died (${how}${OUT_OF_MEMORY[how] ?? ''}): what its ${names.length} sessions (${some}) saw from here on is unknown`,
    });
  }

  #hear(worker: Worker, report: Report): void {
    if (report.kind === 'done') worker.done = true;
    if (report.kind === 'failed') this.failure ??= report.message;
    if (report.kind !== 'interval') return;
    const { interval } = report;
    const slice = Math.floor((interval.from_ms + interval.to_ms) / 2 / SLICE_MS);
    worker.reported = slice;
    const waiting = this.#waiting.get(slice);
    if (waiting) waiting.push(interval);
    else this.#waiting.set(slice, [interval]);
    this.#flushWhole();
  }

  /** Hands over the seconds that all living workers have reported. */
  #flushWhole(): void {
    const reported = this.#workers.filter((worker) => !worker.gone && !worker.done).map((worker) => worker.reported);
    this.#flush(reported.length > 0 ? Math.min(...reported) : Infinity);
  }

  #flush(until: number): void {
    const slices = [...this.#waiting.keys()].filter((slice) => slice <= until).sort((a, b) => a - b);
    for (const slice of slices) {
      this.#hooks.interval(acrossWorkers(this.#waiting.get(slice)!));
      this.#waiting.delete(slice);
    }
  }
}
