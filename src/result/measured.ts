import {
  COUNTER_NAMES,
  GAUGE_NAMES,
  isOfWholeRun,
  isTrend,
  RATE_NAMES,
  spanOf,
  TREND_NAMES,
  type CounterName,
  type GaugeName,
  type RateName,
  type TrendName,
} from '../core/metrics.ts';
import {
  STAGES,
  type Disconnect,
  type ErrorTally,
  type Example,
  type GaugeRecord,
  type Interval,
  type RunEvent,
  type Stage,
  type Trait,
  type TrendRecord,
} from '../core/record.ts';
import { stageEnds, type Plan, type RunIdentity } from '../plan/plan.ts';
import { addTrends, emptyTrend, statedTrend } from './histogram.ts';
import { addGauges } from './interval.ts';
import type { Environment, Gap, Metric } from './result.ts';
import { countOf, survivalOf, type SurvivalStep } from './survival.ts';

/** What a measurement says once it is over: what judges read and the result states. */
export interface Measured {
  readonly plan: Plan;
  readonly run: RunIdentity;
  readonly environment: Environment;
  /** The measured window, ms of the run's clock: shorter than planned where the run was stopped. */
  readonly window: { readonly from_ms: number; readonly to_ms: number };
  readonly ended_ms: number;
  /** What ended the run before its time. */
  readonly interrupted?: string;
  /** The tool itself was cut off: nothing is known of how the run ended. */
  readonly cut_off: boolean;
  /** Of what time not all is known; none: everything that was seen is here. */
  readonly gaps: readonly Gap[];
  /** What all workers saw in each slice of the timeline; the whole run as one where its slices are not at hand. */
  readonly slices: readonly Interval[];
  /** Every metric over its own span (`spanOf`), without histograms. Gauges are of the measured window. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Every metric of what was due in one stage. */
  metricsOf(stage: Stage): Readonly<Record<string, Metric>>;
  /** A trend over its own span, or of one stage. */
  trend(name: TrendName, stage?: Stage): TrendRecord;
  /** A counter over the whole run, whatever its span. */
  counted(name: CounterName): number;
  /** Copies still within their deadline when the run ended. */
  readonly pending: number;
  /**
   * How long connections last. Absent where none ended unexpectedly, and where it is not known of all how long they
   * lasted: what was under way when the run was cut off, or in a process that died, would be missing.
   */
  readonly survival?: readonly SurvivalStep[];
  /** How long no byte had passed when connections ended unexpectedly: pairs of bucket (of ms) and count. */
  readonly quiet_ends?: readonly number[];
  readonly disconnects: readonly Disconnect[];
  readonly errors: readonly ErrorTally[];
  readonly events: readonly RunEvent[];
  readonly examples: readonly Example[];
  readonly traits: ReadonlySet<Trait>;
}

/** What is known of a run beside its intervals. */
export interface RunFacts {
  plan: Plan;
  run: RunIdentity;
  environment: Environment;
  ended_ms: number;
  interrupted?: string;
  cut_off?: boolean;
  gaps?: readonly Gap[];
  /** Where the measured window ended before its time. */
  window_end_ms?: number;
  slices?: readonly Interval[];
}

/** @param total everything, as one interval (`totalOf`) */
export function measured(total: Interval, facts: RunFacts): Measured {
  const ends = stageEnds(facts.plan);
  const until = Math.min(facts.window_end_ms ?? Infinity, facts.ended_ms, ends.steady);
  const window = { from_ms: ends.settle, to_ms: Math.max(until, ends.settle) };
  const starts = { ramp: 0, settle: ends.ramp, steady: ends.settle, drain: window.to_ms };
  const stops = { ramp: ends.ramp, settle: ends.settle, steady: window.to_ms, drain: facts.ended_ms };
  const whole = new Span(total, STAGES, facts.ended_ms);
  const steady = new Span(total, ['steady'], window.to_ms - window.from_ms);
  const spanOfMetric = (name: CounterName | TrendName): Span => (spanOf(name) === 'window' ? steady : whole);

  const metrics: Record<string, Metric> = {};
  for (const name of TREND_NAMES) metrics[name] = statedTrend(spanOfMetric(name).trend(name));
  for (const name of COUNTER_NAMES) metrics[name] = spanOfMetric(name).counter(name);
  metrics.pending = { kind: 'counter', count: total.pending, rate: 0 };
  for (const name of RATE_NAMES) metrics[name] = rateOf(name, (counter) => spanOfMetric(counter).count(counter), total);
  stateGauges(metrics, (name) => steady.gauge(name) ?? whole.gauge(name));

  const { stays } = total;
  const survival = stays && countOf(stays) === whole.count('connections') ? survivalOf(stays) : undefined;

  return {
    plan: facts.plan,
    run: facts.run,
    environment: facts.environment,
    window,
    ended_ms: facts.ended_ms,
    ...(facts.interrupted !== undefined && { interrupted: facts.interrupted }),
    cut_off: facts.cut_off ?? false,
    gaps: facts.gaps ?? [],
    slices: facts.slices ?? [total],
    metrics,
    metricsOf: (stage) => new Span(total, [stage], Math.max(stops[stage] - starts[stage], 0)).metrics(),
    trend: (name, stage) => (stage ? new Span(total, [stage], 0) : spanOfMetric(name)).trend(name),
    counted: (name) => (name === 'pending' ? total.pending : whole.count(name)),
    pending: total.pending,
    ...(survival && { survival }),
    ...(stays?.quiet && { quiet_ends: stays.quiet }),
    disconnects: total.disconnects,
    errors: total.errors,
    events: total.events,
    examples: total.examples,
    traits: new Set(total.traits),
  };
}

