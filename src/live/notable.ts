import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { formatDuration } from '../core/units.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { integer } from '../reporters/words.ts';
import { countIn } from './line.ts';

/** Something that scrolls above the live line. */
export interface Notable {
  at_ms: number;
  standing: 'fail' | 'unknown';
  text: string;
}

/** What in an interval a person should hear of at once: connections cut, attempts failed, copies overdue. */
export function notablesIn(plan: Plan, interval: Interval): Notable[] {
  const endings = interval.disconnects
    .filter(({ expected }) => !expected)
    .map(({ first_ms, count, initiator, code, phase }): Notable => {
      const what = phase === 'steady' || phase === 'close' ? 'cut off' : 'failed to connect';
      const why =
        code === 0 ? '' : `: ${code}, ${closeCodeMeaning(code, initiator === 'server' && phase === 'steady')}`;
      return {
        at_ms: first_ms,
        standing: 'fail',
        text: `${integer(count)} ${what} by the ${initiator === 'client' ? 'tool' : initiator}${why}`,
      };
    });
  const lost = countIn(interval, 'lost');
  const dues = interval.examples.flatMap(({ kind, due_ms }) => (kind === 'lost' && due_ms !== undefined ? due_ms : []));
  const overdue = lost > 0 ? [overdueOf(plan, interval.to_ms, lost, dues)] : [];
  return [...endings, ...overdue].sort((a, b) => a.at_ms - b.at_ms);
}

function overdueOf(plan: Plan, at_ms: number, lost: number, dues: number[]): Notable {
  const ago = dues.length > 0 ? `, the first due ${formatDuration(Math.max(at_ms - Math.min(...dues), 0))} ago` : '';
  const text = `${integer(lost)} ${lost === 1 ? 'delivery' : 'deliveries'} overdue by ${formatDuration(plan.deadline_ms)}${ago}`;
  return { at_ms, standing: 'fail', text };
}
