import { stageEnds } from '../plan/plan.ts';
import { limitsOf, measuredWords } from '../reporters/figures.ts';
import { clock, digits, elapsed, integer, plainNumber } from '../reporters/words.ts';
import type { Metric, Result } from '../result/result.ts';
import { chart, type Bars, type Line } from './chart.ts';
import { h, section } from './dom.ts';
import type { PageDocument } from './document.ts';
import { resourceCharts } from './resources.ts';
import { along, breaksOf, broken, short, type Draw } from './series.ts';
import { eventMarks, gapBands, limitLine, stageBands } from './marks.ts';

/** Seconds between ticks of the time axis. */
const INCREMENTS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Marks are numbered as long as they can be told apart. */
const MOST_MARKS = 20;

/** What happened when: one time axis for all, with the stages and the events on it. */
export function overTime(fed: PageDocument): HTMLElement {
  const { result } = fed;
  const { timeline, events } = result;
  if (timeline.length === 0) {
    return section(
      'time',
      'Over time',
      h('p', { class: 'note' }, 'The run ended before its first interval was complete.'),
    );
  }
  const draw = chartsOf(fed);
  return section(
    'time',
    'Over time',
    h(
      'p',
      { class: 'note' },
      `0:00 is ${clock(Date.parse(result.started_at), fed.zone.offset_min)} ${fed.zone.name}, when the run began; ${measuredWords(result, (at) => clock(at, fed.zone.offset_min))}. Latencies of what is shaded are not judged.${result.gaps ? ' Of what is hatched not all is known.' : ''}`,
    ),
    eventList(fed),
    h('div', { class: 'charts' }, latencyChart(result, draw), throughputChart(result, draw), usersChart(result, draw)),
    h('div', { class: 'charts two' }, resourceCharts(result, draw)),
    events.length > MOST_MARKS && h('p', { class: 'note gap' }, `The charts mark the first ${MOST_MARKS} events.`),
  );
}

function chartsOf({ result }: PageDocument): Draw {
  const { timeline } = result;
  const marks = eventMarks(result.events.slice(0, MOST_MARKS));
  const bands = stageBands(timeline, { ...stageEnds(result.plan), steady: result.window.to_ms });
  const gaps = gapBands(result.gaps ?? []);
  const breaks = breaksOf(result);
  const middles = timeline.map(({ from_ms, to_ms }) => (from_ms + to_ms) / 2000);
  return (options) =>
    chart({
      ...options,
      xs: broken(middles, breaks, ({ middle_ms }) => middle_ms / 1000),
      lines: options.lines.map((line) => ({ ...line, values: broken(line.values, breaks, () => null) })),
      x: {
        range: [0, timeline.at(-1)!.to_ms / 1000],
        increments: INCREMENTS,
        show: (seconds) => elapsed(seconds * 1000),
      },
      under: (plot) => {
        bands(plot);
        gaps(plot);
      },
      over: (plot) => {
        options.over?.(plot);
        marks(plot);
      },
      sync: 'time',
    });
}

const trendLine = (
  result: Result,
  percentile: 'p50' | 'p99' | 'max',
  line: Omit<Line, 'values' | 'show' | 'label'>,
): Line => ({
  ...line,
  label: percentile,
  values: along(result, 'broadcast_latency', (metric) => (metric.kind === 'trend' ? metric[percentile] : null)),
  show: (value) => `${digits(value)} ms`,
});

function latencyChart(result: Result, draw: Draw): HTMLElement | false {
  if (!result.timeline.some(({ metrics }) => metrics.broadcast_latency)) return false;
  const limit = limitsOf(result).find(
    ({ metric, stage, brief }) => metric === 'broadcast_latency' && !stage && brief.startsWith('p'),
  );
  return draw({
    title: 'Latency, ms',
    note: 'broadcast_latency of what was resolved in each interval. The axis is logarithmic.',
    y: { show: plainNumber, log: true },
    lines: [
      trendLine(result, 'max', { colour: 'series-3', dash: [2, 3] }),
      trendLine(result, 'p99', { colour: 'series-1' }),
      trendLine(result, 'p50', { colour: 'series-2', dash: [7, 3] }),
    ],
    aligned: true,
    ...(limit && { over: limitLine(limit.value, `limit ${limit.brief}`) }),
  });
}

const rateOf = (metric: Metric): number | null => (metric.kind === 'counter' ? metric.rate : null);
const countOf = (metric: Metric): number | null => (metric.kind === 'counter' ? metric.count : null);

function throughputChart(result: Result, draw: Draw): HTMLElement | false {
  if (!result.timeline.some(({ metrics }) => metrics.commands_sent ?? metrics.deliveries)) return false;
  return draw({
    title: 'Throughput, a second',
    note: 'Deliveries on the left axis, changes sent on the right one: the lines part where changes do not get through.',
    y: { show: short },
    right: { show: short },
    lines: [
      {
        label: 'deliveries',
        colour: 'series-1',
        fill: true,
        values: along(result, 'deliveries', rateOf, 0),
        show: (value) => `${integer(value)}/s`,
      },
      {
        label: 'changes sent',
        colour: 'series-3',
        dash: [6, 3],
        side: 'right',
        values: along(result, 'commands_sent', rateOf, 0),
        show: (value) => `${plainNumber(Math.round(value * 10) / 10)}/s`,
      },
    ],
    aligned: true,
    height: 210,
  });
}

function usersChart(result: Result, draw: Draw): HTMLElement {
  const troubled = (name: string): boolean => result.timeline.some(({ metrics }) => metrics[name]);
  const bars = (label: string, name: string, tint: string, place: Bars): Line[] =>
    troubled(name)
      ? [{ label, colour: tint, bars: place, side: 'right', values: along(result, name, countOf, 0), show: integer }]
      : [];
  const both = troubled('disconnects_unexpected') && troubled('connections_failed');
  const ended = [
    ...bars('disconnected', 'disconnects_unexpected', 'fail', both ? 'left' : 'middle'),
    ...bars('failed to connect', 'connections_failed', 'series-4', both ? 'right' : 'middle'),
  ];
  return draw({
    title: 'Users connected',
    note:
      ended.length > 0
        ? 'Users on the left axis; disconnects nobody meant, and failed attempts, on the right one.'
        : 'No connection ended that was not meant to.',
    y: { show: short },
    ...(ended.length > 0 && { right: { show: short } }),
    lines: [
      {
        label: 'users',
        colour: 'series-1',
        fill: true,
        values: result.timeline.map(({ users }) => users),
        show: integer,
      },
      ...ended,
    ],
    aligned: true,
    height: 190,
  });
}

/** Events that are seen at once; the others are folded away. */
const MOST_SEEN = 10;

function eventList({ result, zone }: PageDocument): HTMLElement[] {
  const started = Date.parse(result.started_at);
  const items = result.events.map(({ at_ms, text }, at) =>
    h(
      'li',
      {},
      h('span', { class: 'n' }, String(at + 1)),
      h('time', {}, clock(started + at_ms, zone.offset_min)),
      h('span', { class: 'what break' }, text),
    ),
  );
  if (items.length === 0) return [];
  const list = (own: HTMLElement[]): HTMLElement => h('ol', { class: 'events' }, own);
  const [first, others] = [items.slice(0, MOST_SEEN), items.slice(MOST_SEEN)];
  if (others.length === 0) return [list(first)];
  return [
    list(first),
    h('details', { class: 'more' }, h('summary', {}, `${integer(others.length)} more events`), list(others)),
  ];
}
