import type { Measured } from '../result/measured.ts';
import type { Gap } from '../result/result.ts';
import type { Judge } from './judge.ts';
import { clock, counted, list } from './words.ts';

/** Gaps that are told one by one. */
const MOST_TOLD = 3;

/** Whether all that a run saw is known: of a run as it ends it is, and then there is nothing to say. */
export const journal: Judge = {
  name: 'journal',
  about: 'Everything that the run wrote into its journal is there, whole and as it was written.',
  judge(measured) {
    const { gaps } = measured;
    if (gaps.length === 0) return [];
    const told = gaps.slice(0, MOST_TOLD).map((gap) => words(measured, gap));
    const more = gaps.length - told.length;
    const because = list(more > 0 ? [...told, counted(more, 'more gap')] : told);
    const headline = `Not all of the run is known: ${because}.`;
    return [{ claim: 'all that the run saw is known', standing: 'unknown', because, headline }];
  },
};

/** `nothing is kept from 20:48:12 to 20:48:15 (line 7 of its journal is damaged)` */
function words(measured: Measured, { from_ms, to_ms, doubtful, because }: Gap): string {
  const from = clock(measured, from_ms);
  const to = to_ms === undefined ? undefined : clock(measured, to_ms);
  const span = to === undefined ? `from ${from} on` : from === to ? `at ${from}` : `from ${from} to ${to}`;
  return `${doubtful ? `what is kept ${span} is doubtful` : `nothing is kept ${span}`} (${because})`;
}
