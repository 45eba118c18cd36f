import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Plugin } from 'esbuild';
import { EXIT, ToolError, messageOf } from '../core/errors.ts';
import { builtUrl } from './programs.ts';

/** The name under which scenario and config files import this package. */
const PACKAGE = 'collab-loadtest';

const EXTENSIONS = new Set(['.ts', '.mts', '.js', '.mjs']);

/** A user's module, and a URL by which any process can import it again: it holds the code itself. */
export interface LoadedModule {
  exports: Record<string, unknown>;
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

/** One module's text, as JavaScript. Loaded only where a file of the user's is: esbuild is a program of its own. */
async function bundle(path: string): Promise<string> {
  const { build, stop } = await import('esbuild');
  const building = build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
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
    // Its process would stay for as long as this one does.
    await stop();
  }
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);

/** `does not parse (line 3): Expected "}"`: what went wrong and where, in one line. */
function complaintOf(error: unknown): string {
  if (isBuildFailure(error)) {
    const { text, location } = error.errors[0]!;
    const verb = text.startsWith('Could not') ? 'cannot be loaded' : 'does not parse';
    return `${verb}${location ? ` (line ${location.line})` : ''}: ${text}`;
  }
  return `threw while loading: ${messageOf(error).split('\n')[0]}`;
}

/**
 * Imports a file of the user's, TypeScript or JavaScript, without a build step and without anything beside it.
 * @param what how the file is called in sentences: `scenario`, `config file`
 * @param name the file as the user wrote it
 * @throws ToolError (104) where it does not exist, does not parse or throws while loading
 */
export async function importFile(path: string, what: string, name = path): Promise<LoadedModule> {
  if (!existsSync(path)) throw new ToolError(`There is no ${what} ${name}.`);
  if (!EXTENSIONS.has(extname(path))) {
    throw new ToolError(`The ${what} ${name} is neither TypeScript nor JavaScript.`, { hint: 'Name it .ts or .js.' });
  }
  // A file may end the process, or wait for ever: then nothing else is left to say so.
  const ended = (): void => {
    process.stderr.write(`loadtest: the ${what} ${name} ended the process while it was loading.\n`);
    process.exitCode = EXIT.invalid;
  };
  process.once('exit', ended);
  try {
    const url = `data:text/javascript;base64,${Buffer.from(await bundle(path)).toString('base64')}`;
    return { exports: (await import(url)) as Record<string, unknown>, url };
  } catch (error) {
    throw new ToolError(`The ${what} ${name} ${complaintOf(error)}`.replace(/\.?$/, '.'), { cause: error });
  } finally {
    process.off('exit', ended);
  }
}
