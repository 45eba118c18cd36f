import { holds, type Aggregation, type Threshold } from '../core/expression.ts';
import { isTrend, type TrendName } from '../core/metrics.ts';
import type { TrendRecord } from '../core/record.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import { endedUnexcused, ownInMissed } from './excuses.ts';
import { counterIn } from './judge.ts';
import { boundsOf, MIN_OFFERED, offered } from './own-delay.ts';

/** What thresholds are about: the value as it was measured, and what it may have been without the generator's own delay. */

/**
 * The value that a threshold is about: ms for trends. Of what never came, percentiles, mean and maximum are infinite.
 * @returns undefined without a sample
 */
export function valueOf(measured: Measured, { metric, stage, aggregation }: Threshold): number | undefined {
  const found = (stage ? measured.metricsOf(stage) : measured.metrics)[metric];
  if (!found) return undefined;
  const { of } = aggregation;
  switch (found.kind) {
    case 'counter':
      return of === 'rate' ? found.rate : found.count;
    case 'rate':
      return found.value ?? undefined;
    case 'gauge':
      return found[of as 'min' | 'mean' | 'max' | 'last'];
    case 'trend': {
      if (of === 'count') return found.count;
      if (of === 'p' || of === 'med') return percentile(measured.trend(metric as TrendName, stage), aggregation);
      if (of === 'min') return found.min ?? undefined;
      return found.missing > 0 ? Infinity : ((of === 'max' ? found.max : found.mean) ?? undefined);
    }
  }
}

function percentile(trend: TrendRecord, aggregation: Aggregation): number | undefined {
  const us = percentileOf(trend, aggregation.of === 'p' ? aggregation.percent : 50);
  return us === undefined ? undefined : us / 1000;
}

/** How a threshold stands; undecided where the generator's own delay decides. */
export type Ruled = 'pass' | 'fail' | 'unknown' | 'undecided';

/** @param value as {@link valueOf} gives it */
export function ruledBy(measured: Measured, threshold: Threshold, value: number | undefined): Ruled {
  const truth = holds(threshold, value);
  if (truth === 'unknown' || value === undefined) return 'unknown';
  const { least, most } = rangeOf(measured, threshold, value);
  const { op, limit } = threshold;
  const isBetween = least < limit && limit < most && (op === '==' || op === '!=');
  if (isBetween || [least, most].some((end) => holds(threshold, end) !== truth)) return 'undecided';
  return truth ? 'pass' : 'fail';
}

/** Whether a metric is of the generator itself, and so is what was measured. */
export const isOwn = (metric: string): boolean => metric === 'send_lag' || metric.startsWith('generator_');

/** Metrics of what did not come in time. */
const BY_DEADLINE = new Set([
  'lost',
  'lost_upper',
  'late',
  'delivery_rate',
  'heartbeats_missed',
  'arrivals_untold',
  'departures_untold',
  'no_host',
]);
/** Metrics of connections that ended, which they also do where the generator stands still. */
const OF_ENDINGS = new Set(['disconnects_unexpected', 'disconnect_rate', 'disconnects_per_user_hour']);
/** What a generator that sends too little counts too little of. */
const OF_LOAD = /^(commands|deliveries|cursors|bytes)_|^deliveries$/;

/** Between what the value may lie without the generator's own delay. */
export interface Range {
  least: number;
  most: number;
}

export function rangeOf(measured: Measured, threshold: Threshold, value: number): Range {
  const { metric, stage, aggregation } = threshold;
  const asMeasured = { least: value, most: value };
  if (isOwn(metric)) return asMeasured;
  if (isTrend(metric)) return aggregation.of === 'count' ? asMeasured : trendRange(measured, threshold, value);
  if (BY_DEADLINE.has(metric)) {
    if (value === 0 || ownInMissed(measured, metric) === 0) return asMeasured;
    return metric === 'delivery_rate' ? { least: value, most: 1 } : { least: 0, most: value };
  }
  if (OF_ENDINGS.has(metric) || metric === 'connections_failed' || metric === 'availability') {
    const certain = stage === undefined ? certainEndings(measured, metric !== 'connections_failed') : 1;
    if (metric === 'availability') return { least: value, most: certain < 1 ? 1 : value };
    return { least: value * certain, most: value };
  }
  return OF_LOAD.test(metric) && offered(measured) < MIN_OFFERED ? { least: value, most: Infinity } : asMeasured;
}

/** The share of connections that ended, or were not made, though the generator had not been silent. */
function certainEndings(measured: Measured, isJoined: boolean): number {
  const count = counterIn(measured, isJoined ? 'disconnects_unexpected' : 'connections_failed');
  const endings = measured.disconnects.filter(
    ({ phase, expected }) => !expected && isJoined === (phase === 'steady' || phase === 'close'),
  );
  return count > 0 ? Math.min(endedUnexcused(measured, endings, count) / count, 1) : 1;
}

function trendRange(measured: Measured, { metric, stage, aggregation }: Threshold, value: number): Range {
  const name = metric as TrendName;
  const { least, most } = boundsOf(measured, name, stage);
  const missed = name === 'heartbeat_rtt' ? 'heartbeats_missed' : name.startsWith('broadcast_') ? 'lost' : undefined;
  const mayHaveCome = least.missing > 0 && missed !== undefined && ownInMissed(measured, missed) > 0;
  return {
    least: Math.min(aggregated(mayHaveCome ? { ...least, missing: 0 } : least, aggregation) ?? value, value),
    most: Math.max(aggregated(most, aggregation) ?? value, value),
  };
}

/** ms; undefined without a sample */
function aggregated(trend: TrendRecord, aggregation: Aggregation): number | undefined {
  const { of } = aggregation;
  if (of === 'p' || of === 'med') return percentile(trend, aggregation);
  if (trend.count === 0) return undefined;
  if (of === 'min') return trend.min_us / 1000;
  if (trend.missing > 0) return Infinity;
  return (of === 'max' ? trend.max_us : trend.sum_us / trend.count) / 1000;
}
