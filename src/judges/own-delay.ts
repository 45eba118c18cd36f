import { bucketOf, lowestOf, MAX_US, MIN_US, widthOf } from '../core/buckets.ts';
import { spanOf, type GaugeName, type TrendName } from '../core/metrics.ts';
import { STAGES, type Interval, type Stage, type TrendRecord } from '../core/record.ts';
import { LOOP_ASKED_MS } from '../plan/fitness.ts';
import { addTrends, emptyTrend } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';

/**
 * The load generator's own delay. It only ever lengthens what is measured: a change that is sent late, a message that
 * waits to be read. By how much at most is known of each slice of the run, from how late its sends and its event loop
 * were there.
 */

/** Below this its own delay is not told apart from the server's, ms. */
const ACCURACY_MS = 5;
/** What comes while the event loop is busy waits until that round is over, and then for its turn in the next one. */
const ROUNDS = 2;
/** How often one after the other a user waits for the event loop, where that is more than once. */
export const WAITS: Partial<Record<TrendName, number>> = { connect_time: 4, join_time: 5, recovery_time: 7 };
/** One read takes all that waits in a socket, up to so many bytes: what is more waits for longer than a round. */
const READ_AT_ONCE = 2 ** 21;
/** Below this part of the planned load, sent in its time, what is measured is not of the load that was asked for. */
export const MIN_OFFERED = 0.95;
/** An event loop as busy as this may leave unread what nobody counted. */
const FULL = 0.9;

/** How late the generator itself was in a slice of the run, ms. */
interface Lateness {
  /** Its sends. */
  sends: number;
  /** One round of its event loop, at most, and all that came late together. */
  loop: number;
  total: number;
  /** What waited in its sockets for longer than a round; Infinity where nobody knows. */
  backlog: number;
}

const NEVER: Lateness = { sends: 0, loop: 0, total: 0, backlog: 0 };

const maxIn = ({ stages }: Interval, name: GaugeName): number | undefined => {
  const found = STAGES.flatMap((stage) => stages[stage]?.gauges[name]?.max ?? []);
  return found.length > 0 ? Math.max(...found) : undefined;
};

const sumIn = ({ stages }: Interval, name: GaugeName): number =>
  STAGES.reduce((sum, stage) => sum + (stages[stage]?.gauges[name]?.sum ?? 0), 0);

function latenessIn(slice: Interval, isUnreadKnown: boolean): Lateness {
  const late = Math.max(0, ...STAGES.map((stage) => (slice.stages[stage]?.trends.send_lag?.max_us ?? 0) / 1000));
  const sends = late > ACCURACY_MS ? late : 0;
  const seen = maxIn(slice, 'generator_event_loop_delay');
  return {
    sends,
    // The k6 engine does not read its event loop: what holds up its sends holds up its reading.
    loop: seen === undefined ? sends : seen > ACCURACY_MS ? seen + LOOP_ASKED_MS : 0,
    total: seen === undefined ? Infinity : sumIn(slice, 'generator_event_loop_delay'),
    backlog: backlogIn(slice, isUnreadKnown),
  };
}

/** Little's law: what waits, divided by what comes in a ms, is how long it waits. */
function backlogIn(slice: Interval, isUnreadKnown: boolean): number {
  const unread = maxIn(slice, 'generator_unread_bytes') ?? 0;
  if (unread > READ_AT_ONCE) {
    const bytes = STAGES.reduce((sum, stage) => sum + (slice.stages[stage]?.counters.bytes_received ?? 0), 0);
    return (unread * (slice.to_ms - slice.from_ms)) / bytes;
  }
  const isFull = (maxIn(slice, 'generator_event_loop_utilization') ?? 0) > FULL;
  return isFull && !isUnreadKnown ? Infinity : 0;
}

const known = new WeakMap<Measured, Lateness[]>();

function latenesses(measured: Measured): Lateness[] {
  const before = known.get(measured);
  if (before) return before;
  const { slices } = measured;
  const isUnreadKnown = slices.some((slice) => maxIn(slice, 'generator_unread_bytes') !== undefined);
  const all = slices.map((slice) => latenessIn(slice, isUnreadKnown));
  known.set(measured, all);
  return all;
}

/** The worst of what touches a time of the run. */
function worstIn(measured: Measured, from_ms: number, to_ms: number): Lateness {
  const worst = { ...NEVER };
  for (const [nth, one] of latenesses(measured).entries()) {
    const slice = measured.slices[nth]!;
    if (slice.to_ms < from_ms || slice.from_ms >= to_ms) continue;
    worst.sends = Math.max(worst.sends, one.sends);
    worst.loop = Math.max(worst.loop, one.loop);
    if (one.loop > 0) worst.total += one.total;
    worst.backlog = Math.max(worst.backlog, one.backlog);
  }
  return worst;
}

/**
 * By how much the generator may have lengthened what it measured in this time, ms: at most. 0 where it was too little to
 * be told, Infinity where nobody knows.
 * @param waits how often one after the other a user waits for the event loop in what is measured
 */
