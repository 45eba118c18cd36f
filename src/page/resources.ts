import { formatBytes } from '../core/units.ts';
import { digits, integer } from '../reporters/words.ts';
import type { Metric, Result } from '../result/result.ts';
import type { Line } from './chart.ts';
import { along, short, type Draw } from './series.ts';

type Show = (value: number) => string;

interface Resource {
  title: string;
  note: string;
  /** Gauges, with the name of their line and its colour. */
  of: [gauge: string, label: string, tint: string][];
  show: Show;
  /** How the axis says it, if not as the legend does. */
  axis?: Show;
  /** The least height of the axis. */
  least: number;
  /** What a value is multiplied with. */
  scale?: number;
}

const RESOURCES: Resource[] = [
  {
    title: 'Processor, cores',
    note: 'Of the server where its process is known, and of the load generator.',
    of: [
      ['server_cpu', 'server', 'series-1'],
      ['generator_cpu', 'generator', 'series-3'],
    ],
    show: (cores) => cores.toFixed(2),
    least: 0.5,
  },
  {
    title: 'Resident memory',
    note: 'It may grow with what is kept, not with time.',
    of: [
      ['server_rss', 'server', 'series-1'],
      ['generator_rss', 'generator', 'series-3'],
    ],
    show: formatBytes,
    least: 1024 ** 2,
  },
  {
    title: 'Event loop of the generator',
    note: 'Busy for more than 70 % of the time that others leave it its core, it cannot judge latencies.',
    of: [
      ['generator_event_loop_utilization', 'busy', 'series-3'],
      ['generator_steal', 'without its core', 'series-1'],
    ],
    show: (percent) => `${Math.round(percent)} %`,
    least: 100,
    scale: 100,
  },
  {
    title: 'Open files of the server',
    note: 'One a connection, and a few.',
    of: [['server_fds', 'files', 'series-1']],
    show: integer,
    axis: short,
    least: 10,
  },
  {
    title: 'Event loop of the server',
    note: 'Its delay, as the server reports it.',
    of: [['server_event_loop_delay', 'delay', 'series-1']],
    show: (ms) => `${digits(ms)} ms`,
    axis: digits,
    least: 1,
  },
];

/** What server and generator needed: a small chart for each thing that was read. */
export const resourceCharts = (result: Result, draw: Draw): HTMLElement[] =>
  RESOURCES.flatMap(({ title, note, of, show, axis = show, least, scale = 1 }) => {
    const lines = of
      .filter(([name]) => result.timeline.some(({ metrics }) => metrics[name]))
      .map(([name, label, tint], at): Line => ({
        label,
        colour: tint,
        ...(at > 0 && { dash: [6, 3] }),
        values: along(result, name, (metric) => lastOf(metric, scale)),
        show,
      }));
    return lines.length === 0 ? [] : [draw({ title, note, lines, y: { show: axis, least }, height: 180 })];
  });

const lastOf = (metric: Metric, scale: number): number | null => (metric.kind === 'gauge' ? metric.last * scale : null);
