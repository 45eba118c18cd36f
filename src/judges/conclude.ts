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
  /** It has no end yet, as it is still going on. */
  running?: boolean;
}

/** Why a run has no end: what `interrupted` says, and of the time after. */
const UNENDED = {
  cut_off: { interrupted: 'cut off, or its journal was', because: 'its journal has no end' },
  running: { interrupted: 'looked at while it goes on', because: 'the run is still going on' },
};

/** The one way from a measurement to a result: of a run as it ends, of a stored journal, of several merged. */
export function conclude({ header, measurement, end, gaps = [], running = false }: Conclusion): Result {
  const total = totalOf(measurement);
  const slices = slicesOf(measurement);
  const { because, ...unended } = running ? UNENDED.running : UNENDED.cut_off;
  const { ended_ms, interrupted, window_end_ms }: JournalEnd = end ?? { ended_ms: total.to_ms, ...unended };
  const facts = measured(total, {
    ...header,
    ended_ms,
    slices,
    ...(interrupted !== undefined && { interrupted }),
    cut_off: end === undefined,
    gaps: end ? gaps : [...gaps, { from_ms: ended_ms, doubtful: false, because }],
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