/** Metrics of one slice of the timeline: only those that have something. */
export function metricsOfSlice(slice: Interval): Record<string, Metric> {
  const all = new Span(slice, STAGES, slice.to_ms - slice.from_ms).metrics();
  return Object.fromEntries(Object.entries(all).filter(([, metric]) => hasSomething(metric)));
}

function hasSomething(metric: Metric): boolean {
  if (metric.kind === 'trend') return metric.count + metric.missing > 0;
  if (metric.kind === 'counter') return metric.count > 0;
  return metric.kind === 'gauge';
}

/** What was due in some stages, added up. */
class Span {
  readonly #total: Interval;
  readonly #stages: readonly Stage[];
  readonly #seconds: number;

  constructor(total: Interval, stages: readonly Stage[], ms: number) {
    this.#total = total;
    this.#stages = stages;
    this.#seconds = ms / 1000;
  }

  trend(name: TrendName): TrendRecord {
    const parts = this.#stages.flatMap((stage) => this.#total.stages[stage]?.trends[name] ?? []);
    return parts.reduce(addTrends, emptyTrend());
  }

  /** Never negative: a late arrival takes a loss back, and the loss may have been counted before a slice began. */
  count(name: CounterName): number {
    return Math.max(
      this.#stages.reduce((sum, stage) => sum + (this.#total.stages[stage]?.counters[name] ?? 0), 0),
      0,
    );
  }

  counter(name: CounterName): Metric {
    const count = this.count(name);
    return { kind: 'counter', count, rate: this.#seconds > 0 ? rounded(count / this.#seconds) : 0 };
  }

  gauge(name: GaugeName): GaugeRecord | undefined {
    const parts = this.#stages.flatMap((stage) => this.#total.stages[stage]?.gauges[name] ?? []);
    return parts.length === 0 ? undefined : parts.reduce((sum, part) => addGauges(name, sum, part, 'later'));
  }

  metrics(): Record<string, Metric> {
    const metrics: Record<string, Metric> = {};
    for (const name of TREND_NAMES) metrics[name] = statedTrend(this.trend(name));
    for (const name of COUNTER_NAMES) metrics[name] = this.counter(name);
    for (const name of RATE_NAMES) {
      if (!isOfWholeRun(name)) metrics[name] = rateOf(name, (counter) => this.count(counter), this.#total);
    }
    stateGauges(metrics, (name) => this.gauge(name));
    return metrics;
  }
}

function rateOf(name: RateName, count: (name: CounterName) => number, total: Interval): Metric {
  const [hits, of] = partsOf(name, count, total);
  return { kind: 'rate', value: of > 0 ? hits / of : null, hits: rounded(hits), total: rounded(of) };
}

const MS_PER_HOUR = 3_600_000;

function partsOf(name: RateName, count: (name: CounterName) => number, total: Interval): [hits: number, of: number] {
  switch (name) {
    case 'disconnect_rate':
      return [count('disconnects_unexpected'), count('connections')];
    case 'delivery_rate':
      return [count('deliveries'), count('deliveries_expected')];
    case 'availability':
      return [total.joined_user_ms / 1000, total.planned_user_ms / 1000];
    case 'disconnects_per_user_hour':
      return [count('disconnects_unexpected'), total.joined_user_ms / MS_PER_HOUR];
  }
}

function stateGauges(metrics: Record<string, Metric>, read: (name: GaugeName) => GaugeRecord | undefined): void {
  for (const name of GAUGE_NAMES) {
    const gauge = read(name);
    if (!gauge) continue;
    const { min, max, last } = gauge;
    metrics[name] = { kind: 'gauge', min, mean: rounded(gauge.sum / gauge.count), max, last };
  }
}

/** Six digits behind the point: a result is read by people too. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** The metrics of the result: the same, with each trend's histogram. */
export function withHistograms(of: Measured, encode: (trend: TrendRecord) => string): Record<string, Metric> {
  const entries = Object.entries(of.metrics).map(([name, metric]): [string, Metric] => {
    if (metric.kind !== 'trend' || !isTrend(name)) return [name, metric];
    return [name, { ...metric, histogram: metric.count > 0 ? encode(of.trend(name)) : null }];
  });
  return Object.fromEntries(entries);
}
