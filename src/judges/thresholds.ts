import { lowestOf } from '../core/buckets.ts';
import { aggregationText, parseThreshold, type Threshold } from '../core/expression.ts';
import { isTrend, unitOf } from '../core/metrics.ts';
import { formatDuration } from '../core/units.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import type { Standing } from '../result/result.ts';
import type { Finding, Judge, JudgeName } from './judge.ts';
import { couldTurn } from './gaps.ts';
import { MIN_OFFERED, offered } from './own-delay.ts';
import { isOwn, rangeOf, ruledBy, valueOf, type Ruled } from './values.ts';
import { ownWalls } from './walls.ts';
import { clock, counted, milliseconds, number, percent } from './words.ts';

export const thresholds: Judge = {
  name: 'thresholds',
  about:
    'Every threshold holds. One on a metric without a sample is unknown, unless the plan calls for none; what never ' +
    'arrived counts as infinite.',
  judge(measured) {
    if (measured.plan.thresholds.length === 0) {
      return [{ not_claimed: { claim: 'every threshold holds', because: 'there is none' } }];
    }
    return measured.plan.thresholds.map((text) => ruling(measured, parseThreshold(text)));
  },
};

function ruling(measured: Measured, threshold: Threshold): Finding {
  const claim = claimOf(threshold);
  const value = valueOf(measured, threshold);
  const standing = standingOf(measured, threshold, value);
  const { metric } = threshold;
  const walls = ownWalls(measured);
  if (standing === 'fail' && walls.count > 0 && ON_JOINING.has(metric)) {
    return { claim, standing: 'unknown', because: `it was ${valueText(threshold, value!)}, and ${walls.because}` };
  }
  if (standing === 'unknown') {
    const early = isEarly(measured, threshold);
    const uncalled = early || notPlanned(measured, metric);
    if (!early && uncalled) return { not_claimed: { claim, because: `${uncalled}, so there is nothing to measure` } };
    const because = early ? `the run ended before ${formatDuration(threshold.not_before_ms!)}` : 'there was no sample';
    return { claim, standing, because, headline: `${subject(threshold)} is not known: ${because}.` };
  }
  const follows_from = value === Infinity ? 'delivery' : OWNERS[metric];
  const because = `it was ${wasWords(measured, threshold, value!, standing)}`;
  if (standing === 'undecided') {
    return {
      claim,
      standing: 'unknown',
      because: `${because}; limit ${limitText(threshold)}`,
      headline: `${subject(threshold)} ${because.replace(/^it /, '')}, limit ${limitText(threshold)}.`,
      excused: true,
    };
  }
  if (standing === 'pass' && isTrend(metric) && !isOwn(metric) && offered(measured) < MIN_OFFERED) {
    const but = `but only ${percent(offered(measured))} of the planned load was sent in its time`;
    return { claim, standing: 'unknown', because: `${because}; ${but}`, excused: true };
  }
  const over = standing === 'fail' ? shareOver(measured, threshold) + whose(measured, threshold, value!) : '';
  return {
    claim,
    standing,
    because: `${because}${over}`,
    ...(standing === 'fail' && {
      needs_all: couldTurn(measured, threshold, value!),
      headline: `${subject(threshold)} was ${valueText(threshold, value!)}, limit ${limitText(threshold)}.`,
      ...(follows_from && { follows_from: [follows_from] }),
    }),
  };
}

/** `broadcast_latency p(99)<100` */
const claimOf = ({ text }: Threshold): string => text.replace(/^(\w+(?:\{[^}]*\})?):/, '$1 ');

const subject = ({ metric, stage, aggregation }: Threshold): string =>
  `${metric}${stage ? ` of ${stage}` : ''} ${aggregationText(aggregation)}`;

const isEarly = (measured: Measured, { not_before_ms }: Threshold): boolean =>
  not_before_ms !== undefined && measured.ended_ms < not_before_ms;

function standingOf(measured: Measured, threshold: Threshold, value = valueOf(measured, threshold)): Ruled {
  return isEarly(measured, threshold) ? 'unknown' : ruledBy(measured, threshold, value);
}

function valueText(threshold: Threshold, value: number): string {
  if (value === Infinity) return 'over the deadline: something never arrived';
  if (threshold.aggregation.of === 'count' || !isTrend(threshold.metric)) return plain(value);
  const words = milliseconds(value);
  // Rounding must not put a value on the other side of its limit.
  return Number(value.toPrecision(3)) === threshold.limit ? `${number(value)} ms` : words;
}

const plain = (value: number): string =>
  Number.isInteger(value) ? number(value) : String(Number(value.toPrecision(4)));

/** `1.92 ms`, `at most 14.9 ms: up to 9.3 ms of it may be the generator’s own`, `120 ms, of which up to 40 ms …` */
function wasWords(measured: Measured, threshold: Threshold, value: number, standing: Ruled): string {
  const was = valueText(threshold, value);
  const { least, most } = rangeOf(measured, threshold, value);
  if (least === most) return was;
  if (value === Infinity || most === Infinity) return `${was}, which may be the generator’s own doing`;
  const text = (ms: number): string => (isTrend(threshold.metric) ? milliseconds(ms) : plain(ms));
  if (standing === 'pass' && threshold.op.startsWith('<')) {
    return `at most ${valueText(threshold, most)}: up to ${text(most - least)} of it may be the generator’s own`;
  }
  // What is sent late may find less before it.
  if (standing === 'undecided' && most > value) {
    return `${was}, and without the generator’s own delay between ${text(least)} and ${text(most)}`;
  }
  return least < value ? `${was}, of which up to ${text(value - least)} may be the generator’s own` : was;
}

