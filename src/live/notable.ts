import type { Disconnect, Interval } from '../core/record.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { refusalWords } from '../protocol/refusals.ts';

/** Something that scrolls above the live line: how many, and what happened to them. */
export interface Notable {
  at_ms: number;
  count: number;
  what: string;
}

const BY = { server: 'by the server', client: 'by this tool', network: 'by the network' } as const;
const BEFORE = { connect: 'could not connect', join: 'turned away before joining' } as const;

/** Whom an interval saw cut off or turned away; the rest of what is noteworthy comes as events. */
export function notablesIn(interval: Interval): Notable[] {
  const unmeant = interval.disconnects.filter(({ expected }) => !expected);
  const toldOf = interval.events.some(({ kind }) => kind === 'cut-off');
  return [
    ...(['connect', 'join'] as const).flatMap((phase) => turnedAway(interval, unmeant, phase)),
    ...unmeant.filter(({ phase }) => !toldOf && (phase === 'steady' || phase === 'close')).map(cutOff),
  ];
}

/** Where each attempt left an error, it says more than a code. A limit of this machine is an event of its own. */
function turnedAway(interval: Interval, unmeant: Disconnect[], phase: keyof typeof BEFORE): Notable[] {
  const ended = unmeant.filter((one) => one.phase === phase);
  const errors = interval.errors.filter(({ kind }) => kind === phase || kind === 'wall');
  if (total(errors) < total(ended)) {
    return ended.map(({ first_ms, count, ...one }) => ({
      at_ms: first_ms,
      count,
      what: `turned away${one.breach ? '' : ` ${BY[one.initiator]}`} before joining${why(one, false)}`,
    }));
  }
  return errors
    .filter(({ kind }) => kind === phase)
    .map(({ first_ms, count, message }) => ({
      at_ms: first_ms,
      count,
      what: `${BEFORE[phase]}: ${refusalWords(message)}`,
    }));
}

const total = (counts: readonly { count: number }[]): number => counts.reduce((sum, { count }) => sum + count, 0);

const cutOff = ({ first_ms, count, ...one }: Disconnect): Notable => ({
  at_ms: first_ms,
  count,
  what: `cut off${one.breach ? '' : ` ${BY[one.initiator]}`}${why(one, one.initiator === 'server')}`,
});

const why = ({ code, reason, breach }: Pick<Disconnect, 'code' | 'reason' | 'breach'>, inMidRun: boolean): string =>
  breach ? `: ${reason}` : code === 0 ? '' : `: ${code}, ${closeCodeMeaning(code, inMidRun)}`;
