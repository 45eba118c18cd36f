import type { Interval } from '../core/record.ts';
import type { Plan, Target } from '../plan/plan.ts';

/** What the coordinator tells a worker. */
export type Order =
  | {
      kind: 'prepare';
      worker: number;
      plan: Plan;
      run: string;
      scenario_url: string;
      target: Target;
      /** Indices in the whole run of the worker's sessions. */
      sessions: number[];
    }
  /** `epoch` is the run's zero on the machine's monotonic clock, µs. */
  | { kind: 'go'; epoch: number }
  /** Nothing more is sent; drain, then leave. */
  | { kind: 'stop' };

/** What a worker tells the coordinator. */
export type Report =
  | { kind: 'ready' }
  | { kind: 'interval'; interval: Interval; connected: number }
  /** The scenario or the worker itself threw; `tool` where it was not the scenario. */
  | { kind: 'failed'; message: string }
  | { kind: 'done' };

/** How the sessions are dealt out: whole sessions, round robin, so that every worker has its share at every moment. */
export function dealSessions(sessions: readonly number[], workers: number): number[][] {
  const hands: number[][] = Array.from({ length: Math.min(workers, sessions.length) }, () => []);
  for (const [at, session] of sessions.entries()) hands[at % hands.length]!.push(session);
  return hands;
}

/** The sessions of this shard: every `of`-th of the whole run's, whole. */
export function sessionsOf(plan: Plan): number[] {
  const all = Array.from({ length: plan.sessions }, (_, session) => session);
  return all.filter((session) => session % plan.shard.of === plan.shard.index - 1);
}
