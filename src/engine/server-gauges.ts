import type { GaugeName } from '../core/metrics.ts';
import { ProcessStats } from './process-stats.ts';
import { ServerMetrics } from './server-metrics.ts';
import type { RunningTarget } from './target.ts';

/** What is known of the server's resources, whoever tells: the system, the bundled server, or its page of metrics. */
export class ServerGauges {
  readonly #target: RunningTarget;
  readonly #stats: ProcessStats | undefined;
  readonly #metrics: ServerMetrics | undefined;

  /** @param failed told when a page of metrics cannot be read any more */
  constructor(target: RunningTarget, failed: (why: string) => void) {
    this.#target = target;
    this.#stats = target.pid === undefined ? undefined : new ProcessStats(target.pid);
    this.#metrics = target.metrics === undefined ? undefined : new ServerMetrics(target.metrics, failed);
  }

  /** @param now ms of the run's clock */
  sample(now: number): [GaugeName, number][] {
    const delay = this.#target.loopDelay?.();
    const all: Partial<Record<GaugeName, number>> = {
      ...this.#metrics?.take(),
      ...this.#stats?.sample(now),
      ...(delay !== undefined && { server_event_loop_delay: delay }),
    };
    return Object.entries(all) as [GaugeName, number][];
  }
}
