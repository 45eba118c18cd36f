import { EXIT, ToolError } from '../core/errors.ts';
import { recall, type Recalled } from '../judges/recall.ts';
import type { Result } from '../result/result.ts';
import { findRun } from '../result/store.ts';
import { screenOf } from '../reporters/screen.ts';
import { outcomeLines, terminal } from '../reporters/terminal.ts';
import { configFor } from './config-file.ts';
import { pagePath, writeReports } from './files.ts';
import { openPage } from './open-page.ts';
import { settingsOf } from './settings.ts';
import type { Command } from './shell.ts';

/** Renders stored runs again: from the journal, or from the result where that has more behind it. */
export const report: Command = async (line, shell) => {
  const flags = settingsOf(line, {}, await configFor(line, shell));
  if (line.operands.length === 0) {
    throw new ToolError('report takes the runs to render.', { hint: 'The newest: loadtest report latest.' });
  }
  const screen = screenOf(shell.stdout, !flags['no-color'], shell.env);
  const results: Result[] = [];
  // All are read before the first is written.
  const runs = line.operands.map((named) => findRun(named, flags.out)).map((run) => ({ ...run, ...recall(run) }));
  for (const { folder, result, source } of runs) {
    const formats = flags.report.filter((format) => isWritten[source](format));
    if (source === 'running') shell.stderr.write('loadtest: the run is still going on: no file of it is written.\n');
    const failure = writeReports(folder, result, formats);
    if (failure) throw new ToolError(failure, { exitCode: EXIT.invalid });
    const page = formats.includes('html') ? pagePath(folder, flags.out, shell.folder) : undefined;
    const context = { ...screen, exit: EXIT.pass, ...(page !== undefined && { page }) };
    results.push(result);
    if (!flags.json) shell.stdout.write(flags.quiet ? outcomeLines(result, context) : terminal(result, context));
    if (flags.open && page !== undefined) await openPage(page, shell);
  }
  // One document, whatever their number.
  if (flags.json) shell.stdout.write(`${JSON.stringify(results.length > 1 ? results : results[0], null, 2)}\n`);
  return EXIT.pass;
};

/** A stored result stays as it is; a run that still goes on writes its files itself. */
const isWritten: Record<Recalled['source'], (format: string) => boolean> = {
  judged: () => true,
  stored: (format) => format !== 'json',
  running: () => false,
};
