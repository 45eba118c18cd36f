import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import { REPORTERS, type ReportFormat } from '../reporters/index.ts';
import type { Result } from '../result/result.ts';
import { writeResult, writeWhole } from '../result/store.ts';

/**
 * Makes a run's files of its result.
 * @returns what went wrong, in a sentence, as on a full disk: the journal is still there, and the outcome is still told
 */
export function writeReports(folder: string, result: Result, formats: readonly ReportFormat[]): string | undefined {
  const failures: string[] = [];
  for (const format of formats) {
    const { file, render } = REPORTERS[format];
    try {
      if (format === 'json') writeResult(folder, result);
      else writeWhole(join(folder, file), render(result));
    } catch (error) {
      failures.push(`${file} cannot be written: ${messageOf(error)}.`);
    }
  }
  const [first] = failures;
  if (failures.length < 2) return first;
  const isWhole = result.events.findLast(({ kind }) => kind.startsWith('journal'))?.kind !== 'journal';
  const again = isWhole ? `; once there is room, loadtest report ${shellWord(folder)} makes them again` : '';
  return `${first} Nor can ${failures.length - 1} more${again}.`;
}

/** Where the page lies, as one would type it: through `latest` where that is this run. */
export function pagePath(folder: string, out: string, from: string): string {
  const latest = resolve(from, out, 'latest');
  const near = isSame(latest, folder) ? latest : folder;
  const path = join(near, REPORTERS.html.file);
  const short = relative(from, path);
  return short.startsWith('..') ? path : short;
}

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
