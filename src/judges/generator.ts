import type { Measured } from '../result/measured.ts';
import { ailmentsOf, lateness, meanOf, standstillOf, type Ailment } from './ailments.ts';
import type { Judge, RestsOn } from './judge.ts';
import { clock, list, milliseconds } from './words.ts';

const CLAIM = 'the load generator was fit to judge';

/**
 * A delivery or a pong is missed through a standstill only where the server has used up the rest of its deadline: one
 * that had three quarters of it is judged.
 */
const PART_OF_DEADLINE = 0.25;
const SHORTEST_STANDSTILL_MS = 5;
/** No server gives up a peer that is silent for less than this, ms. */
const CUT_OFF_MS = 1000;

export const generator: Judge = {
  name: 'generator',
  about:
    'In the measured window the tool’s own event loops were busy for at most 70 % of the time, and of the time that ' +
    'other programs left them their core; its sends at p99, and at the percentile of each latency objective, were ' +
    'late by at most 5 ms or 10 % of the objective; no more waited unread in its own sockets than comes in that ' +
    'time; and it was not stopped for longer than that, by garbage collection or otherwise, for more than half of ' +
    'what the objective leaves out. It never stood still for a quarter of the deadline or for a second, and none of ' +
    'its processes died. Else what rests on time, or on the sessions of a dead process, is unknown.',
  judge(measured) {
    const { reasons, remedy, deaths, busy, late_ms } = healthOf(measured);
    if (reasons.length + deaths.length > 0) {
      const because = list([...reasons, ...deaths]);
      const headline =
        reasons.length > 0 ? `The generator was the limit: ${because}.` : `The test itself broke: ${because}.`;
      return [{ claim: CLAIM, standing: 'unknown', because: `${because}${remedy && `; ${remedy}`}`, headline }];
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
  /** Why it was too slow to judge what rests on time, in words, and when; none: it was not. */
  reasons: string[];
  /** What to do about it; empty where there is nothing to be done. */
  remedy: string;
  /** Processes that died, in words: whatever passes, passes only for the sessions that were left. */
  deaths: string[];
  /** Mean share of time in which its busiest event loop was busy, and p99 of the lateness of its sends. */
  busy: number | undefined;
  late_ms: number | undefined;
  /** Whether the generator's state may be the cause of a finding that rests on this. */
  mayExplain(rests_on: RestsOn): boolean;
}

/**
 * The generator's own slowness matters where it is not small against what is judged: against each latency objective,
 * at its percentile, for latencies; for what did not come within a deadline, and for connections that were given up,
 * at the very worst moment, as one standstill is enough for one loss.
 */
export function healthOf(measured: Measured): Health {
  const ailments = ailmentsOf(measured);
  const stood = standstillOf(measured);
  const missesDeadlines = stood.ms > Math.max(SHORTEST_STANDSTILL_MS, PART_OF_DEADLINE * measured.plan.deadline_ms);
  const cutOff = stood.ms >= CUT_OFF_MS;
  const busy = meanOf(measured, 'generator_event_loop_utilization');
  const stopped = missesDeadlines || cutOff ? [{ text: `it stood still for ${milliseconds(stood.ms)}`, ...stood }] : [];
  const reasons = [...ailments, ...stopped];
  const deaths = measured.events.filter(({ kind }) => kind === 'worker-died');
  return {
    reasons: reasons.map(
      ({ text, at_ms }) => text + (at_ms === undefined ? '' : ` (worst at ${clock(measured, at_ms)})`),
    ),
    remedy: remedyFor(measured, reasons),
    deaths: deaths.slice(0, 3).map(({ at_ms, text }) => `at ${clock(measured, at_ms)} ${text}`),
    busy,
    late_ms: lateness(measured),
    mayExplain(rests_on) {
      if (rests_on === 'latency') return ailments.length > 0;
      if (rests_on === 'silence') return cutOff;
      return missesDeadlines || ailments.some((one) => one.full === true);
    },
  };
}

function remedyFor({ plan, environment }: Measured, ailments: readonly Ailment[]): string {
  if (ailments.length === 0) return '';
  if (ailments.some(({ robbed }) => robbed)) {
    return 'leave it the machine (other programs, a quota of the processor), or take another one';
  }
  const moreWorkers = plan.workers < Math.min(plan.sessions, environment.cores);
  return `take fewer users${moreWorkers ? ', more workers (--workers)' : ''} or another machine (--shard)`;
}
