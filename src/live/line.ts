import type { CounterName, GaugeName, TrendName } from '../core/metrics.ts';
import { STAGES, type Interval, type TrendRecord } from '../core/record.ts';
import { latencyLimits, MAX_UTILIZATION, mayBeLate } from '../plan/fitness.ts';
import { stageEnds, type Plan } from '../plan/plan.ts';
import { digits, elapsed, integer } from '../reporters/words.ts';
import { addTrends, emptyTrend, percentileOf } from '../result/histogram.ts';

/** A counter of an interval, whatever stage it belongs to. */
export const countIn = (interval: Interval, name: CounterName): number =>
  STAGES.reduce((sum, stage) => sum + (interval.stages[stage]?.counters[name] ?? 0), 0);

const trendIn = (interval: Interval, name: TrendName): TrendRecord =>
  STAGES.flatMap((stage) => interval.stages[stage]?.trends[name] ?? []).reduce(addTrends, emptyTrend());

/** The latest value of a gauge in an interval: of the latest stage that has one. */
const gaugeIn = (interval: Interval, name: GaugeName): number | undefined =>
  STAGES.flatMap((stage) => interval.stages[stage]?.gauges[name]?.last ?? []).at(-1);

/**
 * The run at this moment, in a line:
 * `steady   0:12 of 0:30   250/250 users   24,512/s   p50 0.4  p99 1.9 ms   0 lost`
 * @param lost copies lost since the start
 * @param stopped nothing more is sent, before its time
 */
export function liveLine(plan: Plan, interval: Interval, lost: number, stopped = false): string {
  const users = gaugeIn(interval, 'users_connected');
  // Nobody is left once the last connection is closed: what keeps the generator busy then is its own end.
  const sickness = users === 0 ? '' : sicknessOf(plan, interval);
  return [
    whenOf(plan, interval, stopped),
    users === undefined ? '' : `${integer(users)}/${integer(plan.users_total)} users`,
    `${integer(countIn(interval, 'deliveries') / (Math.max(interval.to_ms - interval.from_ms, 1) / 1000))}/s`,
    sickness || latencyOf(interval),
    `${integer(lost)} lost`,
  ]
    .filter((part) => part !== '')
    .join('   ');
}

function whenOf(plan: Plan, { from_ms, to_ms, pending }: Interval, stopped: boolean): string {
  const drain = `drain    ${integer(pending)} under way`;
  if (stopped) return drain;
  const ends = stageEnds(plan);
  const of = (name: string, start: number, end: number): string =>
    `${name.padEnd(8)} ${elapsed(Math.min(to_ms, end) - start)} of ${elapsed(end - start)}`;
  const middle = (from_ms + to_ms) / 2;
  if (middle < ends.ramp) return of('ramp-up', 0, ends.ramp);
  if (middle < ends.settle) return of('settle', ends.ramp, ends.settle);
  if (middle < ends.steady) return of('steady', ends.settle, ends.steady);
  return drain;
}

function latencyOf(interval: Interval): string {
  const trend = trendIn(interval, 'broadcast_latency');
  const at = (percent: number): string => {
    const us = percentileOf(trend, percent);
    return us === Infinity ? 'never' : coarse((us ?? 0) / 1000);
  };
  if (trend.count === 0) return '';
  const p99 = at(99);
  return `p50 ${at(50)}  p99 ${p99}${p99 === 'never' ? '' : ' ms'}`;
}

/** Two digits are enough for what changes every second: `0.04`, `1.9`, `143`. */
const coarse = (ms: number): string => (ms < 0.095 ? ms.toFixed(2) : ms < 9.95 ? ms.toFixed(1) : integer(ms));

/** The generator itself, which is mentioned only when it is sick: then the latencies are its own. */
function sicknessOf(plan: Plan, interval: Interval): string {
  const busy = gaugeIn(interval, 'generator_event_loop_utilization') ?? 0;
  const late_ms = (percentileOf(trendIn(interval, 'send_lag'), 99) ?? 0) / 1000;
  const limits = latencyLimits(plan).map(({ limit }) => limit);
  const most = mayBeLate(limits.length > 0 ? Math.min(...limits) : undefined);
  if (busy > MAX_UTILIZATION) return `generator busy ${busy.toFixed(2)}`;
  return late_ms > most ? `generator late ${digits(late_ms)} ms` : '';
}
