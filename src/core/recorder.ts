import { BUCKETS, bucketOf, MAX_US, MIN_US } from './buckets.ts';
import { COUNTER_NAMES, TREND_NAMES, type CounterName, type GaugeName, type TrendName } from './metrics.ts';
import {
  STAGES,
  type Disconnect,
  type ErrorTally,
  type Example,
  type GaugeRecord,
  type Interval,
  type RunEvent,
  type StageRecord,
  type Trait,
  type TrendRecord,
  type Violation,
} from './record.ts';

/** Numbers for names, so that the hot path indexes arrays. */
const numbers = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name, at) => [name, at])) as Record<Name, number>;

export const COUNTER: Record<CounterName, number> = numbers(COUNTER_NAMES);
export const TREND: Record<TrendName, number> = numbers(TREND_NAMES);
const STAGE_RAMP = 0;
const STAGE_SETTLE = 1;
const STAGE_STEADY = 2;
const STAGE_DRAIN = 3;

/** Examples of one kind that one interval keeps. */
const EXAMPLES_PER_KIND = 10;
/** Different kinds of disconnects or errors that one interval keeps apart. */
const KINDS = 200;

class Histogram {
  counts = new Uint32Array(BUCKETS);
  count = 0;
  missing = 0;
  sum = 0;
  min = Infinity;
  max = 0;
  /** Range of buckets in use, so that a flush need not look at all of them. */
  lowest = BUCKETS;
  highest = -1;

  take(): TrendRecord | undefined {
    if (this.count === 0 && this.missing === 0) return undefined;
    const buckets: number[] = [];
    for (let at = this.lowest; at <= this.highest; at++) {
      if (this.counts[at]! > 0) {
        buckets.push(at, this.counts[at]!);
        this.counts[at] = 0;
      }
    }
    const taken = {
      count: this.count,
      missing: this.missing,
      sum_us: this.sum,
      min_us: this.count > 0 ? this.min : 0,
      max_us: this.max,
      buckets,
    };
    this.count = this.missing = this.sum = this.max = 0;
    this.min = Infinity;
    this.lowest = BUCKETS;
    this.highest = -1;
    return taken;
  }
}

/**
 * Takes down what one process sees, by the stage of its due time, and hands it over once an interval. Between two
 * intervals nothing is allocated: counters and buckets are typed arrays.
 */
export class Recorder {
  readonly #counters = STAGES.map(() => new Float64Array(COUNTER_NAMES.length));
  readonly #trends: (Histogram | undefined)[] = Array.from({ length: STAGES.length * TREND_NAMES.length });
  readonly #gauges: Map<GaugeName, GaugeRecord>[] = STAGES.map(() => new Map());
  readonly #disconnects = new Map<string, Disconnect>();
  readonly #errors = new Map<string, ErrorTally>();
  readonly #rampEnd: number;
  readonly #settleEnd: number;
  #steadyEnd: number;
  #events: RunEvent[] = [];
  #examples: Example[] = [];
  #examplesOfKind = new Map<Violation, number>();
  readonly #traits = new Set<Trait>();
  #joinedUserMs = 0;
  #plannedUserMs = 0;
  /** How many stays were how long: counts by the bucket of ms. */
  readonly #staysEnded = new Map<number, number>();
  readonly #staysCensored = new Map<number, number>();
  readonly #quietEnds = new Map<number, number>();

  /** @param ends the end of each stage, ms of the run's clock */
  constructor(ends: { ramp: number; settle: number; steady: number }) {
    this.#rampEnd = ends.ramp * 1000;
    this.#settleEnd = ends.settle * 1000;
    this.#steadyEnd = ends.steady * 1000;
  }

  /** The stage in which something due at `us` belongs. */
  stageOf(us: number): number {
    if (us >= this.#settleEnd) return us < this.#steadyEnd ? STAGE_STEADY : STAGE_DRAIN;
    return us < this.#rampEnd ? STAGE_RAMP : STAGE_SETTLE;
  }

  /** Ends the measured window early, as a stopped run does. */
  endWindow(us: number): void {
    this.#steadyEnd = Math.min(this.#steadyEnd, us);
  }

  /** @param n may be negative: a loss that turned out to be late is taken back */
  count(stage: number, counter: number, n: number): void {
    this.#counters[stage]![counter]! += n;
  }

  /** Records a measured time of `us` µs; outside of 1 µs to one hour it is clamped, and counted as such. */
  measure(stage: number, trend: number, us: number): void {
    const histogram = this.#histogram(stage, trend);
    let value = us;
    if (!(us >= MIN_US)) {
      value = MIN_US;
      if (!(us > -1)) this.count(stage, COUNTER.clamped, 1);
    } else if (us > MAX_US) {
      value = MAX_US;
      this.count(stage, COUNTER.clamped, 1);
    }
    const bucket = bucketOf(value);
    histogram.counts[bucket]!++;
    histogram.count++;
    histogram.sum += value;
    if (value < histogram.min) histogram.min = value;
    if (value > histogram.max) histogram.max = value;
    if (bucket < histogram.lowest) histogram.lowest = bucket;
    if (bucket > histogram.highest) histogram.highest = bucket;
  }

  /** Counts measurements that never came; negative where one did come after all. */
  missing(stage: number, trend: number, n: number): void {
    this.#histogram(stage, trend).missing += n;
  }

  #histogram(stage: number, trend: number): Histogram {
    return (this.#trends[stage * TREND_NAMES.length + trend] ??= new Histogram());
  }

  gauge(stage: number, name: GaugeName, value: number): void {
    const known = this.#gauges[stage]!.get(name);
    if (!known) {
      this.#gauges[stage]!.set(name, { count: 1, sum: value, min: value, max: value, last: value });
      return;
    }
    known.count++;
    known.sum += value;
    known.min = Math.min(known.min, value);
    known.max = Math.max(known.max, value);
    known.last = value;
  }

  trait(trait: Trait): void {
    this.#traits.add(trait);
  }

  disconnect(kind: Omit<Disconnect, 'count' | 'first_ms' | 'last_ms'>, at_ms: number): void {
    const key = `${kind.code} ${kind.initiator} ${kind.phase} ${kind.expected} ${kind.breach ?? ''} ${kind.reason}`;
    tally(this.#disconnects, key, at_ms, () => ({ ...kind, count: 0, first_ms: at_ms, last_ms: at_ms }));
  }

  error(kind: string, message: string, at_ms: number): void {
    tally(this.#errors, `${kind} ${message}`, at_ms, () => ({
      kind,
      message,
      count: 0,
      first_ms: at_ms,
      last_ms: at_ms,
    }));
  }

