import type { Interval, RunEvent } from '../core/record.ts';
import type { Plan, RunIdentity, Target } from '../plan/plan.ts';
import type { Environment, Result } from '../result/result.ts';

/** A run, fully decided: what `execute` (execute.ts) carries out. */
export interface RunRequest {
  plan: Plan;
  run: RunIdentity;
  /** File URL of the scenario's module: a worker loads it again. */
  scenario_url: string;
  /** Absent: the bundled server is started in a process of its own on a free port, with `plan.faults`. */
  target?: Target;
  /** Command that starts the target, `{port}` filled in (`--start`); then `target.urls` may hold `{port}` too. */
  start?: string;
  /** Process of the target whose resources are read (`--server-pid`). */
  server_pid?: number;
  /** Page of the target's metrics, read each interval (`--server-metrics`); `{port}` as in `target.urls`. */
  server_metrics?: string;
  /** What users may do at most, where the plan's rate does not say: messages a second of one, items of a session. */
  room?: { rate: number; items: number };
  /** Addresses of this machine that users are sent from, dealt over them; absent: the system chooses. */
  source_addresses?: string[];
  /** Those of the loopback range that they are sent from instead, as one has too few ports, where the server is on IPv4. */
  loopback_sources?: string[];
  /** The run's own folder, already made; absent: nothing is written. */
  folder?: string;
}

/** What there is once a run starts. */
export interface StartedFacts {
  /** The target, as it may be printed. */
  url: string;
  environment: Environment;
  /** Processes of this run: its workers, and the server where the run started it or was told of it. */
  pids: { workers: number[]; server?: number };
}

/** What may watch a run as it goes. Every method is optional; none may throw. */
export interface RunObserver {
  /** Everything is ready and the run's clock starts. */
  started?(facts: StartedFacts): void;
  /** Once a second: what all workers saw in it, added up. */
  interval?(interval: Interval): void;
  /** Something noteworthy, as it happens. */
  event?(event: RunEvent): void;
}

export interface ExecuteHooks {
  observer?: RunObserver;
  /** First: stop sending, drain, judge what there is. */
  stop?: AbortSignal;
  /** Out at once; whole processes are killed. */
  kill?: AbortSignal;
}

/** A run that came to an end. When nobody could join there is no result: `execute` throws a ToolError with code 111. */
export interface Executed {
  result: Result;
  /** A scenario threw while a user ran it. */
  scenario_threw: boolean;
}
