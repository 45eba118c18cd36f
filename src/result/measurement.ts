import type { Interval } from '../core/record.ts';
import { stageEnds, type Plan } from '../plan/plan.ts';
import { acrossWorkers, combine, emptyInterval } from './interval.ts';

/**
 * Everything that was measured, whatever the order in which its intervals came: a commutative monoid over
 * {@link Interval} records. It keeps them by worker and slice of time, adding up what falls into the same, so that a
 * run of any length needs bounded memory and still has its timeline.
 */
export interface Measurement {
  readonly slice_ms: number;
  /** By number of the slice, then by worker. */
  readonly slices: ReadonlyMap<number, ReadonlyMap<number, Interval>>;
}

type Cells = Map<number, Map<number, Interval>>;

const MAX_JOURNAL_LINES = 1800;
const MAX_SLICES = 600;
const JOURNAL_SECONDS = [1, 2, 5, 10, 15, 30, 60];

/** The longest a run of this plan should take: its stages, and a drain of at most the deadline and a quiet second. */
const lengthOf = (plan: Plan): number => stageEnds(plan).steady + plan.deadline_ms + 1000;

/** Length of a journal's interval, ms: the smallest of 1, 2, 5, 10, 15, 30, 60 s with at most 1,800 lines. */
export function journalIntervalMs(plan: Plan): number {
  const length = lengthOf(plan);
  const seconds =
    JOURNAL_SECONDS.find((each) => length / (each * 1000) <= MAX_JOURNAL_LINES) ?? JOURNAL_SECONDS.at(-1)!;
  return seconds * 1000;
}

/** Length of an entry of the timeline, ms: whole journal intervals, at most 600 entries. */
export function sliceMs(plan: Plan): number {
  const interval = journalIntervalMs(plan);
  return interval * Math.max(Math.ceil(lengthOf(plan) / interval / MAX_SLICES), 1);
}

/** Nothing measured yet. Measurements of one plan merge. */
export const emptyMeasurement = (plan: Plan): Measurement => ({ slice_ms: sliceMs(plan), slices: new Map() });

/**
 * Adds an interval, in place, as it is done once a second for hours.
 * @returns the same measurement
 */
export function addInterval(measurement: Measurement, interval: Interval): Measurement {
  put(measurement.slices as Cells, sliceOf(measurement, interval), interval);
  return measurement;
}

/** By its middle, so that a record that begins a millisecond early or late is where it belongs. */
const sliceOf = ({ slice_ms }: Measurement, { from_ms, to_ms }: Interval): number =>
  Math.min(Math.floor((from_ms + to_ms) / 2 / slice_ms), MAX_SLICES - 1);

function put(cells: Cells, slice: number, interval: Interval): void {
  const workers = cells.get(slice) ?? new Map<number, Interval>();
  cells.set(slice, workers);
  const known = workers.get(interval.worker);
  workers.set(interval.worker, known ? combine(known, interval, 'later') : interval);
}

/** Two measurements as one; neither is changed. Their workers' numbers must differ unless they are the same worker. */
export function mergeMeasurements(a: Measurement, b: Measurement): Measurement {
  const cells: Cells = new Map();
  for (const { slices } of [a, b]) {
    for (const [slice, workers] of slices) for (const interval of workers.values()) put(cells, slice, interval);
  }
  return { slice_ms: a.slice_ms, slices: cells };
}

/** What all workers saw in each slice, in the order of time. */
export const slicesOf = (measurement: Measurement): Interval[] =>
  [...measurement.slices]
    .sort(([a], [b]) => a - b)
    .map(([, workers]) => acrossWorkers([...workers.values()].sort((a, b) => a.worker - b.worker)));

/** Everything, as one interval. */
export function totalOf(measurement: Measurement): Interval {
  const slices = slicesOf(measurement);
  return slices.length === 0 ? emptyInterval(0, 0) : slices.reduce((sum, slice) => combine(sum, slice, 'later'));
}
