import { lowestOf } from '../core/buckets.ts';
import type { GaugeName } from '../core/metrics.ts';
import type { GaugeRecord, Interval } from '../core/record.ts';
import { latencyLimits, MAX_UTILIZATION, mayBeLate } from '../plan/fitness.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import { milliseconds, number, percent } from './words.ts';

/** What may be wrong with the load generator itself, and by which limit. */

/** Lateness is looked at from this percentile on, also where an objective is about a lower one. */
const LATE_AT = 99;
/**
 * A pause shows in a percentile once what falls into pauses is more than the percentile leaves out; half of that is
 * left to the server's own.
 */
const PART_OF_TAIL = 0.5;
/** One reading of what is unread is a moment: the median of at least so many is a state. */
const READINGS = 3;

export interface Ailment {
  /** What was over which limit. */
  text: string;
  /** When it was worst, ms of the run's clock. */
  at_ms: number | undefined;
  /** Whether it had no time left for all that came, so that any of it may have waited for long. */
  full?: boolean;
  /** Whether the machine was taken away from it, so that less load is not what helps most. */
  robbed?: boolean;
}

/** How late the generator may be itself, and which part of all deliveries an objective leaves out, 0 to 1. */
interface Tolerance {
  late_ms: number;
  percent: number;
  tail: number;
}

/** What makes latencies unknown: all that is over its limit. */
export function ailmentsOf(measured: Measured): Ailment[] {
  const tolerances = tolerancesOf(measured);
  return [
    busy(measured),
    robbed(measured),
    first(tolerances, (one) => late(measured, one)),
    unread(measured, Math.min(...tolerances.map(({ late_ms }) => late_ms))),
    first(tolerances, (one) => collecting(measured, one)),
    first(tolerances, (one) => standing(measured, one)),
  ].filter((one) => one !== undefined);
}

/** One of each upper limit on a latency among the thresholds; the strictest of all where there is none. */
function tolerancesOf({ plan }: Measured): Tolerance[] {
  const limits = latencyLimits(plan);
  if (limits.length === 0) return [{ late_ms: mayBeLate(), percent: LATE_AT, tail: 1 - LATE_AT / 100 }];
  return limits.map(({ limit, aggregation }) => {
    const about = aggregation.of === 'p' ? aggregation.percent : aggregation.of === 'max' ? 100 : LATE_AT;
    return {
      late_ms: mayBeLate(limit),
      percent: Math.max(about, LATE_AT),
      tail: 1 - about / 100,
    };
  });
}

const first = (tolerances: readonly Tolerance[], of: (one: Tolerance) => Ailment | undefined): Ailment | undefined =>
  tolerances.map(of).find((one) => one !== undefined);

export function meanOf(measured: Measured, name: GaugeName): number | undefined {
  const gauge = measured.metrics[name];
  return gauge?.kind === 'gauge' ? gauge.mean : undefined;
}

/** p99 of the lateness of its sends, ms. */
export function lateness(measured: Measured, at = LATE_AT): number | undefined {
  const lag = percentileOf(measured.trend('send_lag'), at);
  return lag === undefined ? undefined : lag / 1000;
}

function busy(measured: Measured): Ailment | undefined {
  const share = meanOf(measured, 'generator_event_loop_utilization');
  if (share === undefined || share <= MAX_UTILIZATION) return undefined;
  return {
    text: `its event loop was busy for ${percent(share)} of the time, which is over ${percent(MAX_UTILIZATION)}`,
    at_ms: worstAt(measured, gaugeOf('generator_event_loop_utilization')),
    full: true,
  };
}

/** What others leave of the core is all that it has: an event loop queues where it is busy for most of that. */
function robbed(measured: Measured): Ailment | undefined {
  const share = meanOf(measured, 'generator_event_loop_utilization') ?? 0;
  const stolen = meanOf(measured, 'generator_steal') ?? 0;
  const left = 1 - stolen;
  if (share > MAX_UTILIZATION || share <= MAX_UTILIZATION * left) return undefined;
  const of = left > 0 ? Math.min(share / left, 1) : 1;
  return {
    text: `others had its core for ${percent(stolen)} of the time, and of the rest its event loop was busy for ${percent(of)}, which is over ${percent(MAX_UTILIZATION)}`,
    at_ms: worstAt(measured, gaugeOf('generator_steal')),
    full: true,
    robbed: true,
  };
}