function limitText({ op, limit, metric, aggregation }: Threshold): string {
  const unit = aggregation.of === 'count' ? '' : unitOf(metric);
  const sign = op === '<' || op === '<=' ? '' : `${op} `;
  return `${sign}${number(limit)}${unit && ` ${unit}`}`;
}

/** How many were beyond an upper limit on a percentile: `; 8,425 of 736,862 (1.1 %) took longer`. */
function shareOver(measured: Measured, { metric, stage, aggregation, op, limit }: Threshold): string {
  if (!isTrend(metric) || aggregation.of !== 'p' || (op !== '<' && op !== '<=')) return '';
  const { count, missing, buckets } = measured.trend(metric, stage);
  let over = missing;
  for (let i = 0; i < buckets.length; i += 2) if (lowestOf(buckets[i]!) >= limit * 1000) over += buckets[i + 1]!;
  const total = count + missing;
  const how = over === missing ? 'never came' : missing > 0 ? 'took longer or never came' : 'took longer';
  return over > 0 ? `; ${number(over)} of ${number(total)} (${percent(over / total)}) ${how}` : '';
}

/**
 * Whose a delay of a broadcast was, and where the server stood still, if it did: `; late after sending, not before
 * (sends late by 0.9 ms at p99); 20:48:24: nothing delivered to any of 250 users for 0.44 s`.
 */
function whose(measured: Measured, { metric, stage }: Threshold, value: number): string {
  if (!metric.startsWith('broadcast_') || value === Infinity) return '';
  const lag = percentileOf(measured.trend('send_lag', stage), 99);
  const after = lag !== undefined && lag / 1000 < value / 10;
  const stalls = measured.events.filter(({ kind }) => kind === 'stall');
  const [first] = stalls;
  return [
    ...(after ? [`; late after sending, not before (sends late by ${milliseconds(lag / 1000)} at p99)`] : []),
    ...(first ? [`; ${clock(measured, first.at_ms)}: ${first.text}`] : []),
    ...(stalls.length > 1 ? [`, and ${counted(stalls.length - 1, 'more stall')}`] : []),
  ].join('');
}

/** Why a plan has no sample of a metric; nothing where it should have some. */
function notPlanned({ plan, metrics, events, traits }: Measured, metric: string): string | undefined {
  const ofChanges =
    metric.startsWith('broadcast_') || metric === 'ack_rtt' || metric === 'send_lag' || metric === 'delivery_rate';
  if (ofChanges && (!plan.plans.edits || plan.rate === 0)) return 'the plan sends no changes';
  if (ofChanges && plan.users < 2 && metric !== 'send_lag' && metric !== 'ack_rtt') return 'nobody receives a change';
  if (metric === 'heartbeat_rtt' && !plan.plans.heartbeats) return 'the plan has no heartbeats';
  if (metric === 'sync_time' && !traits.has('state')) return 'the server gave nobody a state who asked';
  const ended = metrics.disconnects_unexpected;
  if (events.some(({ kind }) => kind === 'storm')) return undefined;
  if (metric === 'recovery_time' && ended?.kind === 'counter' && ended.count === 0) return 'nobody had to reconnect';
  return undefined;
}

/** The judge that looks at what a metric counts: where it fails too, it names the cause. */
const OWNERS: Partial<Record<string, JudgeName>> = {
  lost: 'delivery',
  lost_upper: 'delivery',
  late: 'delivery',
  duplicated: 'delivery',
  echoed: 'delivery',
  corrupted: 'delivery',
  invented: 'delivery',
  delivery_rate: 'delivery',
  reordered: 'order',
  misrouted: 'isolation',
  presence_errors: 'presence',
  presence_errors_upper: 'presence',
  presence_ghosts: 'presence',
  presence_missing: 'presence',
  presence_repeated: 'presence',
  arrivals_untold: 'presence',
  departures_untold: 'presence',
  two_hosts: 'presence',
  no_host: 'presence',
  heartbeats_missed: 'heartbeat',
  disconnects_unexpected: 'disconnects',
  disconnect_rate: 'disconnects',
  disconnects_per_user_hour: 'disconnects',
  connections_failed: 'disconnects',
  availability: 'disconnects',
};

/** Metrics that get worse where a user could not even try to join. */
const ON_JOINING = new Set(['connections', 'connections_failed', 'availability']);

/**
 * The standing of a claim that a judge would let fail at one case: a threshold on one of its metrics, if there is one,
 * replaces zero.
 */
export function ruledByThreshold(
  measured: Measured,
  metrics: readonly string[],
): { standing: Standing; needs_all?: boolean; excused?: true } {
  const own = measured.plan.thresholds.map(parseThreshold).filter(({ metric }) => metrics.includes(metric));
  if (own.length === 0) return { standing: 'fail' };
  const failing = own.filter((threshold) => standingOf(measured, threshold) === 'fail');
  if (failing.length > 0) {
    const needs_all = failing.every((threshold) => couldTurn(measured, threshold, valueOf(measured, threshold)!));
    return { standing: 'fail', needs_all };
  }
  const standings = new Set(own.map((threshold) => standingOf(measured, threshold)));
  if (standings.has('undecided')) return { standing: 'unknown', excused: true };
  return { standing: standings.has('unknown') ? 'unknown' : 'pass' };
}
