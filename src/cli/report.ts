import { EXIT, ToolError } from '../core/errors.ts';
import { conclude } from '../judges/conclude.ts';
import { readJournal } from '../result/journal.ts';
import { addInterval, emptyMeasurement } from '../result/measurement.ts';
import type { Result } from '../result/result.ts';
import { findRun, readResult, type StoredRun } from '../result/store.ts';
import { screenOf } from '../reporters/screen.ts';
import { outcomeLines, terminal } from '../reporters/terminal.ts';
import { pagePath, writeReports } from './files.ts';
import { openPage } from './open-page.ts';
import { flagsOf } from './settings.ts';
import type { Command, Shell } from './shell.ts';

/** Renders stored runs again: from the journal, which is whole also where the run was cut off. */
export const report: Command = async (line, shell) => {
  const flags = flagsOf(line);
  if (line.operands.length === 0) {
    throw new ToolError('report takes the runs to render.', { hint: 'The newest: loadtest report latest.' });
  }
  const screen = screenOf(shell.stdout, !flags['no-color'], shell.env);
  const results: Result[] = [];
  // All are found before the first is written.
  for (const run of line.operands.map((named) => findRun(named, flags.out))) {
    const result = resultOf(run, shell);
    const failure = writeReports(run.folder, result, flags.report);
    if (failure) throw new ToolError(failure, { exitCode: EXIT.invalid });
    const page = flags.report.includes('html') ? pagePath(run.folder, flags.out, shell.folder) : undefined;
    const context = { ...screen, exit: EXIT.pass, ...(page !== undefined && { page }) };
    results.push(result);
    if (!flags.json) shell.stdout.write(flags.quiet ? outcomeLines(result, context) : terminal(result, context));
    if (flags.open && page !== undefined) await openPage(page, shell);
  }
  // One document, whatever their number.
  if (flags.json) shell.stdout.write(`${JSON.stringify(results.length > 1 ? results : results[0], null, 2)}\n`);
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
