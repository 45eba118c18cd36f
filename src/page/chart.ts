import uPlot from 'uplot';
import { h } from './dom.ts';
import { colour, onTheme } from './theme.ts';

/** Where a row of bars stands at its moments: two rows stand beside each other, so that neither hides the other. */
export type Bars = 'left' | 'middle' | 'right';

/** A line or a row of bars, in a colour of the style sheet. */
export interface Line {
  label: string;
  colour: string;
  values: (number | null)[];
  /** How a value reads in the legend. */
  show: (value: number) => string;
  dash?: number[];
  fill?: boolean;
  bars?: Bars;
  /** Holds each value until the next. */
  steps?: boolean;
  points?: boolean;
  /** The scale it belongs to: the left axis unless it says `right`. */
  side?: 'right';
}

export interface ChartOptions {
  /** What it shows, for those who cannot see it and as its heading. */
  title: string;
  /** A line under the title: how to read it. */
  note: string;
  xs: number[];
  x: {
    range?: [number, number];
    /** Where the ticks stand, if not at round values. */
    splits?: (narrow: boolean) => number[];
    increments?: number[];
    show: (value: number) => string;
    label?: string;
  };
  lines: Line[];
  y: { show: (value: number) => string; log?: boolean; least?: number };
  right?: { show: (value: number) => string };
  /** Leaves the room of a right axis, so that charts above each other agree. */
  aligned?: boolean;
  height?: number;
  /** Draws beneath and above the lines. */
  under?: (plot: uPlot) => void;
  over?: (plot: uPlot) => void;
  /** Charts of one name share the cursor. */
  sync?: string;
}

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const MIN_WIDTH = 240;
const NARROW = 480;
/** Fits A4 and Letter with a browser's own margins. */
const PAPER_WIDTH = 660;
const RIGHT_AXIS = 50;

/** A chart that is as wide as its place and follows the theme. */
export function chart(options: ChartOptions): HTMLElement {
  const place = h('div', { class: 'plot' });
  const figure = h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, h('h3', {}, options.title), h('p', {}, options.note)),
    place,
  );
  let plot: uPlot | undefined;
  const fit = (): void => {
    const width = Math.max(Math.floor(place.clientWidth), MIN_WIDTH);
    if (!plot) {
      plot = new uPlot(settings(options, width), [options.xs, ...options.lines.map(({ values }) => values)], place);
    } else if (plot.width !== width) plot.setSize({ width, height: plot.height });
  };
  // First as soon as the program has put everything in its place, then whenever the place changes.
  queueMicrotask(fit);
  // In the next frame: a chart that changes its place while places are measured would be measured again.
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(place);
  // A page of paper is narrower than most screens, and nothing is measured again for it.
  addEventListener('beforeprint', () => plot?.setSize({ width: PAPER_WIDTH, height: plot.height }));
  addEventListener('afterprint', fit);
  onTheme(() => plot?.redraw(false, true));
  return figure;
}

function settings(options: ChartOptions, width: number): uPlot.Options {
  const narrow = width < NARROW;
  const { x, y, right } = options;
  const hooks: uPlot.Hooks.Arrays = {};
  if (options.under) hooks.drawClear = [options.under];
  if (options.over) hooks.draw = [options.over];
  return {
    width,
    height: options.height ?? (narrow ? 220 : 260),
    padding: [24, right ? null : options.aligned ? RIGHT_AXIS : 14, null, null],
    scales: {
      x: { time: false, ...(x.range && { range: x.range }) },
      y: y.log ? { distr: 3, range: logRange } : { range: (_plot, _least, most) => [0, roomAbove(most, y.least ?? 1)] },
      right: { range: (_plot, _least, most) => [0, roomAbove(most, 1)] },
    },
    axes: [
      {
        ...axis(),
        space: narrow ? 60 : 70,
        size: 32,
        ...(x.splits && { splits: x.splits(narrow) }),
        ...(x.increments && { incrs: x.increments }),
        ...(x.label !== undefined && { label: x.label, labelSize: 20, labelFont: FONT }),
        values: (_plot, splits) => splits.map(x.show),
      },
      {
        ...axis(),
        size: 58,
        ...(y.log && { filter: powersOfTen, grid: { ...axis().grid, filter: powersOfTen } }),
        values: (_plot, splits) => splits.map((value) => (value === null ? '' : y.show(value))),
      },
      ...(right
        ? [
            {
              ...axis(),
              scale: 'right',
              side: 1 as const,
              size: RIGHT_AXIS,
              grid: { show: false },
              values: (_plot: uPlot, splits: number[]) => splits.map((value) => right.show(value)),
            },
          ]
        : []),
    ],
    series: [
      { label: x.label ?? 'time', value: (_plot, value) => (value === null ? '' : x.show(value)) },
      ...options.lines.map(seriesOf),
    ],
    cursor: {
      points: { size: 7 },
      drag: { x: false, y: false },
      ...(options.sync !== undefined && { sync: { key: options.sync } }),
    },
    legend: { live: true },
    hooks,
  };
}

function seriesOf(line: Line): uPlot.Series {
  const stroke = (): string => colour(line.colour);
  return {
    label: line.label,
    scale: line.side ?? 'y',
    stroke,
    width: line.bars ? 0 : 1.75,
    ...(line.dash && { dash: line.dash }),
    ...(line.fill && { fill: () => `${colour(line.colour)}1f` }),
    ...(line.steps && { paths: uPlot.paths.stepped!({ align: 1 }) }),
    ...(line.bars && { fill: stroke, paths: barsAt(line.bars) }),
    points: { show: line.points ?? false, size: 5, fill: stroke },
    spanGaps: false,
    value: (_plot, value) => (value === null || value === undefined ? '' : line.show(value)),
  };
}

/** The sides of uPlot's bars are seen from the moment: 1 begins there, -1 ends there. */
const barsAt = (place: Bars): uPlot.Series.PathBuilder =>
  place === 'middle'
    ? uPlot.paths.bars!({ size: [0.8, 14] })
    : uPlot.paths.bars!({ size: [0.4, 7], align: place === 'left' ? -1 : 1 });

const axis = (): uPlot.Axis => ({
  stroke: () => colour('muted'),
  font: FONT,
  grid: { stroke: () => colour('grid'), width: 1 },
  ticks: { stroke: () => colour('grid'), width: 1, size: 5 },
});

/** Labels and lines where they can be told apart: at 0.1, 1, 10, 100. */
const powersOfTen = (_plot: uPlot, splits: number[]): (number | null)[] =>
  splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-9 ? value : null));

/** Some air above the highest value; a scale of its own where there is none. */
const roomAbove = (most: number | null, least: number): number => Math.max((most ?? 0) * 1.08, least);

/** Whole doublings and fives around the values, so that the ends of the axis are round. */
function logRange(_plot: uPlot, least: number | null, most: number | null): [number, number] {
  if (least === null || most === null || least <= 0) return [0.1, 100];
  return [round(least, false), round(Math.max(most, least * 10), true)];
}

/** The next of 1, 2, 5, 10, 20, … */
function round(value: number, up: boolean): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((step) => step * power);
  return up ? steps.find((step) => step >= value * 0.999)! : steps.findLast((step) => step <= value * 1.001)!;
}
