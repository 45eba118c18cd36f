import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { formatDuration } from '../core/units.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { clock, integer, offsetAt } from '../reporters/words.ts';
import { countIn } from './line.ts';

/** Something that scrolls above the live line. */
export interface Notable {
  at_ms: number;
  standing: 'fail' | 'unknown';
  text: string;
}

/**
 * What in an interval a person should hear of at once: connections cut, attempts failed, copies overdue.
 * @param started when the run's clock began, ms since 1970
 */
export function notablesIn(plan: Plan, started: number, interval: Interval): Notable[] {
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
  const overdue = lost > 0 ? [overdueOf(plan, started, interval.to_ms, lost, dues)] : [];
  return [...endings, ...overdue].sort((a, b) => a.at_ms - b.at_ms);
}

function overdueOf(plan: Plan, started: number, at_ms: number, lost: number, dues: number[]): Notable {
  const first = started + Math.min(...dues);
  const since = dues.length > 0 ? `, the first due at ${clock(first, offsetAt(started), true)}` : '';
  const text = `${integer(lost)} ${lost === 1 ? 'delivery' : 'deliveries'} overdue by ${formatDuration(plan.deadline_ms)}${since}`;
  return { at_ms, standing: 'fail', text };
}
