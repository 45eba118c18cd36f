import { EXIT, ToolError } from '../core/errors.ts';
import { conclude } from '../judges/conclude.ts';
import { readJournal } from '../result/journal.ts';
import { addInterval, emptyMeasurement } from '../result/measurement.ts';
import type { Result } from '../result/result.ts';
import { findRun, readResult, type StoredRun } from '../result/store.ts';
import { flagsOf } from './settings.ts';
import type { Command, Shell } from './shell.ts';

/** Renders stored runs again: from the journal, which is whole also where the run was cut off. */
export const report: Command = async (line, shell) => {
  const flags = flagsOf(line);
  if (line.operands.length === 0) {
    throw new ToolError('report takes the runs to render.', { hint: 'The newest: loadtest report latest.' });
  }
  const runs = line.operands.map((named) => findRun(named, flags.out));
  for (const run of runs) {
    const result = resultOf(run, shell);
    shell.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${result.summary}\n`);
  }
  return EXIT.pass;
};

/** The journal is judged again; a run of which only the result was kept is taken as it was judged. */
function resultOf(run: StoredRun, shell: Shell): Result {
  if (run.journal === undefined) return readResult(run.result!);
  const { header, intervals, end, damage } = readJournal(run.journal);
  for (const what of damage) shell.stderr.write(`loadtest: ${run.journal}: ${what}\n`);
  const measurement = emptyMeasurement(header.plan);
  for (const interval of intervals) addInterval(measurement, interval);
  return conclude({ header, measurement, ...(end && { end }) });
}
