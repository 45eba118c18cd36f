import { acrossOf, COUNTER_NAMES, GAUGE_NAMES, TREND_NAMES, type GaugeName } from '../core/metrics.ts';
import {
  STAGES,
  type Disconnect,
  type ErrorTally,
  type Example,
  type GaugeRecord,
  type Interval,
  type RunEvent,
  type StageRecord,
  type Stays,
} from '../core/record.ts';
import { addPairs, addTrends } from './histogram.ts';

/**
 * How two intervals make one: what other processes saw at the same moment (`across`), or what came at another moment
 * (`later`). All but gauges and `pending` adds up either way.
 */
type Combination = 'across' | 'later';

/** Examples of one kind that are kept: the earliest. */
const EXAMPLES_PER_KIND = 10;
/** Events of one kind that are kept: the earliest. Many of one must not hide the only one of another. */
const EVENTS_PER_KIND = 500;
/** Different kinds of disconnects or errors that are kept apart: those seen first. */
const MAX_KINDS = 200;

/** An interval in which nothing was seen. */
export const emptyInterval = (from_ms: number, to_ms: number): Interval => ({
  worker: 0,
  from_ms,
  to_ms,
  stages: {},
  pending: 0,
  joined_user_ms: 0,
  planned_user_ms: 0,
  disconnects: [],
  errors: [],
  events: [],
  examples: [],
  traits: [],
});

/**
 * What several workers saw in the same moment, as one: the coordinator calls it once a second. Where one worker has
 * reported twice, its reports lie one after the other.
 */
export function acrossWorkers(intervals: readonly Interval[]): Interval {
  const workers = new Map<number, Interval>();
  for (const interval of intervals) {
    const known = workers.get(interval.worker);
    workers.set(interval.worker, known ? combine(known, interval, 'later') : interval);
  }
  if (workers.size === 0) return emptyInterval(0, 0);
  return [...workers.values()].reduce((sum, interval) => combine(sum, interval, 'across'));
}

/** Adds two intervals up. Neither is changed. */
export function combine(a: Interval, b: Interval, how: Combination): Interval {
  const stages: Interval['stages'] = {};
  for (const stage of STAGES) {
    const one = a.stages[stage];
    const other = b.stages[stage];
    if (one && other) stages[stage] = addStages(dated(one, a.to_ms), dated(other, b.to_ms), how);
    else if (one) stages[stage] = dated(one, a.to_ms);
    else if (other) stages[stage] = dated(other, b.to_ms);
  }
  const stays = addStays(a.stays, b.stays);
  return {
    worker: Math.min(a.worker, b.worker),
    from_ms: Math.min(a.from_ms, b.from_ms),
    to_ms: Math.max(a.to_ms, b.to_ms),
    stages,
    pending: how === 'across' ? a.pending + b.pending : a.to_ms <= b.to_ms ? b.pending : a.pending,
    ...(stays && { stays }),
    joined_user_ms: a.joined_user_ms + b.joined_user_ms,
    planned_user_ms: a.planned_user_ms + b.planned_user_ms,
    disconnects: addDisconnects(a.disconnects, b.disconnects),
    errors: addErrors(a.errors, b.errors),
    events: addEvents(a.events, b.events),
    examples: addExamples(a.examples, b.examples),
    traits: [...new Set([...a.traits, ...b.traits])].sort(),
  };
}

function addStays(a: Stays | undefined, b: Stays | undefined): Stays | undefined {
  if (!a || !b) return a ?? b;
  const quiet = addPairs(a.quiet ?? [], b.quiet ?? []);
  return {
    ended: addPairs(a.ended, b.ended),
    censored: addPairs(a.censored, b.censored),
    ...(quiet.length > 0 && { quiet }),
  };
}

/** Says of each gauge when its last value was read, before its interval is lost in a longer one. */
function dated(record: StageRecord, to_ms: number): StageRecord {
  const gauges: StageRecord['gauges'] = {};
  for (const name of GAUGE_NAMES) {
    const gauge = record.gauges[name];
    if (gauge) gauges[name] = { ...gauge, at_ms: gauge.at_ms ?? to_ms };
  }
  return { ...record, gauges };
}

function addStages(a: StageRecord, b: StageRecord, how: Combination): StageRecord {
  const sum: StageRecord = { counters: addCounters(a.counters, b.counters), gauges: {}, trends: {} };
  for (const name of GAUGE_NAMES) {
    const one = a.gauges[name];
    const other = b.gauges[name];
    const both = one && other ? addGauges(name, one, other, how) : (one ?? other);
    if (both) sum.gauges[name] = both;
  }
  for (const name of TREND_NAMES) {
    const one = a.trends[name];
    const other = b.trends[name];
    const both = one && other ? addTrends(one, other) : (one ?? other);
    if (both) sum.trends[name] = both;
  }
  return sum;
}

