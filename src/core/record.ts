import type { CounterName, GaugeName, TrendName } from './metrics.ts';

/**
 * The one record of the pipeline: what a worker sends, a journal line, a piece of a shard, what the k6 engine prints.
 * Plain JSON. Records add up in any order; `result/measurement.ts` is the only reader.
 */

/** The stages of a run, by the due time of what is measured. */
export const STAGES = ['ramp', 'settle', 'steady', 'drain'] as const;
export type Stage = (typeof STAGES)[number];

/** A histogram of µs: `buckets` is pairs of index (core/buckets.ts) and count, by ascending index. */
export interface TrendRecord {
  count: number;
  /** What should have been measured and never came: infinite, for percentiles. */
  missing: number;
  sum_us: number;
  min_us: number;
  max_us: number;
  buckets: number[];
}

export interface GaugeRecord {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  /** When `last` was read; absent: at the end of its interval. */
  at_ms?: number;
}

/** What was measured in one stage. Absent is zero. */
export interface StageRecord {
  counters: Partial<Record<CounterName, number>>;
  gauges: Partial<Record<GaugeName, GaugeRecord>>;
  trends: Partial<Record<TrendName, TrendRecord>>;
}

export type Initiator = 'server' | 'client' | 'network';
export type Phase = 'connect' | 'join' | 'steady' | 'close';

/** Ended connections of one kind, counted. Times in ms of the run's clock. */
export interface Disconnect {
  /** WebSocket close code; 1006 where no close frame came; 0 before there was a WebSocket. */
  code: number;
  reason: string;
  initiator: Initiator;
  phase: Phase;
  expected: boolean;
  /** Present where the server sent what no server may: `code` is what its clients closed with, `reason` what it was. */
  breach?: true;
  count: number;
  first_ms: number;
  last_ms: number;
}

/** Errors of one kind, counted: refused connections, the server's `error` messages, a scenario that threw. */
export interface ErrorTally {
  kind: string;
  message: string;
  count: number;
  first_ms: number;
  last_ms: number;
}

/** Something noteworthy that happened: a stall, a storm, a worker's death. */
export interface RunEvent {
  at_ms: number;
  kind: string;
  text: string;
  /** When the first change was due of which it tells: put into words where the time of day is known. */
  first_due_ms?: number;
}

/** What kinds of violation an example can show: the oracle counter it belongs to. */
export type Violation = Extract<
  CounterName,
  | 'lost'
  | 'late'
  | 'duplicated'
  | 'reordered'
  | 'misrouted'
  | 'echoed'
  | 'corrupted'
  | 'invented'
  | 'heartbeats_missed'
  | 'version_errors'
  | 'presence_errors'
  | 'stale_snapshots'
  | 'overlapped'
  | 'missed_at_join'
  | 'diverged_replicas'
  | 'disconnects_unexpected'
>;

/** A change that a user received. */
export interface Receipt {
  sender: string;
  seq: number;
  at_ms: number;
}

/** One concrete case: who, what, when. Ids are those on the wire. */
export interface Example {
  kind: Violation;
  session: string;
  receiver?: string;
  sender?: string;
  seq?: number;
  item_id?: string;
  action?: string;
  due_ms?: number;
  at_ms?: number;
  note?: string;
  /** What the receiver had received just before, oldest first. */
  before?: Receipt[];
}

/**
 * What the target was seen to do, so that judges claim only what can be claimed.
 * `acks` command:ack · `versions` a version on commands · `state` a state of the server's own that is not empty ·
 * `null_state` null instead of one · `hosts` session:host · `roster` a list of users on joining · `notices` user:joined
 * or user:left
 */
export type Trait = 'acks' | 'versions' | 'state' | 'null_state' | 'hosts' | 'roster' | 'notices';

/**
 * How long stays in a session lasted that ended unexpectedly, and how long those had lasted that this tool itself
 * ended: pairs of index (core/buckets.ts, of ms) and count, by ascending index.
 */
export interface Stays {
  ended: number[];
  censored: number[];
  /** How long no byte had passed when the `ended` ones ended, as far as it is known. */
  quiet?: number[];
}

/** What one process saw in one interval, or several such added up. */
export interface Interval {
  /** The worker it comes from; after merging, the first of them. */
  worker: number;
  from_ms: number;
  to_ms: number;
  stages: Partial<Record<Stage, StageRecord>>;
  /** Copies on their way and within their deadline at `to_ms`. */
  pending: number;
  /** Absent: none was over. */
  stays?: Stays;
  /** Joined user-milliseconds of the interval, and planned ones: what availability is made of. */
  joined_user_ms: number;
  planned_user_ms: number;
  disconnects: Disconnect[];
  errors: ErrorTally[];
  events: RunEvent[];
  examples: Example[];
  traits: Trait[];
}
