import { aboutMetric, METRIC_NAMES, unitOf, type MetricName } from '../core/metrics.ts';
import { formatBytes, formatDuration } from '../core/units.ts';
import { CLOSED_MODEL, digits, integer, NONE, percent, plainNumber, rateWords } from '../reporters/words.ts';
import type { Metric, Result } from '../result/result.ts';
import { h, pairs, section, table } from './dom.ts';
import type { PageDocument } from './document.ts';

/** What was planned, where it ran, and every figure with what it means. */
export const facts = ({ result }: PageDocument): HTMLElement[] => [
  section('plan', 'Plan', pairs(planPairs(result))),
  section('environment', 'Environment', pairs(environmentPairs(result))),
  section(
    'definitions',
    'Every figure, and how it is defined',
    h('details', {}, h('summary', {}, `All ${METRIC_NAMES.length} metrics of this run`), definitions(result)),
  ),
];

function planPairs({ plan, seed, scenario, target, tags, shard }: Result): [string, string | Node][] {
  const own: [string, string | Node][] = [
    ['scenario', scenario],
    ['target', target],
    ['users', `${integer(plan.sessions)} sessions × ${integer(plan.users)} = ${integer(plan.users_total)}`],
    ['rate', rateWords(plan)],
    ['ramp-up', formatDuration(plan.ramp_up_ms)],
    ['settle', formatDuration(plan.settle_ms)],
    ['measured window', formatDuration(plan.duration_ms)],
    ['deadline', formatDuration(plan.deadline_ms)],
    ['heartbeat', formatDuration(plan.heartbeat_ms)],
    ['items at the start', `${integer(plan.items)} a session`],
    ['seed', String(seed)],
    ['model', plan.model === 'open' ? 'open: due times depend on no response' : CLOSED_MODEL],
    ['engine', `${plan.engine}, ${integer(plan.workers)} ${plan.workers === 1 ? 'worker' : 'workers'}`],
  ];
  if (shard.of > 1) own.push(['shard', `${shard.index} of ${shard.of}`]);
  for (const [name, list] of [
    ['thresholds', plan.thresholds],
    ['faults', plan.faults],
  ] as const) {
    if (Array.isArray(list) && list.length > 0)
      own.push([
        name,
        h(
          'span',
          {},
          (list as string[]).map((one) => h('code', { class: 'line' }, one)),
        ),
      ]);
  }
  return [...own, ...Object.entries(tags).map(([name, value]): [string, string] => [`tag ${name}`, value])];
}

const ENVIRONMENT_WORDS: Record<string, string> = {
  tool: 'collab-loadtest',
  node: 'Node.js',
  os: 'system',
  cpu: 'processor',
  cores: 'cores',
  memory_bytes: 'memory',
  open_files_limit: 'limit on open files',
  floor_ms: 'this tool’s own latency, on an echo',
};

/** Where it ran. */
export function environmentPairs({ environment, run }: Pick<Result, 'environment' | 'run'>): [string, string][] {
  const { server_processes: measured, ...rest } = environment;
  const words = Object.entries(rest).map(([name, value]): [string, string] => {
    const text =
      typeof value !== 'number'
        ? String(value)
        : name.endsWith('_bytes')
          ? formatBytes(value)
          : name.endsWith('_ms')
            ? `${digits(value)} ms`
            : plainNumber(value);
    return [ENVIRONMENT_WORDS[name] ?? name.replaceAll('_', ' '), text];
  });
  const server = measured?.map(({ pid, command }) => `${command} (process ${pid})`).join(', ');
  return [
    ...words,
    ...(server === undefined ? [] : [['server’s figures', `of ${server}`] as [string, string]]),
    ['run', run],
  ];
}

function definitions(result: Result): HTMLElement {
  const rows = METRIC_NAMES.map((name) => [h('code', {}, name), figure(name, result.metrics[name]), aboutMetric(name)]);
  return table(
    'Names as they are typed in thresholds',
    [{ head: 'metric' }, { head: 'value', num: true }, { head: 'definition' }],
    rows,
  );
}

function figure(name: MetricName, metric: Metric | undefined): string {
  switch (metric?.kind) {
    case 'trend':
      return metric.p50 === null || metric.p99 === null
        ? `${integer(metric.count)} samples`
        : `p50 ${digits(metric.p50)}, p99 ${digits(metric.p99)} ms`;
    case 'counter':
      return integer(metric.count);
    case 'rate':
      return metric.value === null
        ? NONE
        : name === 'disconnects_per_user_hour'
          ? plainNumber(metric.value)
          : percent(metric.value);
    case 'gauge':
      return gaugeWords(metric.mean, unitOf(name));
    default:
      return NONE;
  }
}

function gaugeWords(mean: number, unit: string): string {
  if (unit === 'bytes') return `mean ${formatBytes(mean)}`;
  if (unit === 'ratio') return `mean ${percent(mean)}`;
  return `mean ${plainNumber(mean)} ${unit}`;
}
