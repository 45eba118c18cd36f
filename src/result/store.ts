import { quoted } from '../core/quoted.ts';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, ToolError } from '../core/errors.ts';
import type { Plan, RunIdentity } from '../plan/plan.ts';
import { JOURNAL_NAME } from './journal.ts';
import { resultSchema, type Result } from './result.ts';

/** Where runs are kept: `reports/<started-at>-<scenario>-<id>/`, and `reports/latest` pointing to the newest. */

const RESULT_NAME = 'result.json';
const LATEST = 'latest';

/** A folder's name as {@link folderName} makes it, with the id, and what tells one of the same name from the others. */
const FOLDER = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[\w-]*-([a-z0-9]{6})(?:-\d+of\d+)?(?:-\d+)?$/;

/** A run's folder name: sorts by time, and holds no character that Windows refuses. A shard says which it is. */
export function folderName(run: RunIdentity, scenario: string, shard: Plan['shard'] = { index: 1, of: 1 }): string {
  const started = run.started_at.replace(/\.\d+Z$/, 'Z').replaceAll(':', '-');
  const name = scenario.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40);
  return `${started}-${name}-${run.id}${shard.of > 1 ? `-${shard.index}of${shard.of}` : ''}`;
}

/**
 * Makes a run's own folder in `out`, and points `latest` to it.
 * @returns its path: with a number behind its name where another run of the same second has that already
 * @throws ToolError where nothing can be written there
 */
export function makeFolder(out: string, run: RunIdentity, scenario: string, shard?: Plan['shard']): string {
  const wanted = resolve(out, folderName(run, scenario, shard));
  let folder = wanted;
  try {
    makeAll(dirname(wanted));
    for (let others = 1; !makeOwn(folder); folder = `${wanted}-${others}`) others++;
    const probe = join(folder, '.writable');
    fs.writeFileSync(probe, '');
    fs.unlinkSync(probe);
  } catch (error) {
    throw new ToolError(
      `Nothing can be written to --out ${quoted(out)}: ${messageOf(error).replaceAll(out, quoted(out))}.`,
      {
        hint: 'Name a folder of your own with --out FOLDER.',
        cause: error,
      },
    );
  }
  pointLatest(resolve(out), basename(folder));
  return folder;
}

/** Folder by folder, as `recursive` never returns in places such as /proc that refuse with ENOENT (Node 20). */
function makeAll(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeAll(dirname(folder));
  // Another run may have been first.
  makeOwn(folder);
}

