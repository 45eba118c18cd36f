import { quoted } from '../core/quoted.ts';
import { existsSync } from 'node:fs';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { ToolError, messageOf } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';
import { CODE, codeOf } from './bundle.ts';
import type { Loading, LoadingOrder } from './loading.ts';
import { builtUrl } from './programs.ts';
import { withoutCode } from './scenario-errors.ts';

/** What a user's module exports by default, and a URL by which any process can import it again: it holds the code. */
interface LoadedModule {
  exported: boolean;
  value: unknown;
  url: string;
}

/** What the code of a file did, in a thread of its own: it may loop for ever, print, throw late, or end its process. */
async function outcomeOf(order: LoadingOrder, limit_ms: number): Promise<Loading | { kind: 'ended' | 'endless' }> {
  // It may set the environment, as a config file does that reads a `.env`.
  const thread = new Worker(builtUrl('loading.js'), { workerData: order, stdout: true, env: SHARE_ENV });
  // Standard output is the tool's: with --json there is one document on it.
  thread.stdout.on('data', (text: Buffer) => process.stderr.write(text));
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'endless' }), limit_ms);
      thread.once('message', resolve);
      thread.once('error', (error) => resolve({ kind: 'threw', message: messageOf(error) }));
      thread.once('exit', () => resolve({ kind: 'ended' }));
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

/** A file describes; it is loaded long before this, ms. */
const LOADING_MS = 10_000;

/** How a file of the user's is imported. */
interface Importing {
  /** How the file is called in sentences: `scenario`, `config file`. */
  what: string;
  /** The file as the user wrote it. */
  name: string;
  /** What is wanted of the default export; absent: the whole of it. */
  field?: string;
  limit_ms?: number;
}

/**
 * Imports a file of the user's, TypeScript or JavaScript, without a build step and without anything beside it. Its code
 * runs in a thread that is ended afterwards, and what it prints goes to standard error.
 * @throws ToolError (104) where it does not exist, does not parse, throws, never ends, or exports what is no plain data
 */
export async function importFile(path: string, importing: Importing): Promise<LoadedModule> {
  const { what, name, field, limit_ms = LOADING_MS } = importing;
  if (!existsSync(path)) throw new ToolError(`There is no ${what} ${quoted(name)}.`);
  if (!CODE.test(path)) {
    throw new ToolError(`The ${what} ${name} is neither TypeScript nor JavaScript.`, {
      hint: what === 'scenario' ? 'loadtest init mine.ts writes one to start from.' : 'Write it as .ts, .js or .json.',
    });
  }
  const refused = (says: string, more: { hint?: string; cause?: unknown } = {}): ToolError =>
    new ToolError(`The ${what} ${name} ${says}`.replace(/\.?$/, '.'), more);
  const url = await codeOf(path).catch((error: Error) => {
    throw refused(error.message, { cause: error });
  });
  const outcome = await outcomeOf({ url, ...(field !== undefined && { field }) }, limit_ms);
  switch (outcome.kind) {
    case 'loaded':
      return { exported: outcome.exported, value: outcome.value, url };
    case 'threw':
      throw refused(`threw while loading: ${withoutCode(outcome.message, name).split('\n')[0]}`);
    case 'not-data':
      throw refused(`exports a function or something else that is no plain data`, {
        hint: 'Texts, numbers, true and false, lists and objects can stand there.',
      });
    case 'ended':
      throw refused('ended before it was loaded', {
        hint: 'Look for process.exit() in it, or for an await of what never comes.',
      });
    case 'endless':
      throw refused(`did not finish loading within ${formatDuration(limit_ms)}`, {
        hint: 'Look for a loop that never ends, or for an await of what takes long.',
      });
  }
}
