import { parseThreshold } from '../core/expression.ts';
import { isTrend } from '../core/metrics.ts';
import { percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import type { Judge, RestsOn } from './judge.ts';
import { clock, list, milliseconds } from './words.ts';

const CLAIM = 'the load generator was fit to judge';

/** Above this share of busy time an event loop queues (design: measuring honestly). */
const MAX_UTILIZATION = 0.7;
/** A send may always be late by so much, ms, and by this part of whatever limit is judged. */
const ALWAYS_LATE_MS = 5;
const PART_OF_LIMIT = 0.1;

export const generator: Judge = {
  name: 'generator',
  about:
    'The tool’s own event loops were busy for at most 70 % of the measured window, its sends at p99 were late by at ' +
    'most 5 ms or 10 % of the tightest latency objective, and none of its processes died. Else what rests on time, ' +
    'or on the sessions of a dead process, is unknown.',
  judge(measured) {
    const { reasons, deaths, busy, late_ms } = healthOf(measured);
    if (reasons.length + deaths.length > 0) {
      const because = list([...reasons, ...deaths]);
      const headline =
        reasons.length > 0 ? `The generator was the limit: ${because}.` : `The test itself broke: ${because}.`;
      return [{ claim: CLAIM, standing: 'unknown', because, headline }];
    }
    if (busy === undefined && late_ms === undefined) {
      return [{ not_claimed: { claim: CLAIM, because: 'its event loop was not read and nothing was sent' } }];
    }
    const facts = [
      ...(busy === undefined ? [] : [`event loop ${busy.toFixed(2)}`]),
      ...(late_ms === undefined ? [] : [`sends late by ${milliseconds(late_ms)} at p99`]),
    ];
    return [{ claim: CLAIM, standing: 'pass', because: `fit to judge: ${facts.join(', ')}` }];
  },
};

/** How the generator itself fared, and what that makes unknown. */
export interface Health {
  /** Why it was too slow to judge what rests on time, in words; none: it was not. */
  reasons: string[];
  /** Processes that died, in words: whatever passes, passes only for the sessions that were left. */
  deaths: string[];
  /** Mean share of time in which its busiest event loop was busy, and p99 of the lateness of its sends. */
  busy: number | undefined;
  late_ms: number | undefined;
  /** Whether the generator's state may be the cause of a finding that rests on this. */
  mayExplain(rests_on: RestsOn): boolean;
}

/**
 * Lateness matters where it is not small against the limit that is judged: 10 % of the tightest latency objective at
 * p99 for latencies; for what did not come within a deadline, and for connections that were given up, 10 % of the
 * deadline at the very worst moment, as one standstill is enough for one loss.
 */
export function healthOf(measured: Measured): Health {
  const gauge = measured.metrics.generator_event_loop_utilization;
  const busy = gauge?.kind === 'gauge' ? gauge.mean : undefined;
  const lag = percentileOf(measured.trend('send_lag'), 99);
  const late_ms = lag === undefined ? undefined : lag / 1000;
  const limit_ms = Math.max(ALWAYS_LATE_MS, PART_OF_LIMIT * tightestObjective(measured));
  const deaths = measured.events.filter(({ kind }) => kind === 'worker-died');
  const isBusy = busy !== undefined && busy > MAX_UTILIZATION;
  const isLate = late_ms !== undefined && late_ms > limit_ms;
  const stoodStill = worstLateness(measured) > PART_OF_LIMIT * measured.plan.deadline_ms;
  return {
    reasons: [
      ...(isBusy ? [`its event loop was busy for ${Math.round(busy * 100)} % of the time, which is over 70 %`] : []),
      ...(isLate
        ? [`its sends were late by ${milliseconds(late_ms)} at p99, which is over ${milliseconds(limit_ms)}`]
        : []),
      ...(stoodStill ? [`it stood still for ${milliseconds(worstLateness(measured))}`] : []),
    ],
    deaths: deaths.slice(0, 3).map(({ at_ms, text }) => `at ${clock(measured, at_ms)} ${text}`),
    busy,
    late_ms,
    mayExplain(rests_on) {
      if (rests_on === 'latency') return isBusy || isLate || stoodStill;
      return stoodStill || (rests_on === 'deadline' && isBusy);
    },
  };
}

/** The worst lateness of a send in the whole run, ms. */
function worstLateness(measured: Measured): number {
  const stages = ['ramp', 'settle', 'steady', 'drain'] as const;
  return Math.max(...stages.map((stage) => measured.trend('send_lag', stage).max_us)) / 1000;
}

/** The lowest upper limit on a latency among the thresholds, ms; 0 without any. */
function tightestObjective({ plan }: Measured): number {
  const limits = plan.thresholds.map(parseThreshold).filter(({ metric, aggregation, op }) => {
    const isOwn = metric === 'send_lag' || metric.startsWith('generator_');
    return isTrend(metric) && !isOwn && aggregation.of !== 'count' && (op === '<' || op === '<=');
  });
  return limits.length > 0 ? Math.min(...limits.map(({ limit }) => limit)) : 0;
}
