import { plainNumber } from '../reporters/words.ts';
import type { Metric, Result } from '../result/result.ts';
import type { ChartOptions } from './chart.ts';

/** What all charts over time share. */

/** Draws a chart on the time axis. */
export type Draw = (
  options: Pick<ChartOptions, 'title' | 'note' | 'lines' | 'y' | 'right' | 'over' | 'height' | 'aligned'>,
) => HTMLElement;

/** One figure of a metric in each slice. */
export const along = (
  result: Result,
  name: string,
  of: (metric: Metric) => number | null,
  absent: number | null = null,
): (number | null)[] => result.timeline.map(({ metrics }) => (metrics[name] ? of(metrics[name]) : absent));

/** Where nothing is known between two slices: no line is drawn across. */
export interface Break {
  /** The slice before which it lies. */
  before: number;
  middle_ms: number;
}

export const breaksOf = ({ gaps = [], timeline }: Pick<Result, 'gaps' | 'timeline'>): Break[] =>
  gaps.flatMap(({ from_ms, to_ms, doubtful }) => {
    if (doubtful || to_ms === undefined) return [];
    const middle_ms = (from_ms + to_ms) / 2;
    const before = timeline.findIndex((slice) => (slice.from_ms + slice.to_ms) / 2 > middle_ms);
    return before > 0 ? { before, middle_ms } : [];
  });

/** Values along the slices, with this one at each break. */
export const broken = <T>(values: readonly T[], breaks: readonly Break[], at: (one: Break) => T): T[] =>
  values.flatMap((value, slice) => [...breaks.filter(({ before }) => before === slice).map(at), value]);

/** `24.5k`: axes have little room. */
export const short = (value: number): string =>
  value >= 1e6
    ? `${Number((value / 1e6).toPrecision(3))}M`
    : value >= 10_000
      ? `${Number((value / 1000).toPrecision(3))}k`
      : plainNumber(value);
