import { createHash } from 'node:crypto';
import { decodeHistogram } from '../result/histogram.ts';
import { lowestOf, widthOf } from '../core/buckets.ts';
import type { MetricName } from '../core/metrics.ts';
import type { Metric, Result, Trend } from '../result/result.ts';
import type { Curve, PageDocument } from '../page/document.ts';
import { pageAssets, type PageAssets } from './assets.ts';
import { offsetAt, zoneName } from './words.ts';

/** The report as one self-contained page: no network, its data inside. */
export const html = (result: Result, assets: PageAssets = pageAssets()): string =>
  renderPage(documentOf(result), assets);

/** Trends whose curves are drawn. */
const CURVES = ['broadcast_latency', 'broadcast_service_time', 'broadcast_completion', 'heartbeat_rtt', 'join_time'];

/** What the page is fed: the result without what it does not draw, and what a browser cannot decode. */
export function documentOf(result: Result): PageDocument {
  const offset_min = offsetAt(Date.parse(result.started_at));
  return {
    kind: 'run',
    zone: { offset_min, name: zoneName(offset_min) },
    curves: CURVES.flatMap((name) => {
      const metric = result.metrics[name];
      return metric?.kind === 'trend' ? curveOf(name, metric) : [];
    }),
    result: {
      ...result,
      metrics: mapMetrics(result.metrics, (_, metric) => {
        if (metric.kind !== 'trend') return metric;
        const { histogram: _histogram, ...rest } = metric;
        return rest;
      }),
      timeline: result.timeline.map((slice) => ({
        ...slice,
        metrics: mapMetrics(slice.metrics, (name, metric) => (DRAWN.has(name) ? metric : undefined)),
      })),
    },
  };
}

/** Metrics that the page draws over time. */
const DRAWN: ReadonlySet<string> = new Set<MetricName>([
  'broadcast_latency',
  'heartbeat_rtt',
  'commands_sent',
  'deliveries',
  'deliveries_expected',
  'disconnects_unexpected',
  'connections_failed',
  'reconnects',
  'generator_cpu',
  'generator_rss',
  'generator_event_loop_utilization',
  'generator_steal',
  'server_cpu',
  'server_rss',
  'server_fds',
  'server_event_loop_delay',
]);

const mapMetrics = (
  metrics: Record<string, Metric>,
  change: (name: string, metric: Metric) => Metric | undefined,
): Record<string, Metric> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([name, metric]) => {
      const changed = change(name, metric);
      return changed ? [[name, changed]] : [];
    }),
  );

/** The latency by the share of measurements that did not exceed it: each bucket's highest value, ms. */
function curveOf(name: string, { histogram, missing, max }: Trend): Curve | [] {
  if (!histogram) return [];
  const buckets = decodeHistogram(histogram);
  let total = missing;
  for (let i = 1; i < buckets.length; i += 2) total += buckets[i]!;
  const shares: number[] = [];
  const values: number[] = [];
  let seen = 0;
  for (let i = 0; i < buckets.length; i += 2) {
    seen += buckets[i + 1]!;
    shares.push(seen / total);
    const ms = (lowestOf(buckets[i]!) + widthOf(buckets[i]!) - 1) / 1000;
    values.push(max === null ? ms : Math.min(ms, max));
  }
  return { name, shares, values, total };
}

/**
 * Puts data and program into one page, which may fetch nothing and run nothing but itself.
 * @param document anything that the page's program knows by its `kind`
 */
export function renderPage(document: PageDocument, { script, style }: PageAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>collab-loadtest</title>
<style>${style}</style>
</head>
<body>
<noscript>This report draws itself with JavaScript, and loads nothing. Its figures are in result.json and summary.md too.</noscript>
<script type="application/json" id="document">${inScript(document)}</script>
<script>${script}</script>
</body>
</html>
`;
}

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** JSON in which no text can end the element that holds it, nor a line of a script. */
const inScript = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
