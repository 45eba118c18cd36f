import type { Disconnect, Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { headerOf, intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import type { JournalEnd } from '../result/journal.ts';
import { measured, type Measured } from '../result/measured.ts';
import { addInterval, emptyMeasurement, slicesOf, totalOf, type Measurement } from '../result/measurement.ts';
import type { Gap } from '../result/result.ts';
import type { Finding, Judge, Ruling } from './judge.ts';

/** Runs for the judges' tests: a clean one, and what is added to it. */

const latencies = (count: number): number[] => Array.from({ length: count }, (_, i) => 0.2 + (i % 100) / 50);

/**
 * Three sessions of ten on a server with versions and states: 30 joins, 300 changes at nine receivers each, ten
 * heartbeats, and everybody with the same document at the end.
 */
export function cleanIntervals(): Interval[] {
  const steady: Parts = {
    counters: {
      commands_scheduled: 300,
      commands_sent: 300,
      deliveries: 2700,
      deliveries_expected: 2700,
      heartbeats: 10,
    },
    gauges: { users_connected: 30, generator_event_loop_utilization: 0.34 },
    trends: {
      broadcast_latency: trendOf(latencies(2700)),
      send_lag: trendOf(latencies(300).map((ms) => ms / 3)),
      heartbeat_rtt: trendOf(latencies(10)),
    },
  };
  return [
    intervalOf(
      0,
      3000,
      {
        ramp: {
          counters: { connections: 30, arrivals_told: 270, departures_told: 9 },
          trends: { join_time: trendOf(latencies(30)) },
        },
      },
      { traits: ['state'] },
    ),
    intervalOf(3000, 13_000, { steady }, { joined_user_ms: 300_000, planned_user_ms: 300_000 }),
    intervalOf(
      13_000,
      14_000,
      { drain: { counters: { states_checked: 54, replicas_compared: 30 } } },
      { traits: ['acks', 'versions', 'state', 'roster', 'notices'] },
    ),
  ];
}

/** What else was seen in the measured window. */
export const alsoSeen = (parts: Parts, rest: Partial<Interval> = {}): Interval =>
  intervalOf(8000, 9000, { steady: parts }, rest);

/** A measurement of these intervals. */
export const measurementOf = (intervals: readonly Interval[], plan: Partial<Plan> = {}): Measurement =>
  intervals.reduce(addInterval, emptyMeasurement(headerOf(plan).plan));

/** What a run measured: these intervals, with this plan, ended so. */
export function measuredOf(
  intervals: readonly Interval[],
  plan: Partial<Plan> = {},
  end: Partial<JournalEnd> = {},
  gaps: readonly Gap[] = [],
): Measured {
  const measurement = measurementOf(intervals, plan);
  const facts = { ...headerOf(plan), slices: slicesOf(measurement), ended_ms: 14_000, ...end, gaps };
  return measured(totalOf(measurement), facts);
}

/** A clean run in which this was seen too. */
export const cleanBut = (parts: Parts, rest: Partial<Interval> = {}, plan: Partial<Plan> = {}): Measured =>
  measuredOf([...cleanIntervals(), alsoSeen(parts, rest)], plan);

/** A judge's only finding, as a ruling. */
export function rulingOf(judge: Judge, of: Measured): Ruling {
  const [finding, ...more] = judge.judge(of);
  if (!finding || more.length > 0 || 'not_claimed' in finding)
    throw new Error(`not one ruling: ${JSON.stringify([finding, more])}`);
  return finding;
}

/** Why a judge claims nothing. */
export function unclaimedBy(judge: Judge, of: Measured): string {
  const [finding] = judge.judge(of) as [Finding];
  if (!('not_claimed' in finding)) throw new Error(`it does claim: ${JSON.stringify(finding)}`);
  return finding.not_claimed.because;
}

/** A connection that the network ended in the measured window. */
export const disconnectOf = (of: Partial<Disconnect>): Disconnect => ({
  code: 1006,
  reason: '',
  initiator: 'network',
  phase: 'steady',
  expected: false,
  count: 1,
  first_ms: 8000,
  last_ms: 8000,
  ...of,
});
