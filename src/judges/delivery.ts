import type { Measured } from '../result/measured.ts';
import { binaryNote } from './binary.ts';
import { ownInMissed, unlessOwn } from './excuses.ts';
import { counterIn, type Finding, type Judge, type Ruling } from './judge.ts';
import { capitalised, clock, evidenceOf, list, number } from './words.ts';

const CLAIM = 'every change arrived at everybody in its session, once and unchanged';

/** What was seen, and no clock can excuse. */
const SEEN = ['duplicated', 'echoed', 'corrupted', 'invented'] as const;
const KINDS = ['lost', ...SEEN, 'late'] as const;

export const delivery: Judge = {
  name: 'delivery',
  about:
    'Every copy of every change that had to arrive did, once, within the deadline and with the content that was sent; ' +
    'nothing came back to its sender and nothing arrived that nobody sent. Copies whose receiver or sender was just ' +
    'coming or going are not counted, so what is lost is an interval.',
  judge(measured) {
    const lost = counterIn(measured, 'lost');
    const upper = Math.max(counterIn(measured, 'lost_upper'), lost);
    const seen = SEEN.map((name) => seenWords(name, counterIn(measured, name))).filter((words) => words !== '');
    const late = counterIn(measured, 'late');
    const expected = measured.counted('deliveries_expected');
    const wrong = [
      ...(lost > 0
        ? [`${lossWords(lost, upper)} of ${number(expected)} lost in the whole run${firstDue(measured)}`]
        : []),
      ...seen,
      ...(late > 0 ? [`${number(late)} arrived after the deadline of ${measured.plan.deadline_ms / 1000} s`] : []),
    ];
    if (wrong.length > 0) {
      const unseen = lost > 0 ? binaryNote(measured, 'command', undefined) : '';
      const because = list(wrong) + unseen + underWay(measured);
      const ruling: Ruling = {
        claim: CLAIM,
        standing: 'fail',
        because,
        headline: `${headline(measured, wrong, lost, upper)}${unseen}.`,
        ...evidenceOf(measured, KINDS),
      };
      return [seen.length > 0 || unseen !== '' ? ruling : unlessOwn(ruling, ownIn(measured, { lost, late }))];
    }
    return [withoutFault(measured, expected)];
  },
};

/** The generator's own delay that may explain all of it. */
function ownIn(measured: Measured, counts: { lost: number; late: number }): number {
  const own = Object.entries(counts).flatMap(([metric, count]) => (count > 0 ? ownInMissed(measured, metric) : []));
  return own.includes(0) ? 0 : Math.max(...own);
}

/** Doubts about copies that may not have had to arrive (`lost_upper`) are outside of the claim. */
function withoutFault(measured: Measured, expected: number): Finding {
  if (measured.counted('commands_sent') === 0) return { not_claimed: { claim: CLAIM, because: 'no change was sent' } };
  if (measured.plan.users < 2) {
    return { not_claimed: { claim: CLAIM, because: 'one user in a session has nobody to send to' } };
  }
  if (expected === 0 && !measured.plan.plans.edits) {
    return { not_claimed: { claim: CLAIM, because: 'the plan has no changes but the items at the start' } };
  }
  if (expected === 0) {
    const because = 'changes were sent, but none long enough before the end to tell whether it arrived';
    return { claim: CLAIM, standing: 'unknown', because, headline: 'No change had to arrive before the run ended.' };
  }
  const arrived = counterIn(measured, 'deliveries');
  const due = counterIn(measured, 'deliveries_expected');
  const figures = due > 0 ? `${number(arrived)} of ${number(due)}` : `${number(expected)} of ${number(expected)}`;
  const span = due > 0 ? '' : ' (whole run)';
  return { claim: CLAIM, standing: 'pass', because: `${figures} arrived, once, unchanged${span}${underWay(measured)}` };
}

/** `3`, or `at least 3, at most 5`. */
const lossWords = (lost: number, upper: number): string =>
  upper > lost ? `at least ${number(lost)}, at most ${number(upper)}` : number(lost);

function seenWords(name: (typeof SEEN)[number], count: number): string {
  if (count === 0) return '';
  switch (name) {
    case 'duplicated':
      return `${number(count)} arrived again`;
    case 'echoed':
      return `${number(count)} came back to the sender`;
    case 'corrupted':
      return `${number(count)} arrived altered`;
    case 'invented':
      return `${number(count)} arrived that nobody sent`;
  }
}

function firstDue(measured: Measured): string {
  const due = measured.examples.flatMap(({ kind, due_ms }) => (kind === 'lost' && due_ms !== undefined ? due_ms : []));
  return due.length > 0 ? ` (the first due at ${clock(measured, Math.min(...due))})` : '';
}

const underWay = ({ pending }: Measured): string =>
  pending > 0 ? `; ${number(pending)} more were still under way when the run ended` : '';

function headline(measured: Measured, wrong: string[], lost: number, upper: number): string {
  if (lost === 0) return `Of the deliveries, ${list(wrong)}`;
  const verb = lost === 1 && upper === 1 ? 'delivery was' : 'deliveries were';
  const rest = wrong.length > 1 ? `, and ${list(wrong.slice(1))}` : '';
  return `${capitalised(lossWords(lost, upper))} ${verb} lost${firstDue(measured)}${rest}`;
}
