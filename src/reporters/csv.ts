import { isCounter } from '../core/metrics.ts';
import type { Metric, Result } from '../result/result.ts';

/** Columns of the time line: a metric, and what of it. */
const COLUMNS: [name: string, of: string][] = [
  ...[
    'broadcast_latency',
    'broadcast_service_time',
    'broadcast_completion',
    'heartbeat_rtt',
    'join_time',
    'send_lag',
  ].flatMap((name) => ['count', 'p50', 'p99', 'max'].map((of): [string, string] => [name, of])),
  ...[
    'commands_sent',
    'deliveries',
    'deliveries_expected',
    'lost',
    'late',
    'bytes_sent',
    'bytes_received',
    'connections',
  ]
    .concat(['connections_failed', 'disconnects_unexpected', 'reconnects', 'heartbeats_missed'])
    .map((name): [string, string] => [name, 'count']),
  ...[
    'generator_cpu',
    'generator_event_loop_utilization',
    'generator_rss',
    'generator_event_loop_delay',
    'generator_steal',
    'generator_unread_bytes',
    'server_cpu',
    'server_rss',
    'server_fds',
  ].map((name): [string, string] => [name, 'last']),
];

/** The time line as comma-separated values (RFC 4180), a row a slice: figures alone, with the metrics' own names. */
export function csv(result: Result): string {
  const head = [
    'from_ms',
    'to_ms',
    'stage',
    'users',
    ...COLUMNS.map(([name, of]) => (of === 'count' && isCounter(name) ? name : `${name}_${of}`)),
  ];
  const rows = result.timeline.map(({ from_ms, to_ms, stage, users, metrics }) => [
    from_ms,
    to_ms,
    stage,
    users,
    ...COLUMNS.map(([name, of]) => valueOf(metrics[name], of, name)),
  ]);
  return [head, ...rows].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** Empty where nothing was measured; what is counted is 0 then. */
function valueOf(metric: Metric | undefined, of: string, name: string): string {
  if (!metric) return isCounter(name) ? '0' : '';
  const value = (metric as unknown as Record<string, number | null>)[of];
  return value === null || value === undefined ? '' : String(value);
}
