import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { BuildFailure, Plugin } from 'esbuild';
import { ToolError, messageOf } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';
import type { Loading, LoadingOrder } from './loading.ts';
import { builtUrl } from './programs.ts';

/** The name under which scenario and config files import this package. */
const PACKAGE = 'collab-loadtest';

const EXTENSIONS = new Set(['.ts', '.mts', '.js', '.mjs']);

/** What a user's module exports by default, and a URL by which any process can import it again: it holds the code. */
interface LoadedModule {
  exported: boolean;
  value: unknown;
  url: string;
}

/**
 * A file's own modules become one; packages stay where they are, by their file URLs. `collab-loadtest` is this very
 * package, also for a file that lies in a folder without `node_modules`.
 */
const ownModules: Plugin = {
  name: 'own-modules',
  setup(bundler) {
    const RESOLVING = Symbol('resolving');
    // k6's host is required inside k6 alone (src/scenario/define.ts).
    bundler.onResolve({ filter: /\/k6\/host\.ts$/ }, ({ path }) => ({ path, external: true }));
    bundler.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (path === PACKAGE) return { path: builtUrl('index.js').href, external: true };
      if (pluginData === RESOLVING || kind === 'entry-point' || path.startsWith('node:')) return undefined;
      const found = await bundler.resolve(path, { kind, resolveDir, importer, pluginData: RESOLVING });
      if (found.errors.length > 0 || found.external) return found;
      return { path: pathToFileURL(found.path).href, external: true };
    });
    // What a module knows of its own place is lost in a bundle, so each is told.
    bundler.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const place = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) };
      const told = Object.entries(place).map(([name, value]) => `const __meta_${name} = ${JSON.stringify(value)};`);
      return {
        contents: told.join('') + (await readFile(path, 'utf8')),
        loader: /\.[cm]?ts$/.test(path) ? 'ts' : 'js',
        resolveDir: dirname(path),
      };
    });
  },
};

/** How many modules are being made text: they share esbuild's process. */
let underWay = 0;

/** One module's text, as JavaScript. Loaded only where a file of the user's is: esbuild is a program of its own. */
async function bundle(path: string): Promise<string> {
  const { build, stop } = await import('esbuild');
  underWay++;
  const building = build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Where something throws is told by the line of the user's own file.
    sourcemap: 'inline',
    sourcesContent: false,
    define: {
      'import.meta.url': '__meta_url',
      'import.meta.filename': '__meta_filename',
      'import.meta.dirname': '__meta_dirname',
    },
    plugins: [ownModules],
    logLevel: 'silent',
  });
  try {
    return (await building).outputFiles[0]!.text;
  } finally {
    // Its process would stay for as long as this one does, and takes with it whatever it is still at.
    if (--underWay === 0) await stop();
  }
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);

/** `does not parse (line 3): Expected "}"`: what went wrong and where, in one line. */
function complaintOf(error: unknown): string {
  if (!isBuildFailure(error)) return `cannot be loaded: ${messageOf(error).split('\n')[0]}`;
  const { text, location } = error.errors[0]!;
  const verb = text.startsWith('Could not') ? 'cannot be loaded' : 'does not parse';
  return `${verb}${location ? ` (line ${location.line})` : ''}: ${text}`;
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
  if (!existsSync(path)) throw new ToolError(`There is no ${what} ${name}.`);
  if (!EXTENSIONS.has(extname(path))) {
    throw new ToolError(`The ${what} ${name} is neither TypeScript nor JavaScript.`, { hint: 'Name it .ts or .js.' });
  }
  const refused = (says: string, more: { hint?: string; cause?: unknown } = {}): ToolError =>
    new ToolError(`The ${what} ${name} ${says}`.replace(/\.?$/, '.'), more);
  const text = await bundle(path).catch((error: unknown) => {
    throw refused(complaintOf(error), { cause: error });
  });
  const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  const outcome = await outcomeOf({ url, ...(field !== undefined && { field }) }, limit_ms);
  switch (outcome.kind) {
    case 'loaded':
      return { exported: outcome.exported, value: outcome.value, url };
    case 'threw':
      throw refused(`threw while loading: ${outcome.message.split('\n')[0]}`);
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