export function ownDelay(measured: Measured, from_ms: number, to_ms: number, waits = 1): number {
  const { sends, loop, total, backlog } = worstIn(measured, from_ms, to_ms);
  const rounds = ROUNDS * waits;
  // No two waits are at the same time: together they are no longer than all that was late, but for what is not seen of each.
  return sends + (loop > 0 ? Math.min(rounds * loop, total + (rounds + waits) * LOOP_ASKED_MS) : 0) + backlog;
}

/** The longest that its event loop, or a send, was held up in this time, ms: what a server sees as silence. */
export function standstill(measured: Measured, from_ms: number, to_ms: number): number {
  const { sends, loop } = worstIn(measured, from_ms, to_ms);
  return Math.max(sends, loop);
}

/** When it was late by most, and by what. */
export function worstMoment(measured: Measured): Lateness & { at_ms: number } {
  const moments = latenesses(measured).map((one, nth) => {
    const { from_ms, to_ms } = measured.slices[nth]!;
    return { ...one, at_ms: (from_ms + to_ms) / 2 };
  });
  const size = (one: Lateness): number => Math.max(one.sends, one.loop, one.backlog);
  return moments.reduce((a, b) => (size(b) > size(a) ? b : a), { ...NEVER, at_ms: 0 });
}

/** What is measured from when it was sent, and not from when it was due: without the delay of the send. */
const FROM_SENT = new Set<TrendName>(['broadcast_service_time', 'ack_rtt', 'heartbeat_rtt']);
const OF_ITSELF = new Set<TrendName>(['send_lag', 'generator_gc_pause']);

/** A trend as it would be at least, and at most, without the generator's own delay. */
export interface Bounds {
  /** Every sample less as much as may be the generator's own from when it began to when it was taken. */
  least: TrendRecord;
  /** As it was measured; from when it was sent, every sample more by as much: what is sent later may find less before it. */
  most: TrendRecord;
}

/** @param stage only what was due in this one; else over the trend's own span */
export function boundsOf(measured: Measured, name: TrendName, stage?: Stage): Bounds {
  return boundsIn(measured, measured.slices, name, stage ?? (spanOf(name) === 'window' ? 'steady' : undefined));
}

/** The same of some slices of the run alone. @param stage of all of them where it is undefined */
export function boundsIn(
  measured: Measured,
  slices: readonly Interval[],
  name: TrendName,
  stage: Stage | undefined,
): Bounds {
  const bounds: Bounds = { least: emptyTrend(), most: emptyTrend() };
  for (const { stages, from_ms, to_ms } of slices) {
    for (const each of stage ? [stage] : STAGES) {
      const trend = stages[each]?.trends[name];
      if (!trend) continue;
      const began_ms = from_ms - trend.max_us / 1000;
      const own_ms = OF_ITSELF.has(name) ? 0 : ownDelay(measured, began_ms, to_ms, WAITS[name]);
      const late_ms = FROM_SENT.has(name) ? standstill(measured, began_ms, to_ms) : 0;
      bounds.least = addTrends(bounds.least, less(trend, own_ms * 1000));
      bounds.most = addTrends(bounds.most, more(trend, late_ms * 1000));
    }
  }
  return bounds;
}

/** A trend with every sample less by so many µs, from the lower edge of its bucket to below that of another. */
function less(trend: TrendRecord, us: number): TrendRecord {
  const by = (value: number): number => Math.max(value - us, MIN_US);
  const to = (bucket: number): number => Math.max(bucketOf(by(lowestOf(bucket))) - 1, MIN_US);
  const sum_us = Math.max(trend.sum_us - trend.count * us, trend.count * MIN_US);
  return us === 0 ? trend : { ...moved(trend, by, to), sum_us };
}

/** A trend with every sample more by so many µs, from the upper edge of its bucket. */
function more(trend: TrendRecord, us: number): TrendRecord {
  const by = (value: number): number => Math.min(value + us, MAX_US);
  const to = (bucket: number): number => bucketOf(by(lowestOf(bucket) + widthOf(bucket) - 1));
  return us === 0 ? trend : { ...moved(trend, by, to), sum_us: trend.sum_us + trend.count * us };
}

function moved(trend: TrendRecord, by: (us: number) => number, to: (bucket: number) => number): TrendRecord {
  const counts = new Map<number, number>();
  for (let i = 0; i < trend.buckets.length; i += 2) {
    const bucket = to(trend.buckets[i]!);
    counts.set(bucket, (counts.get(bucket) ?? 0) + trend.buckets[i + 1]!);
  }
  return { ...trend, min_us: by(trend.min_us), max_us: by(trend.max_us), buckets: [...counts].flat() };
}

/**
 * The part of the planned load that was offered within the window: what was sent late was offered later, not less, but
 * for as far as the sends were behind at its end.
 */
export function offered({ window, slices }: Measured): number {
  const length_ms = window.to_ms - window.from_ms;
  const behind_ms = slices
    .filter(({ from_ms, to_ms }) => (from_ms + to_ms) / 2 > window.to_ms)
    .map(({ stages }) => (stages.steady?.trends.send_lag?.max_us ?? 0) / 1000);
  return length_ms > 0 ? length_ms / (length_ms + Math.max(0, ...behind_ms)) : 1;
}