function addCounters(a: StageRecord['counters'], b: StageRecord['counters']): StageRecord['counters'] {
  const sum: StageRecord['counters'] = {};
  for (const name of COUNTER_NAMES) {
    const total = (a[name] ?? 0) + (b[name] ?? 0);
    if (total !== 0) sum[name] = total;
  }
  return sum;
}

/**
 * Readings of a gauge. Of the same moment in several processes they add up (the mean of the sum, the sums of the
 * extremes as its bounds), or the worst counts; `count` and `sum` stay such that `sum / count` is the mean.
 */
export function addGauges(name: GaugeName, a: GaugeRecord, b: GaugeRecord, how: Combination): GaugeRecord {
  const aAt = a.at_ms ?? 0;
  const bAt = b.at_ms ?? 0;
  const at_ms = Math.max(aAt, bAt);
  if (how === 'later') {
    return {
      count: a.count + b.count,
      sum: a.sum + b.sum,
      min: Math.min(a.min, b.min),
      max: Math.max(a.max, b.max),
      last: aAt <= bAt ? b.last : a.last,
      at_ms,
    };
  }
  const join = acrossOf(name) === 'sum' ? (x: number, y: number) => x + y : Math.max;
  const count = Math.max(a.count, b.count);
  return {
    count,
    sum: count * join(a.sum / a.count, b.sum / b.count),
    min: join(a.min, b.min),
    max: join(a.max, b.max),
    last: join(a.last, b.last),
    at_ms,
  };
}

const disconnectKey = (one: Disconnect): string =>
  JSON.stringify([one.code, one.initiator, one.phase, one.expected, one.breach, one.reason]);

/** Disconnects of one kind, whoever saw them, are counted together. */
const addDisconnects = (a: Disconnect[], b: Disconnect[]): Disconnect[] => addTallies(a, b, disconnectKey);

const addErrors = (a: ErrorTally[], b: ErrorTally[]): ErrorTally[] =>
  addTallies(a, b, (one) => JSON.stringify([one.kind, one.message]));

function addTallies<T extends { count: number; first_ms: number; last_ms: number }>(
  a: T[],
  b: T[],
  keyOf: (one: T) => string,
): T[] {
  if (a.length + b.length === 0) return a;
  const kinds = new Map<string, T>();
  for (const one of [...a, ...b]) {
    const key = keyOf(one);
    const known = kinds.get(key);
    kinds.set(key, known ? addTally(known, one) : one);
  }
  const order = [...kinds].sort(([k, x], [l, y]) => x.first_ms - y.first_ms || (k < l ? -1 : 1)).map(([, one]) => one);
  return order.slice(0, MAX_KINDS);
}

const addTally = <T extends { count: number; first_ms: number; last_ms: number }>(a: T, b: T): T => ({
  ...a,
  count: a.count + b.count,
  first_ms: Math.min(a.first_ms, b.first_ms),
  last_ms: Math.max(a.last_ms, b.last_ms),
});

function addEvents(a: RunEvent[], b: RunEvent[]): RunEvent[] {
  if (a.length + b.length === 0) return a;
  return earliest(
    sorted([...a, ...b], (event) => event.at_ms),
    EVENTS_PER_KIND,
  );
}

/** When an example happened: what the earliest ones are chosen by. */
const momentOf = (example: Example): number => example.due_ms ?? example.at_ms ?? 0;

function addExamples(a: Example[], b: Example[]): Example[] {
  if (a.length + b.length === 0) return a;
  return earliest(sorted([...a, ...b], momentOf), EXAMPLES_PER_KIND);
}

/** So many of each kind, the first ones. */
function earliest<T extends { kind: string }>(inOrder: T[], most: number): T[] {
  const kept = new Map<string, number>();
  return inOrder.filter(({ kind }) => {
    const before = kept.get(kind) ?? 0;
    kept.set(kind, before + 1);
    return before < most;
  });
}

/** By time; what happened at once by its text, so that no order of adding up shows. */
function sorted<T>(all: T[], timeOf: (one: T) => number): T[] {
  const keyed = all.map((one) => ({ one, time: timeOf(one), text: JSON.stringify(one) }));
  keyed.sort((x, y) => x.time - y.time || (x.text < y.text ? -1 : x.text > y.text ? 1 : 0));
  return keyed.map(({ one }) => one);
}
