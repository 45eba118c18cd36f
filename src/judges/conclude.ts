import { assemble } from '../result/assemble.ts';
import type { JournalEnd, JournalHeader } from '../result/journal.ts';
import { measured } from '../result/measured.ts';
import { slicesOf, totalOf, type Measurement } from '../result/measurement.ts';
import type { Gap, Result, Verdict } from '../result/result.ts';
import { judge, worst, type Judged } from './index.ts';
import { summarise } from './summary.ts';

/** All that a result is made of. */
export interface Conclusion {
  /** What was known before anything was measured: a journal's first line. */
  header: JournalHeader;
  measurement: Measurement;
  /** How it ended: a journal's last line. Absent for a run that was cut off. */
  end?: JournalEnd;
  /** Of what time not all is known. */
  gaps?: readonly Gap[];
}

/** What `interrupted` says of a run whose journal has no end. */
const CUT_OFF = 'cut off: its journal has no end';
/** What it is missing. */
const UNENDED = 'the tool itself was cut off';

/** The one way from a measurement to a result: of a run as it ends, of a stored journal, of several merged. */
export function conclude({ header, measurement, end, gaps = [] }: Conclusion): Result {
  const total = totalOf(measurement);
  const slices = slicesOf(measurement);
  const { ended_ms, interrupted, window_end_ms }: JournalEnd = end ?? { ended_ms: total.to_ms, interrupted: CUT_OFF };
  const facts = measured(total, {
    ...header,
    ended_ms,
    slices,
    ...(interrupted !== undefined && { interrupted }),
    cut_off: end === undefined,
    gaps: end ? gaps : [...gaps, { from_ms: ended_ms, doubtful: false, because: UNENDED }],
    ...(window_end_ms !== undefined && { window_end_ms }),
  });
  const { verdicts, not_claimed } = judge(facts);
  return assemble(facts, {
    standing: worst(verdicts),
    summary: summarise(facts, verdicts),
    verdicts: verdicts.map(stated),
    not_claimed,
    slices,
  });
}

/** The verdict as the result states it: its sentence is in the summary, or nowhere. */
function stated(judged: Judged): Verdict {
  const { headline: _, ...verdict } = judged;
  return verdict;
}