  event(event: RunEvent): void {
    this.#events.push(event);
  }

  /** Whether an example of this kind would be kept: ask before making one. */
  wants(kind: Violation): boolean {
    return (this.#examplesOfKind.get(kind) ?? 0) < EXAMPLES_PER_KIND;
  }

  example(example: Example): void {
    if (!this.wants(example.kind)) return;
    this.#examplesOfKind.set(example.kind, (this.#examplesOfKind.get(example.kind) ?? 0) + 1);
    this.#examples.push(example);
  }

  /**
   * A stay in a session is over.
   * @param ended it ended although nobody meant it to; else it might have lasted longer
   * @param quiet_ms how long no byte had passed then, where that is known
   */
  stay(ms: number, ended: boolean, quiet_ms?: number): void {
    add(ended ? this.#staysEnded : this.#staysCensored, ms);
    if (quiet_ms !== undefined) add(this.#quietEnds, quiet_ms);
  }

  /** Joined and planned user-milliseconds, for availability. */
  presence(joined: number, planned: number): void {
    this.#joinedUserMs += joined;
    this.#plannedUserMs += planned;
  }

  /** Hands over everything since the last call, and begins anew. */
  take(worker: number, from_ms: number, to_ms: number, pending: number): Interval {
    const interval: Interval = {
      worker,
      from_ms,
      to_ms,
      stages: {},
      pending,
      joined_user_ms: this.#joinedUserMs,
      planned_user_ms: this.#plannedUserMs,
      disconnects: [...this.#disconnects.values()],
      errors: [...this.#errors.values()],
      events: this.#events,
      examples: this.#examples,
      traits: [...this.#traits],
    };
    if (this.#staysEnded.size + this.#staysCensored.size > 0) {
      interval.stays = { ended: pairsOf(this.#staysEnded), censored: pairsOf(this.#staysCensored) };
      if (this.#quietEnds.size > 0) interval.stays.quiet = pairsOf(this.#quietEnds);
      this.#quietEnds.clear();
      this.#staysEnded.clear();
      this.#staysCensored.clear();
    }
    for (const [at, stage] of STAGES.entries()) {
      const taken = this.#takeStage(at);
      if (taken) interval.stages[stage] = taken;
    }
    this.#disconnects.clear();
    this.#errors.clear();
    this.#events = [];
    this.#examples = [];
    this.#examplesOfKind = new Map();
    this.#joinedUserMs = this.#plannedUserMs = 0;
    return interval;
  }

  #takeStage(at: number): StageRecord | undefined {
    const record: StageRecord = { counters: {}, gauges: Object.fromEntries(this.#gauges[at]!), trends: {} };
    const counters = this.#counters[at]!;
    let something = this.#gauges[at]!.size > 0;
    for (const [index, name] of COUNTER_NAMES.entries()) {
      if (counters[index] === 0) continue;
      record.counters[name] = counters[index]!;
      counters[index] = 0;
      something = true;
    }
    for (const [index, name] of TREND_NAMES.entries()) {
      const trend = this.#trends[at * TREND_NAMES.length + index]?.take();
      if (!trend) continue;
      record.trends[name] = trend;
      something = true;
    }
    this.#gauges[at]!.clear();
    return something ? record : undefined;
  }
}

/** Pairs of bucket and count, by ascending bucket. */
const pairsOf = (counts: ReadonlyMap<number, number>): number[] => [...counts].sort(([a], [b]) => a - b).flat();

/** Counts one more of a kind; past {@link KINDS} kinds, what comes new is counted with the last. */
/** Counts a time by its bucket of ms. */
function add(counts: Map<number, number>, ms: number): void {
  const bucket = bucketOf(Math.min(Math.max(Math.round(ms), MIN_US), MAX_US));
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}

function tally<T extends { count: number; last_ms: number }>(
  kinds: Map<string, T>,
  key: string,
  at_ms: number,
  make: () => T,
): void {
  const known = kinds.get(key) ?? (kinds.size >= KINDS ? [...kinds.values()].at(-1) : undefined);
  const one = known ?? make();
  if (!known) kinds.set(key, one);
  one.count++;
  one.last_ms = at_ms;
}
