import { formatDuration } from '../core/units.ts';
import type { Result, Standing, Trend, Verdict } from '../result/result.ts';
import { digits, integer, NONE } from './words.ts';

/** What stands in the table of latencies, whoever prints it. Runs in browsers. */

/** A threshold, and how it stood. */
export interface Limit {
  metric: string;
  /** As it was written, without the metric: `p(99)<100`, `count==0`. */
  rule: string;
  /** In short: `p99<100`. */
  brief: string;
  stage: string | undefined;
  op: string;
  value: number;
  standing: Standing | undefined;
}

const SHAPE = /^([a-z_0-9]+)(?:\{stage:(\w+)\})?:([a-z]+(?:\([^)]*\))?)(<=|>=|==|!=|<|>)([^@]+)/i;

/** Every threshold of the plan, with the standing of the verdict on it. */
export function limitsOf(result: Pick<Result, 'plan' | 'verdicts'>): Limit[] {
  const texts = Array.isArray(result.plan.thresholds) ? (result.plan.thresholds as string[]) : [];
  return texts.flatMap((text) => {
    const match = SHAPE.exec(text);
    if (!match) return [];
    const [, metric, stage, aggregation, op, value] = match;
    const verdict = result.verdicts.find(({ judge, claim }) => judge === 'thresholds' && bare(claim) === bare(text));
    return {
      metric: metric!,
      stage,
      rule: `${aggregation}${op}${value}`,
      brief: `${aggregation!.replace(/^p\((.*)\)$/, 'p$1').replace(/^count$/, '')}${op}${value}`,
      op: op!,
      value: Number(value),
      standing: verdict?.standing,
    };
  });
}

/** A claim and its threshold differ in spaces and colons only. */
const bare = (text: string): string => text.replaceAll(/[\s:]/g, '');

const SEVERITY: Standing[] = ['pass', 'unknown', 'fail'];

/** The threshold to show beside a metric: the one that stands worst. */
export function limitOn(limits: readonly Limit[], metric: string): Limit | undefined {
  const own = limits.filter((limit) => limit.metric === metric && limit.stage === undefined);
  return own.sort((a, b) => rank(b) - rank(a))[0];
}

const rank = ({ standing }: Limit): number => (standing === undefined ? -1 : SEVERITY.indexOf(standing));

/** Below so many samples the slowest thousandth is an anecdote. */
const ENOUGH_FOR_P999 = 1000;

/** How long the run waited for what it measured: for a pong it is the smaller of heartbeat and deadline. */
const waitedFor = (name: string, { deadline_ms, heartbeat_ms }: Result['plan']): number =>
  name === 'heartbeat_rtt' && heartbeat_ms > 0 ? Math.min(deadline_ms, heartbeat_ms) : deadline_ms;

/** A trend's row: p50, p90, p99, p99.9, max, samples. What never came is beyond every figure. */
export function cellsOf(name: string, trend: Trend, plan: Result['plan']): string[] {
  const deadline_ms = waitedFor(name, plan);
  const cell = (value: number | null): string => {
    if (value !== null) return digits(value);
    return trend.missing > 0 ? `>${Number((deadline_ms / 1000).toPrecision(3))}s` : NONE;
  };
  const samples = trend.count + trend.missing;
  const p999 = samples < ENOUGH_FOR_P999 ? NONE : cell(trend.p999);
  const max = cell(trend.missing > 0 ? null : trend.max);
  return [cell(trend.p50), cell(trend.p90), cell(trend.p99), p999, max, integer(trend.count)];
}

/** The heads of {@link cellsOf}. */
export const CELL_HEADS = ['p50', 'p90', 'p99', 'p99.9', 'max', 'samples'] as const;

const ALWAYS = ['broadcast_latency', 'broadcast_service_time', 'broadcast_completion', 'heartbeat_rtt', 'join_time'];
const IF_ANY = ['host_state_time', 'recovery_time'];

/** The trends a person wants to see first: with samples, or with a threshold on them. */
export function trendsToShow(result: Result, limits: readonly Limit[]): { name: string; trend: Trend }[] {
  return Object.entries(result.metrics)
    .flatMap(([name, metric]) => (metric.kind === 'trend' ? { name, trend: metric } : []))
    .filter(({ name, trend }) => {
      const some = trend.count + trend.missing > 0;
      return (some && [...ALWAYS, ...IF_ANY].includes(name)) || limits.some(({ metric }) => metric === name);
    })
    .sort((a, b) => place(a.name) - place(b.name));
}

const ORDER = [...ALWAYS, ...IF_ANY];
const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** A counter of the result; 0 where it is none. */
export function countOf(result: Pick<Result, 'metrics'>, name: string): number {
  const metric = result.metrics[name];
  return metric?.kind === 'counter' ? metric.count : 0;
}

/**
 * `30 s measured from 20:48:10`: the window in which what was due is judged.
 * @param show writes a moment, ms since 1970
 */
export function measuredWords(
  { window, started_at }: Pick<Result, 'window' | 'started_at'>,
  show: (at: number) => string,
): string {
  const began = Date.parse(started_at);
  const ms = window.to_ms - window.from_ms;
  if (ms <= 0) return `nothing measured, begun at ${show(began)}`;
  return `${formatDuration(ms)} measured from ${show(began + window.from_ms)}`;
}

/** The words for an outcome: what a person reads, in capitals on a terminal. */
export const OUTCOME_WORD = { pass: 'PASS', fail: 'FAIL', inconclusive: 'UNKNOWN' } as const;

/** The outcome as a verdict's standing, whose mark and colour it has. */
export const standingOf = ({ outcome }: Result): Verdict['standing'] =>
  outcome === 'inconclusive' ? 'unknown' : outcome;

/** What a verdict says, after its judge's name. A threshold's claim is its own; a judge's is always the same. */
export function saying(verdict: Verdict): string {
  const { explained_by: by } = verdict;
  // That not all is known stands in the reason.
  const cause = by === undefined || by === 'journal' ? '' : ` (follows from ${by})`;
  const claim = verdict.judge === 'thresholds' ? `${verdict.claim}: ` : '';
  return `${claim}${verdict.because}${cause}`;
}

/** What is wrong with the stored journal, in one sentence; undefined: nothing is. */
export const damageWords = ({ damage }: Pick<Result, 'damage'>): string | undefined =>
  damage && `Its journal: ${damage.join('; ')}.`;
