import { parseThreshold, type Threshold } from '../core/expression.ts';
import { isTrend } from '../core/metrics.ts';
import type { Plan } from './plan.ts';

/** What the load generator may be before it is worth a word: for the judge, the live line and the plan alike. */

/** Above this share of busy time an event loop queues. */
export const MAX_UTILIZATION = 0.7;
/** A worker's event loop is asked at least so often whether it still goes, ms: a standstill may have been longer by so much. */
export const LOOP_ASKED_MS = 5;
/** The generator may always add so much to a latency, ms, and this part of whatever limit is judged. */
const ALWAYS_LATE_MS = 5;
const PART_OF_LIMIT = 0.1;

/** How late the generator may be itself beside a limit on a latency, ms. */
export const mayBeLate = (limit_ms = 0): number => Math.max(ALWAYS_LATE_MS, PART_OF_LIMIT * limit_ms);

/** The upper limits on latencies of the target among a plan's thresholds. */
export function latencyLimits({ thresholds }: Pick<Plan, 'thresholds'>): Threshold[] {
  return thresholds.map(parseThreshold).filter(({ metric, aggregation, op }) => {
    const isOwn = metric === 'send_lag' || metric.startsWith('generator_');
    return isTrend(metric) && !isOwn && aggregation.of !== 'count' && (op === '<' || op === '<=');
  });
}
