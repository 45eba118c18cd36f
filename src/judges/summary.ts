import type { Measured } from '../result/measured.ts';
import { percentileOf } from '../result/histogram.ts';
import { worst, type Judged } from './index.ts';
import { boundsOf } from './own-delay.ts';
import { capitalised, list, milliseconds, number } from './words.ts';

/** Failures are told in this order: what is worst for the people who work together comes first. */
const GRAVITY = [
  'journal',
  'convergence',
  'isolation',
  'delivery',
  'order',
  'late-join',
  'presence',
  'slow-readers',
  'disconnects',
  'heartbeat',
  'thresholds',
  'generator',
];

/** The two sentences that matter. */
export function summarise(measured: Measured, verdicts: readonly Judged[]): string {
  const standing = worst(verdicts);
  if (standing === 'pass') return passing(measured, verdicts);
  if (verdicts.length === 0) return 'Nothing was judged.';
  // What people ended up looking at is told first, also where another judge knows why.
  const causes = verdicts.filter(
    (verdict) =>
      verdict.standing === standing && (verdict.explained_by === undefined || verdict.judge === 'convergence'),
  );
  // What is not known is told beside what failed.
  const gaps = standing === 'fail' ? verdicts.filter(({ judge }) => judge === 'journal') : [];
  const [first, ...others] = inGravity(causes);
  const headlines = [...(first ? [first] : []), ...gaps, ...others].flatMap(({ headline }) => headline ?? []);
  if (headlines.length > 1) return headlines.slice(0, 2).join(' ');
  const second = standing === 'fail' ? whatHeld(verdicts) : whatIsUnknown(verdicts);
  return [...headlines, ...second].join(' ');
}

function rank({ judge }: Judged): number {
  const at = GRAVITY.indexOf(judge);
  return at < 0 ? GRAVITY.length : at;
}

const inGravity = (verdicts: readonly Judged[]): Judged[] => verdicts.toSorted((a, b) => rank(a) - rank(b));

function passing(measured: Measured, verdicts: readonly Judged[]): string {
  const passed = new Set(verdicts.map(({ judge }) => judge));
  const delivered = measured.pending > 0 ? 'Nothing was overdue' : 'Everybody saw every change';
  const isStateless = keepsNoState(measured);
  const saw = isStateless ? `${delivered} that was made while they were there` : delivered;
  const first = passed.has('delivery') ? (measured.pending > 0 ? delivered : saw) : 'Everything that was judged held';
  const latency = measured.metrics.broadcast_latency;
  const beats = measured.metrics.heartbeats;
  const facts = [
    ...(latency?.kind === 'trend' && latency.p99 !== null ? [p99Words(measured, latency.p99)] : []),
    ...(passed.has('disconnects') && endedNone(measured) ? ['nobody was disconnected'] : []),
    ...(!passed.has('delivery') && passed.has('heartbeat') && beats?.kind === 'counter'
      ? [`${number(beats.count)} heartbeats were answered`]
      : []),
  ];
  const second = facts.join(', ');
  // A percentile is written small, also where a sentence begins.
  return [
    `${first}${howFar(measured)}.`,
    ...(isStateless ? [NO_STATE] : []),
    ...(second ? [`${second.startsWith('p99') ? second : capitalised(second)}.`] : []),
  ].join(' ');
}

const NO_STATE = 'This server keeps no state: who joins late has only what a host sends.';

/** Whether users joined a session in use and the server gave none of them a state. */
function keepsNoState({ counted: count, plan, traits }: Measured): boolean {
  return !traits.has('state') && count('commands_sent') > 0 && count('connections') > plan.sessions;
}

/** `p99 1.92 ms`, or an upper bound where some of it may be the generator's own. */
function p99Words(measured: Measured, p99_ms: number): string {
  const least_us = percentileOf(boundsOf(measured, 'broadcast_latency').least, 99) ?? 0;
  return least_us / 1000 < p99_ms
    ? `p99 at most ${milliseconds(p99_ms)}, with the generator’s own delay in it`
    : `p99 ${milliseconds(p99_ms)}`;
}

/** What a pass speaks of, where it is not the whole of the plan. */
const howFar = ({ interrupted }: Measured): string => (interrupted === undefined ? '' : ' until the run was stopped');

const endedNone = ({ metrics }: Measured): boolean =>
  metrics.disconnects_unexpected?.kind === 'counter' && metrics.disconnects_unexpected.count === 0;

function whatHeld(verdicts: readonly Judged[]): string[] {
  const held = [...new Set(verdicts.filter(({ standing }) => standing === 'pass').map(({ judge }) => judge))];
  const words = held.filter((judge) => judge !== 'generator' && !failsToo(judge, verdicts));
  return words.length > 0 ? [`What held: ${list(words)}.`] : [];
}

const failsToo = (judge: string, verdicts: readonly Judged[]): boolean =>
  verdicts.some((verdict) => verdict.judge === judge && verdict.standing !== 'pass');

function whatIsUnknown(verdicts: readonly Judged[]): string[] {
  const unknown = verdicts.filter(({ standing, explained_by }) => standing === 'unknown' && explained_by !== undefined);
  const names = [...new Set(unknown.map(({ judge }) => judge))];
  return names.length > 0 ? [`So nothing can be said of ${list(names)}.`] : whatHeld(verdicts);
}
