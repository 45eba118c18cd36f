import { formatDuration } from '../core/units.ts';
import {
  countOf,
  damageWords,
  limitOn,
  limitsOf,
  measuredWords,
  OUTCOME_WORD,
  standingOf,
} from '../reporters/figures.ts';
import { clock, digits, integer, NONE, rateWords } from '../reporters/words.ts';
import { h } from './dom.ts';
import type { PageDocument } from './document.ts';
import { themeButton } from './theme.ts';

const SECTIONS = [
  ['verdicts', 'Verdicts'],
  ['latency', 'Latency'],
  ['time', 'Over time'],
  ['trouble', 'Disconnects and errors'],
  ['plan', 'Plan'],
  ['environment', 'Environment'],
  ['definitions', 'Every figure'],
] as const;

/** Outcome, the two sentences that matter, and the figures one asks for first. */
export function opening(fed: PageDocument): HTMLElement {
  const { result } = fed;
  const { plan } = result;
  const target = result.target === 'bundled' ? 'the bundled server' : result.target;
  return h(
    'header',
    {},
    banner(fed, [`${integer(plan.sessions)} × ${integer(plan.users)} users`, target, whenWords(fed)]),
    keyFigures(fed),
    h(
      'nav',
      { 'aria-label': 'Parts of this report' },
      SECTIONS.map(([id, name]) => h('a', { href: `#${id}` }, name)),
    ),
  );
}

/** What it was, and how it ended. */
export function banner({ result }: PageDocument, about: string[]): HTMLElement[] {
  const standing = standingOf(result);
  return [
    h(
      'div',
      { class: 'top' },
      h('span', { class: 'brand' }, result.scenario),
      about.map((text) => h('span', { class: 'break' }, text)),
      themeButton(),
    ),
    h(
      'div',
      { class: `outcome ${standing}` },
      h('p', { class: 'word' }, `${MARK[standing]} ${OUTCOME_WORD[result.outcome]}`),
      h('h1', { class: 'break' }, result.summary),
      result.interrupted !== undefined && h('p', { class: 'early' }, `Ended before its time: ${result.interrupted}.`),
      result.damage !== undefined && h('p', { class: 'early' }, damageWords(result)!),
    ),
  ];
}

export const MARK = { pass: '✓', fail: '✗', unknown: '?' } as const;

/** `2026-11-22 20:48:10 UTC` */
export function moment({ result, zone }: PageDocument): string {
  const local = new Date(Date.parse(result.started_at) + zone.offset_min * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone.name}`;
}

/** `2026-11-22, 30 s measured from 20:48:10 UTC` */
function whenWords({ result, zone }: PageDocument): string {
  const local = new Date(Date.parse(result.started_at) + zone.offset_min * 60_000).toISOString();
  return `${local.slice(0, 10)}, ${measuredWords(result, (at) => clock(at, zone.offset_min))} ${zone.name}`;
}

function keyFigures({ result }: PageDocument): HTMLElement {
  const latency = result.metrics.broadcast_latency;
  const trend = latency?.kind === 'trend' && latency.count > 0 ? latency : undefined;
  const limit = limitOn(limitsOf(result), 'broadcast_latency');
  const rate = result.metrics.deliveries;
  const users = result.metrics.users_connected;
  const p99 = trend && (trend.p99 === null ? 'never' : digits(trend.p99));
  const unexpected = countOf(result, 'disconnects_unexpected');
  const upper = Math.max(countOf(result, 'lost_upper'), countOf(result, 'lost'));
  const lost = countOf(result, 'lost');
  return h(
    'dl',
    { class: 'figures' },
    tile(
      'Latency at p99',
      p99 ?? NONE,
      p99 === undefined ? '' : 'ms',
      limit ? `limit ${limit.brief} ms` : 'from due to received',
    ),
    tile(
      'Deliveries',
      integer(countOf(result, 'deliveries')),
      '',
      `of ${integer(countOf(result, 'deliveries_expected'))} that had to arrive`,
    ),
    tile(
      'Lost',
      upper > lost ? `${integer(lost)}–${integer(upper)}` : integer(lost),
      '',
      `not within ${formatDuration(result.plan.deadline_ms)}`,
    ),
    tile('Throughput', rate?.kind === 'counter' ? integer(rate.rate) : NONE, '/s', rateWords(result.plan)),
    tile('Disconnected', integer(unexpected), '', `of ${integer(countOf(result, 'connections'))} connections`),
    tile(
      'Users',
      users?.kind === 'gauge' ? integer(users.max) : NONE,
      '',
      `of ${integer(result.plan.users_total)} planned`,
    ),
  );
}

/** A figure with its name, its unit and what to hold it against. */
const tile = (name: string, value: string, unit: string, aside: string): HTMLElement =>
  h(
    'div',
    {},
    h('dt', {}, name),
    h('dd', {}, value, unit !== '' && h('small', {}, ` ${unit}`)),
    h('dd', { class: 'aside' }, aside),
  );