/** Makes a folder. @returns whether it was not there before: of all that try, one makes it */
function makeOwn(folder: string): boolean {
  try {
    fs.mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Takes back the folder of a run that never began, where nothing was written; `latest` is the one before again. */
export function discardFolder(folder: string): void {
  if (fs.readdirSync(folder).length > 0) return;
  fs.rmdirSync(folder);
  const out = dirname(folder);
  const before = newestIn(out);
  if (before !== undefined) pointLatest(out, before);
  else if (isPointer(join(out, LATEST))) fs.rmSync(join(out, LATEST), { force: true });
}

/** As long as a pointer that is a text file may be, bytes. */
const LONGEST_NAME = 255;

/** Whether something called `latest` points to a run, or did; nothing else of that name is the tool's to replace. */
function isPointer(latest: string): boolean {
  const known = fs.lstatSync(latest, { throwIfNoEntry: false });
  if (known?.isSymbolicLink()) return FOLDER.test(basename(fs.readlinkSync(latest)));
  return known?.isFile() === true && known.size <= LONGEST_NAME && FOLDER.test(fs.readFileSync(latest, 'utf8').trim());
}

/**
 * Points `latest` to a run: a link; on Windows, which lets only some users make links, a junction; a text file with the
 * folder's name where neither is possible. It is made aside and put in place at once, as other runs may do the same.
 */
function pointLatest(out: string, name: string): void {
  const latest = join(out, LATEST);
  if (fs.lstatSync(latest, { throwIfNoEntry: false }) && !isPointer(latest)) return;
  const draft = join(out, `.${LATEST}-${process.pid}`);
  const attempts = [
    () => fs.symlinkSync(name, draft, 'dir'),
    () => fs.symlinkSync(join(out, name), draft, 'junction'),
    () => fs.writeFileSync(draft, `${name}\n`),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
      putInPlace(draft, latest);
      return;
    } catch {
      // The next way is a simpler one. Without any, the run is still found by its own name.
      fs.rmSync(draft, { force: true });
    }
  }
}

function putInPlace(draft: string, latest: string): void {
  try {
    fs.renameSync(draft, latest);
  } catch {
    // Windows renames nothing to where a junction is.
    fs.rmSync(latest, { force: true });
    fs.renameSync(draft, latest);
  }
}

/**
 * Writes `result.json` into a run's folder, whole or not at all.
 * @returns its path
 * @throws the file system's error, as on a full disk
 */
export function writeResult(folder: string, result: Result): string {
  const path = join(folder, RESULT_NAME);
  writeWhole(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

/**
 * Writes a file that other programs read: it is there whole, or not at all.
 * @throws the file system's error, as on a full disk
 */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.tmp`;
  try {
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, path);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  }
}

/**
 * Reads a `result.json`.
 * @throws ToolError where it is none
 */
export function readResult(path: string): Result {
  let json: unknown;
  try {
    json = JSON.parse(fs.readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ToolError(`The result ${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  const read = resultSchema.safeParse(json);
  if (read.success) return read.data as Result;
  const { path: where, message } = read.error.issues[0]!;
  throw new ToolError(`${path} is no result of this version: at ${where.join('.') || 'its top'}, ${message}.`);
}

/** A run that was stored: at least one of its two files is there. */
export interface StoredRun {
  folder: string;
  journal?: string;
  result?: string;
}

/**
 * Finds a stored run.
 * A journal named by itself has the result that lies beside it, too.
 * @param named its folder, a `result.json` or `journal.ndjson`, `latest`, or the beginning of its id or folder's name
 * @param out where runs are kept
 * @throws ToolError where there is none, or more than one
 */
export function findRun(named: string, out = 'reports'): StoredRun {
  const stored = storedAt(resolve(named)) ?? (named === LATEST ? latestIn(out) : undefined);
  if (stored) return stored;
  const names = namesIn(out).filter((name) => name.startsWith(named) || idOf(name).startsWith(named));
  const runs = names.flatMap((name) => storedAt(resolve(out, name)) ?? []);
  if (runs.length === 1) return runs[0]!;
  if (runs.length > 1) {
    throw new ToolError(`${quoted(named)} is the beginning of ${runs.length} runs in ${out}.`, {
      hint: `Name one: ${names.slice(-5).join(', ')}.`,
    });
  }
  const newest = newestIn(out);
  throw new ToolError(
    `There is no run ${quoted(named)}: that is neither the folder nor a file of a run, and ${out} has none of that name.`,
    {
      ...(newest !== undefined && { hint: `The newest there is ${newest}.` }),
    },
  );
}

const idOf = (folder: string): string => FOLDER.exec(folder)?.[1] ?? '';

function namesIn(out: string): string[] {
  if (!fs.existsSync(out)) return [];
  const entries = fs.readdirSync(out, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
}

/** Other folders may stand among the runs, such as `baselines`. */
const newestIn = (out: string): string | undefined =>
  namesIn(out).findLast((name) => storedAt(join(out, name)) !== undefined);

/** `latest` as a link is found by its own path; it may be a text file; or somebody's own, and then the newest is meant. */
function latestIn(out: string): StoredRun | undefined {
  const latest = resolve(out, LATEST);
  const found = storedAt(latest);
  if (found) return found;
  const isText = isPointer(latest) && fs.lstatSync(latest).isFile();
  const name = isText ? basename(fs.readFileSync(latest, 'utf8').trim()) : newestIn(out);
  return name === undefined ? undefined : storedAt(resolve(out, name));
}

function storedAt(path: string): StoredRun | undefined {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there?.isFile()) {
    const name = basename(path);
    const result = join(dirname(path), RESULT_NAME);
    if (name.endsWith('.json')) return { folder: dirname(path), result: path };
    if (name.endsWith('.ndjson')) return { folder: dirname(path), journal: path, ...present({ result }) };
  }
  if (!there?.isDirectory()) return undefined;
  const files = present({ journal: join(path, JOURNAL_NAME), result: join(path, RESULT_NAME) });
  return 'journal' in files || 'result' in files ? { folder: path, ...files } : undefined;
}

const present = <T extends Record<string, string>>(files: T): Partial<T> =>
  Object.fromEntries(Object.entries(files).filter(([, path]) => fs.existsSync(path))) as Partial<T>;
