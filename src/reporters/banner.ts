import { isTrend } from '../core/metrics.ts';
import { formatDuration } from '../core/units.ts';
import type { Plan } from '../plan/plan.ts';
import { limitsOf } from './figures.ts';
import { flowed, paletteOf, presentable, shown, type Screen } from './screen.ts';
import { integer, plainNumber } from './words.ts';

/**
 * What is about to happen: a few lines.
 * @param url where the server is reached
 */
export function banner(rawPlan: Plan, rawUrl: string, screen: Screen): string {
  const plan = presentable(rawPlan, screen);
  const url = presentable(rawUrl, screen);
  const { bold, dim } = paletteOf(screen);
  const width = Math.max(plan.scenario.length + 2, 9);
  const row = (label: string, parts: string | string[], gap = ' '): string[] => {
    const items = [parts].flat().map((part) => shown(part, screen));
    const lines = flowed(gap === ' ' ? items.join(' ').split(' ') : items, gap, label.padEnd(width), width);
    return [bold(label.padEnd(width)) + lines[0]!.slice(width), ...lines.slice(1)];
  };
  const aside = (text: string): string => dim(shown(text, screen));
  const bundled = plan.target === 'bundled';
  const lines = [
    ...row(plan.scenario, peopleOf(plan)),
    `${' '.repeat(width)}${shown(loadOf(plan), screen).padEnd(AT - width)}${aside(`seed ${plan.seed}`)}`,
    bundled
      ? `${row('server', `the bundled one, ${url}`.padEnd(AT - width - 1))[0]} ${aside('(yours: --url ws://…)')}`
      : row('server', url).join('\n'),
    ...(plan.faults.length > 0 ? row('faults', plan.faults, '   ') : []),
    ...(plan.thresholds.length > 0 ? row('limits', limitWords(plan), '   ') : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The column in which asides begin. */
const AT = 56;

/** `5 sessions × 50 users = 250 users, 2 changes/s each, 30 s after ramp-up` */
function peopleOf(plan: Plan): string {
  const people = `${plural(plan.sessions, 'session')} × ${plural(plan.users, 'user')} = ${plural(plan.users_total, 'user')}`;
  const changes = `${plainNumber(plan.rate)} ${plan.rate === 1 ? 'change' : 'changes'}/s each`;
  const pace = plan.model === 'closed' ? 'a journey each' : sendsChanges(plan) ? changes : 'no changes';
  return `${people}, ${pace}, ${formatDuration(plan.duration_ms)} after ramp-up`;
}

const sendsChanges = ({ plans, rate }: Plan): boolean => plans.edits && rate > 0;
const plural = (count: number, one: string): string => `${integer(count)} ${one}${count === 1 ? '' : 's'}`;

function loadOf(plan: Plan): string {
  if (plan.model === 'closed') return '→ at its own pace: who waits does less';
  if (!sendsChanges(plan)) return `→ a heartbeat every ${formatDuration(plan.heartbeat_ms)} and user`;
  const changes = plan.users_total * plan.rate;
  return `→ ${plainNumber(changes)} changes/s, ${plainNumber(changes * (plan.users - 1))} deliveries/s`;
}

/** `broadcast_latency p(99)<100 ms`, `disconnect_rate <0.001`, `lost 0` */
function limitWords(plan: Plan): string[] {
  return limitsOf({ plan: { ...plan }, verdicts: [] }).map(({ metric, rule, stage }) => {
    const short = rule === 'count==0' ? '0' : rule.replace(/^(rate|value)(?=[<>])/, '');
    const unit = isTrend(metric) && !rule.startsWith('count') ? ' ms' : '';
    return `${metric}${stage === undefined ? '' : `{stage:${stage}}`} ${short}${unit}`;
  });
}
