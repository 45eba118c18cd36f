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

/** `24.5k`: axes have little room. */
export const short = (value: number): string =>
  value >= 1e6
    ? `${Number((value / 1e6).toPrecision(3))}M`
    : value >= 10_000
      ? `${Number((value / 1000).toPrecision(3))}k`
      : plainNumber(value);