function late(measured: Measured, { late_ms, percent: at }: Tolerance): Ailment | undefined {
  const was = lateness(measured, at);
  if (was === undefined || was <= late_ms) return undefined;
  return {
    text: `its sends were late by ${milliseconds(was)} at p${at}, which is over ${milliseconds(late_ms)}`,
    at_ms: worstAt(measured, ({ stages }) => {
      const lag = stages.steady?.trends.send_lag;
      return lag && percentileOf(lag, at);
    }),
  };
}

/** Little's law: what waits, divided by what comes in a second, is how long it waits. */
function unread(measured: Measured, late_ms: number): Ailment | undefined {
  const readings = measured.slices.flatMap((slice) => gaugeOf('generator_unread_bytes')(slice) ?? []);
  if (readings.length < READINGS) return undefined;
  const bytes = readings.toSorted((a, b) => a - b)[(readings.length - 1) >> 1]!;
  const received = measured.metrics.bytes_received;
  const rate = received?.kind === 'counter' ? received.rate : 0;
  if (bytes === 0 || bytes * 1000 <= late_ms * rate) return undefined;
  const wait = rate > 0 ? `, which is ${milliseconds((bytes / rate) * 1000)} of all that came` : '';
  return {
    text: `${number(Math.round(bytes))} bytes waited unread in its own sockets half of the time${wait} and over ${milliseconds(late_ms)}`,
    at_ms: worstAt(measured, gaugeOf('generator_unread_bytes')),
  };
}

/** Garbage collection: pauses that are long, and together more than the objective leaves out. */
function collecting(measured: Measured, { late_ms, tail }: Tolerance): Ailment | undefined {
  const pauses = measured.trend('generator_gc_pause').buckets;
  let us = 0;
  for (let i = 0; i < pauses.length; i += 2) {
    const length = lowestOf(pauses[i]!);
    if (length > late_ms * 1000) us += length * pauses[i + 1]!;
  }
  return pausing(
    'garbage collection stopped it',
    us / 1000 / measured.plan.workers,
    late_ms,
    tail,
    measured,
    (slice) => slice.stages.steady?.trends.generator_gc_pause?.max_us,
  );
}

/** Whatever else it was that stopped the event loop: of each slice the longest is known. */
function standing(measured: Measured, { late_ms, tail }: Tolerance): Ailment | undefined {
  const longest = ({ stages }: Interval): number => stages.steady?.gauges.generator_event_loop_delay?.max ?? 0;
  const ms = measured.slices.map(longest).filter((each) => each > late_ms);
  const sum = ms.reduce((total, each) => total + each, 0);
  return pausing('it stood still', sum, late_ms, tail, measured, longest);
}

function pausing(
  what: string,
  sum_ms: number,
  late_ms: number,
  tail: number,
  measured: Measured,
  of: (slice: Interval) => number | undefined,
): Ailment | undefined {
  const { from_ms, to_ms } = measured.window;
  // A pause is counted whole in the second in which it ended, and may have begun before the window.
  const share = to_ms > from_ms ? Math.min(1, sum_ms / (to_ms - from_ms)) : 0;
  if (share <= PART_OF_TAIL * tail) return undefined;
  const over = tail > 0 ? `, which is over ${percent(PART_OF_TAIL * tail)}` : '';
  return {
    text: `${what} for more than ${milliseconds(late_ms)} at a time, ${percent(share)} of the time${over}`,
    at_ms: worstAt(measured, of),
  };
}

/** The longest that it stood still in the whole run, ms: by its sends, and by its event loop where it sends nothing. */
export function standstillOf(measured: Measured): { ms: number; at_ms: number | undefined } {
  const longest = ({ stages }: Interval): number =>
    Math.max(
      0,
      ...Object.values(stages).flatMap(({ trends, gauges }) => [
        (trends.send_lag?.max_us ?? 0) / 1000,
        gauges.generator_event_loop_delay?.max ?? 0,
      ]),
    );
  return { ms: Math.max(0, ...measured.slices.map(longest)), at_ms: worstAt(measured, longest) };
}

const meanIn = ({ sum, count }: GaugeRecord): number => sum / count;
const gaugeOf =
  (name: GaugeName) =>
  ({ stages }: Interval): number | undefined => {
    const gauge = stages.steady?.gauges[name];
    return gauge && meanIn(gauge);
  };

/** The middle of the slice in which this was highest. */
function worstAt(measured: Measured, of: (slice: Interval) => number | undefined): number | undefined {
  let worst: Interval | undefined;
  let highest = 0;
  for (const slice of measured.slices) {
    const value = of(slice) ?? 0;
    if (value <= highest) continue;
    highest = value;
    worst = slice;
  }
  return worst && (worst.from_ms + worst.to_ms) / 2;
}
