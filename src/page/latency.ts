import { aboutMetric, TREND_NAMES } from '../core/metrics.ts';
import { CELL_HEADS, cellsOf, limitOn, limitsOf } from '../reporters/figures.ts';
import { digits, plainNumber } from '../reporters/words.ts';
import { chart } from './chart.ts';
import { h, section, table } from './dom.ts';
import type { Curve, PageDocument } from './document.ts';
import { limitLine } from './marks.ts';
import { MARK } from './opening.ts';

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];
const DASHES = [undefined, [6, 3], [2, 3], [8, 3, 2, 3], [1, 4]];

/** How long things took: by percentile, in figures and as a curve. */
export function latency(fed: PageDocument): HTMLElement {
  const drawn = fed.curves.filter(({ shares }) => shares.length > 0);
  return section(
    'latency',
    'Latency',
    h(
      'p',
      { class: 'note' },
      'broadcast_latency counts from when a change was due, not from when it was sent: a server that makes its clients wait cannot hide it.',
    ),
    h(
      'div',
      { class: 'charts' },
      figures(fed),
      drawn.length === 0
        ? h('p', { class: 'note' }, 'No curve: nothing was measured in the window.')
        : curves(fed, drawn),
    ),
  );
}

/** What a narrow screen leaves out. */
const EXTRA: ReadonlySet<string> = new Set(['p90', 'p99.9']);

/** A name that may go on in the next line after each of its words. */
const breakable = (name: string): Node[] =>
  name.split(/(?<=_)/).flatMap((word): Node[] => [document.createTextNode(word), h('wbr')]);

function figures({ result }: PageDocument): HTMLElement {
  const limits = limitsOf(result);
  const rows = TREND_NAMES.flatMap((name) => {
    const metric = result.metrics[name];
    if (metric?.kind !== 'trend' || metric.count + metric.missing === 0) return [];
    const limit = limitOn(limits, name);
    const judged =
      limit &&
      h(
        'span',
        {},
        `${limit.brief} `,
        limit.standing && h('span', { class: `mark ${limit.standing}` }, MARK[limit.standing]),
      );
    return [
      [h('span', { title: aboutMetric(name) }, breakable(name)), ...cellsOf(name, metric, result.plan), judged ?? ''],
    ];
  });
  if (rows.length === 0) return h('p', { class: 'note' }, 'No samples: nothing was due in the measured window.');
  const columns = [
    { head: 'ms' },
    ...CELL_HEADS.map((head) => ({ head, num: true, extra: EXTRA.has(head) })),
    { head: 'threshold', num: true },
  ];
  return table(
    'Of what was due in the measured window; connect_time, join_time, sync_time and recovery_time of the whole run',
    columns,
    rows,
    'tight',
  );
}

/** Where percentiles lie on the axis: every further nine as far again as the last. */
const nines = (share: number): number => -Math.log10(1 - share);
const TICKS = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
const ticks = (last: number, narrow: boolean): number[] =>
  TICKS.filter((share) => !narrow || (share > 0 && share < 0.999_99))
    .map(nines)
    .filter((x) => x <= last);
const tickWords = (x: number): string => `${Number(((1 - 10 ** -x) * 100).toFixed(Math.max(Math.ceil(x) - 1, 0)))}`;

function curves({ result }: PageDocument, drawn: Curve[]): HTMLElement {
  // The curve of so many samples says nothing beyond the last but one: there the largest stands.
  const last = Math.max(...drawn.map(({ total }) => nines(1 - 1 / Math.max(total, 10))));
  const xs = [...new Set([0, ...drawn.flatMap((curve) => pointsOf(curve).map(([x]) => x))])].sort((a, b) => a - b);
  const limit = limitsOf(result).find(
    ({ metric, stage, brief }) => metric === 'broadcast_latency' && !stage && brief.startsWith('p'),
  );
  return chart({
    title: 'Latency by percentile',
    note: 'So many per cent took at most so long. Each step to the right is ten times rarer; both axes are logarithmic.',
    xs,
    x: { splits: (narrow) => ticks(last, narrow), show: tickWords, label: 'percentile' },
    y: { show: plainNumber, log: true },
    lines: drawn.map((curve, at) => ({
      label: curve.name,
      colour: COLOURS[at]!,
      ...(DASHES[at] && { dash: DASHES[at] }),
      values: along(xs, pointsOf(curve)),
      show: (value) => `${digits(value)} ms`,
    })),
    ...(limit && { over: limitLine(limit.value, `limit ${limit.brief}`) }),
    height: 320,
  });
}

/** The corners of a curve; the last one lies where one of all remains. */
function pointsOf({ shares, values, total }: Curve): [x: number, ms: number][] {
  return shares.map((share, at) => [nines(Math.min(share, 1 - 1 / Math.max(total, 2))), values[at]!]);
}

/** A curve at the places of all: in between it goes straight, beyond its end it is not. */
function along(xs: number[], points: [number, number][]): (number | null)[] {
  let at = 0;
  return xs.map((x) => {
    while (at < points.length - 1 && points[at]![0] < x) at++;
    const [right, above] = points[at]!;
    if (x > right) return null;
    const [left, below] = at > 0 ? points[at - 1]! : [0, above];
    return right === left ? above : below + ((above - below) * (x - left)) / (right - left);
  });
}
