import type { GaugeName } from '../core/metrics.ts';
import { ProcessStats } from './process-stats.ts';
import { ServerMetrics } from './server-metrics.ts';
import type { RunningTarget } from './target.ts';

/** What is known of the server's resources, whoever tells: the system, the bundled server, or its page of metrics. */
export class ServerGauges {
  readonly #target: RunningTarget;
  readonly #stats: ProcessStats | undefined;
  readonly #metrics: ServerMetrics | undefined;
  readonly #failed: (kind: string, why: string) => void;
  #unseen: string | undefined;

  /** @param failed told when its processes cannot be seen, or a page of metrics cannot be read any more */
  constructor(target: RunningTarget, failed: (kind: string, why: string) => void) {
    this.#target = target;
    this.#failed = failed;
    this.#stats = target.processes && new ProcessStats(target.processes);
    this.#metrics =
      target.metrics === undefined
        ? undefined
        : new ServerMetrics(target.metrics, (why) => failed('server-metrics', why));
  }

  /** How many files a process of the server may have open that has all of them. */
  get full(): number | undefined {
    return this.#stats?.full;
  }

  /** What is to be said once the server was stopped: what was measured besides, and what of it is left. */
  afterwards(): string[] {
    const others = this.#stats?.others;
    const left = this.#target.processes?.left() ?? [];
    return [
      ...(others === undefined
        ? []
        : [`the server’s processor time, memory and files are also those of processes that began later: ${others}`]),
      ...(left.length === 0 ? [] : [`left the process group of --start, and so not ended with it: ${left.join(', ')}`]),
    ];
  }

  /** @param now ms of the run's clock */
  sample(now: number): [GaugeName, number][] {
    const delay = this.#target.loopDelay?.();
    const unseen = this.#target.processes?.unknown;
    if (unseen !== undefined && unseen !== this.#unseen) this.#failed('server-processes', unseen);
    this.#unseen = unseen;
    const all: Partial<Record<GaugeName, number>> = {
      ...this.#metrics?.take(),
      ...this.#stats?.sample(now),
      ...(delay !== undefined && { server_event_loop_delay: delay }),
    };
    return Object.entries(all) as [GaugeName, number][];
  }
}
