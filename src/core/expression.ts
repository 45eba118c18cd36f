import { quoted } from './quoted.ts';
import { ToolError } from './errors.ts';
import { isCounter, isOfWholeRun, isRate, isTrend, METRIC_NAMES, type MetricName } from './metrics.ts';
import { didYouMean } from './nearest.ts';
import { STAGES, type Stage } from './record.ts';
import { parseDuration } from './units.ts';

/**
 * Thresholds as k6 writes them: `METRIC['{stage:S}']:AGG OP NUMBER['@'DURATION]`, for example
 * `broadcast_latency{stage:ramp}:p(99)<500` or `disconnect_rate:rate<0.001@30s`.
 */
export interface Threshold {
  /** As it was written, without spaces. */
  text: string;
  metric: MetricName;
  stage?: Stage;
  aggregation: Aggregation;
  op: Op;
  /** In the unit of the metric: ms for trends. */
  limit: number;
  /** Not judged before this time of the run, ms (`@30s`). */
  not_before_ms?: number;
}

export type Aggregation =
  | { of: 'avg' | 'min' | 'med' | 'max' | 'count' | 'rate' | 'value' | 'last' | 'mean' }
  | { of: 'p'; percent: number };

type Op = '<' | '<=' | '>' | '>=' | '==' | '!=';

const SHAPE = /^([a-z_0-9]+)(\{[^}]*\})?:([a-z]+(?:\([^)]*\))?)(<=|>=|===|!==|==|!=|<|>)([^@]+)(?:@(.+))?$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const EXAMPLE = 'Write METRIC:AGGREGATION OP NUMBER, such as "broadcast_latency:p(99)<100" or "lost:count==0".';

const KINDS = {
  trend: ['avg', 'min', 'med', 'max', 'p(N)', 'count'],
  counter: ['count', 'rate'],
  rate: ['value', 'rate'],
  gauge: ['last', 'min', 'mean', 'max'],
} as const;

/**
 * Reads a threshold.
 * @throws ToolError with what would be right
 */
export function parseThreshold(text: string): Threshold {
  const written = text.replaceAll(/\s+/g, '');
  const match = SHAPE.exec(written);
  if (!match) throw new ToolError(`The threshold "${quoted(text)}" cannot be read.`, { hint: EXAMPLE });
  const [, name, selector, aggregate, op, number, not_before] = match;
  const metric = metricNamed(name!, text);
  const stage = selector === undefined ? undefined : stageIn(selector, metric, text);
  const aggregation = aggregationOf(aggregate!, metric, text);
  if (!NUMBER.test(number!)) {
    throw new ToolError(`The threshold "${text}" compares with ${number}, which is not a number.`, {
      hint: isTrend(metric) ? `${metric} is in ms: write the number alone.` : EXAMPLE,
    });
  }
  const limit = Number(number);
  if (!Number.isFinite(limit) || (limit === 0 && /[1-9]/.test(number!.replace(/e.*/i, '')))) {
    throw new ToolError(`The threshold "${text}" compares with ${number}, which is beyond what a number can be.`);
  }
  refuseForegone(text, metric, aggregation, op!, limit);
  return {
    text: written,
    metric,
    ...(stage && { stage }),
    aggregation,
    op: (op!.length === 3 ? op!.slice(0, 2) : op!) as Op,
    limit,
    ...(not_before !== undefined && { not_before_ms: parseDuration(not_before, `The threshold "${text}" after @`) }),
  };
}

function metricNamed(name: string, text: string): MetricName {
  const known = METRIC_NAMES.find((each) => each === name);
  if (known) return known;
  throw new ToolError(`The threshold "${text}" is on an unknown metric, ${name}.`, {
    hint:
      didYouMean(name, METRIC_NAMES) ?? 'Metrics are such as broadcast_latency, join_time, disconnect_rate or lost.',
  });
}

function stageIn(selector: string, metric: MetricName, text: string): Stage {
  const stage = STAGES.find((each) => selector === `{stage:${each}}`);
  if (!stage) {
    throw new ToolError(`The threshold "${text}" selects ${selector}, but only a stage can be selected.`, {
      hint: `One of ${STAGES.map((each) => `{stage:${each}}`).join(', ')}.`,
    });
  }
  if (isOfWholeRun(metric)) {
    throw new ToolError(`The threshold "${text}" selects a stage, but ${metric} is only known of the whole run.`);
  }
  return stage;
}

function aggregationOf(written: string, metric: MetricName, text: string): Aggregation {
  const kind = kindOf(metric);
  const percentile = /^p\((.*)\)$/.exec(written);
  if (percentile && kind === 'trend') {
    const percent = NUMBER.test(percentile[1]!) ? Number(percentile[1]) : Number.NaN;
    if (percent >= 0 && percent <= 100) return { of: 'p', percent };
    throw new ToolError(`The threshold "${text}" asks for ${written}: a percentile lies between 0 and 100.`);
  }
  const allowed: readonly string[] = KINDS[kind];
  if (!allowed.includes(written)) {
    throw new ToolError(`The threshold "${text}" asks for ${written} of ${metric}, which is a ${kind}.`, {
      hint: `A ${kind} has ${allowed.slice(0, -1).join(', ')} and ${allowed.at(-1)}.`,
    });
  }
  return { of: written } as Aggregation;
}

/** The lowest and the highest that a metric can be; where something never came, a trend is infinite. */
const rangeOf = (metric: MetricName): [number, number] =>
  // Of which there can be several in an hour.
  isRate(metric) && metric !== 'disconnects_per_user_hour' ? [0, 1] : [0, Infinity];

/** Refuses a comparison that comes out the same whatever is measured: nobody would learn anything from it. */
function refuseForegone(text: string, metric: MetricName, { of }: Aggregation, op: string, limit: number): void {
  const [low, high] = rangeOf(metric);
  const isOutside = limit < low || limit > high || (of === 'count' && !Number.isInteger(limit));
  const FOREGONE: Record<string, [always: boolean, never: boolean]> = {
    '<': [limit > high, limit <= low],
    '<=': [limit >= high, limit < low],
    '>': [limit < low, limit >= high],
    '>=': [limit <= low, limit > high],
    '=': [false, isOutside],
    '!': [isOutside, false],
  };
  const [always, never] = FOREGONE[op] ?? FOREGONE[op[0]!]!;
  if (!always && !never) return;
  const range = high === 1 ? 'lies between 0 and 1' : of === 'count' ? 'is a whole number from 0' : 'is never below 0';
  throw new ToolError(`The threshold "${text}" ${always ? 'always' : 'never'} holds: ${metric} ${range}.`, {
    ...(high === 1 && limit > 1 && limit <= 100 && { hint: `${limit} % is ${Number((limit / 100).toPrecision(12))}.` }),
  });
}

const kindOf = (metric: MetricName): keyof typeof KINDS =>
  isTrend(metric) ? 'trend' : isCounter(metric) ? 'counter' : isRate(metric) ? 'rate' : 'gauge';

/** How an aggregation is written: `p(99)`, `count`. */
export const aggregationText = (aggregation: Aggregation): string =>
  aggregation.of === 'p' ? `p(${aggregation.percent})` : aggregation.of;

/**
 * Whether a threshold holds for a value.
 * @param value undefined without a sample: then nobody knows. Infinity where what should have been measured never
 *   came: then every upper limit fails
 */
export function holds({ op, limit }: Threshold, value: number | undefined): boolean | 'unknown' {
  if (value === undefined || Number.isNaN(value)) return 'unknown';
  switch (op) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
