import { lowestOf } from '../core/buckets.ts';
import type { Threshold } from '../core/expression.ts';
import { isTrend } from '../core/metrics.ts';
import { stageEnds } from '../plan/plan.ts';
import type { Measured } from '../result/measured.ts';

/** Gaps are taken to hold so many times the samples a second of what is known: few loads vary by more. */
const DENSITY = 2;

/**
 * Whether what is not known could turn a threshold that fails by what is known. Counts only grow, maxima only rise and
 * minima only fall: beyond their limit they stay there. A percentile stays where too many lie beyond it even with all
 * of the gaps within it. Means, shares, rates a second and lower limits of counts may turn.
 * @param value what it was, beyond its limit
 */
export function couldTurn(measured: Measured, threshold: Threshold, value: number): boolean {
  const { metric, aggregation, op, limit } = threshold;
  if (measured.gaps.length === 0) return false;
  if (op === '!=' || metric === 'pending') return true;
  switch (aggregation.of) {
    case 'count':
    case 'max':
      return value < limit || (value === limit && op !== '<');
    case 'min':
      return value > limit || (value === limit && op !== '>');
    case 'med':
      return percentileTurns(measured, threshold, 50);
    case 'p':
      return percentileTurns(measured, threshold, aggregation.percent);
    default:
      return true;
  }
}

function percentileTurns(measured: Measured, { metric, stage, op, limit }: Threshold, percent: number): boolean {
  if (!isTrend(metric) || (op !== '<' && op !== '<=')) return true;
  const { count, missing, buckets } = measured.trend(metric, stage);
  let over = missing;
  for (let i = 0; i < buckets.length; i += 2) if (lowestOf(buckets[i]!) >= limit * 1000) over += buckets[i + 1]!;
  const { known_ms, gaps_ms } = timesOf(measured);
  const most = (count + missing) * (1 + (DENSITY * gaps_ms) / known_ms);
  return over <= (1 - percent / 100) * most;
}

/** How much is known from the beginning of the window to the end, as planned where the run was cut off, and how much not. */
function timesOf({ gaps, plan, window, ended_ms, cut_off }: Measured): { known_ms: number; gaps_ms: number } {
  const end = cut_off ? stageEnds(plan).steady : ended_ms;
  let known_ms = 0;
  let at = window.from_ms;
  for (const { from_ms, to_ms = end } of gaps.toSorted((a, b) => a.from_ms - b.from_ms)) {
    known_ms += Math.max(Math.min(from_ms, end) - at, 0);
    at = Math.max(at, to_ms);
  }
  known_ms += Math.max(end - at, 0);
  return { known_ms, gaps_ms: Math.max(end - window.from_ms - known_ms, 0) };
}
