import type { Interval } from '../core/record.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { integer } from '../reporters/words.ts';

/** Something that scrolls above the live line. */
export interface Notable {
  at_ms: number;
  text: string;
}

const BY = { server: 'by the server', client: 'by this tool', network: 'by the network' } as const;

/** Whom an interval saw cut off or turned away; the rest of what is noteworthy comes as events. */
export const notablesIn = (interval: Interval): Notable[] =>
  interval.disconnects
    .filter(({ expected }) => !expected)
    .map(({ first_ms, count, initiator, code, phase }) => {
      const joined = phase === 'steady' || phase === 'close';
      const what = joined ? `cut off ${BY[initiator]}` : `turned away ${BY[initiator]} before joining`;
      const why = code === 0 ? '' : `: ${code}, ${closeCodeMeaning(code, initiator === 'server' && joined)}`;
      return { at_ms: first_ms, text: `${integer(count)} ${what}${why}` };
    });
