import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, Location, Message, Plugin } from 'esbuild';
import { messageOf } from '../core/errors.ts';
import { fileText } from '../core/text.ts';
import { builtUrl } from './programs.ts';

/** The name under which scenario and config files import this package. */
export const PACKAGE = 'collab-loadtest';

/** Files of a user's that are made one text. */
export const CODE = /\.[cm]?[jt]s$/;

/** Whether a path is in a package that is installed: Node loads that itself. */
const isInstalled = (path: string): boolean => /[/\\]node_modules[/\\]/.test(path);

/** What a module knows of its own place, which a bundle has lost: each is told (place.ts). */
const TOLD = {
  'import.meta.url': '__place_url',
  'import.meta.filename': '__place_filename',
  'import.meta.dirname': '__place_dirname',
  'import.meta.resolve': '__place_resolve',
  __filename: '__place_filename',
  __dirname: '__place_dirname',
  'require.resolve': '__place_require_resolve',
};

function placeText(path: string): string {
  const url = JSON.stringify(pathToFileURL(path).href);
  const known = `const __place_url=${url},__place_filename=${JSON.stringify(path)},__place_dirname=${JSON.stringify(dirname(path))}`;
  const asked =
    '__place=__placeOf(__place_url),__place_resolve=__place.resolve,__place_import=__place.import,__place_require=__place.require,__place_require_resolve=__place_require.resolve';
  return `${known},${asked};`;
}

/** Calls that esbuild leaves alone, as what they name is only known when they run. */
const CALLS = ['unsupported-dynamic-import', 'unsupported-require-call'];

/**
 * Calls of which the beginning of the name is known: esbuild would put every file into the bundle that may be meant,
 * whatever is in it. With this before the name it leaves them alone too.
 */
const BEGUN =
  /\b(?:import|require)\s*\((?=\s*(?:\/\*.*?\*\/\s*)*(?:`\.{1,2}\/[^`]*\$\{|(['"])\.{1,2}\/[^'"\n]*\1\s*\+))/gs;
const UNKNOWN = '__unknown+';

/** Puts the place's own function where a call stands that esbuild left alone: `import(name)`, `require(name)`. */
function withCalls(text: string, calls: readonly Location[]): string {
  const lines = text.split('\n').map((line) => Buffer.from(line));
  for (const { line, column, length } of calls.toSorted((one, other) => other.column - one.column)) {
    const bytes = lines[line - 1]!;
    const word = bytes.toString('utf8', column, column + length);
    lines[line - 1] = Buffer.concat([
      bytes.subarray(0, column),
      Buffer.from(`__place_${word}`),
      bytes.subarray(column + length),
    ]);
  }
  return lines.map((line) => line.toString()).join('\n');
}

/**
 * A file's own modules become one; packages stay where they are, by their file URLs. `collab-loadtest` is this very
 * package, also for a file that lies in a folder without `node_modules`.
 * @param calls of each file, by its path; absent: they are looked for
 */
const ownModules = (calls?: ReadonlyMap<string, readonly Location[]>): Plugin => ({
  name: 'own-modules',
  setup(bundler) {
    const RESOLVING = Symbol('resolving');
    // k6's host is required inside k6 alone (src/scenario/define.ts).
    bundler.onResolve({ filter: /\/k6\/host\.ts$/ }, ({ path }) => ({ path, external: true }));
    bundler.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
      if (path === PACKAGE && kind === 'require-call') return { path, namespace: PACKAGE };
      if (path === PACKAGE) return { path: builtUrl('index.js').href, external: true };
      if (path.startsWith('file:')) return { path, external: true };
      if (pluginData === RESOLVING || kind === 'entry-point' || path.startsWith('node:')) return undefined;
      const found = await bundler.resolve(path, { kind, resolveDir, importer, pluginData: RESOLVING });
      if (found.errors.length > 0 || found.external || !isInstalled(found.path)) return found;
      return { path: kind === 'require-call' ? found.path : pathToFileURL(found.path).href, external: true };
    });
    bundler.onLoad({ filter: /^/, namespace: PACKAGE }, () => ({
      contents: `export * from ${JSON.stringify(builtUrl('index.js').href)}`,
    }));
    bundler.onLoad({ filter: CODE }, async ({ path }) => {
      // A first line for the shell is a comment here.
      const text = fileText(await readFile(path)).replace(/^#!/, '//');
      const ready = calls ? withCalls(text, calls.get(path) ?? []) : text.replaceAll(BEGUN, `$&${UNKNOWN}`);
      return {
        contents: placeText(path) + ready,
        loader: /\.[cm]?ts$/.test(path) ? 'ts' : 'js',
        resolveDir: dirname(path),
      };
    });
  },
});

/** How many modules are being made text: they share esbuild's process. */
let underWay = 0;

/** What of a file its bundle exports by default: what the file does, or all that it exports. */
type Exported = 'default' | 'all';

/** What a file holds, and all it imports of its own, as one module of JavaScript. */
async function bundle(path: string, exported: Exported): Promise<string> {
  // Loaded only where a file of the user's is: esbuild is a program of its own.
  const { build, stop } = await import('esbuild');
  const options = {
    // The same for a module and for CommonJS.
    stdin: {
      contents: `import * as all from ${JSON.stringify(`./${basename(path)}`)};\nexport default ${exported === 'all' ? 'all' : 'all.default'};`,
      resolveDir: dirname(path),
    },
    absWorkingDir: dirname(path),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Where something throws is told by the line of the user's own file.
    sourcemap: 'inline',
    sourcesContent: false,
    define: TOLD,
    banner: {
      js: `import { placeOf as __placeOf } from ${JSON.stringify(builtUrl('place.js').href)}; const require = __placeOf(${JSON.stringify(pathToFileURL(path).href)}).require;`,
    },
    logLevel: 'silent',
    logOverride: Object.fromEntries(CALLS.map((id) => [id, 'warning'])),
  } satisfies BuildOptions;
  underWay++;
  try {
    const made = await build({ ...options, plugins: [ownModules()] });
    const calls = callsIn(made.warnings, path);
    if (calls.size === 0 && !made.outputFiles[0]!.text.includes(UNKNOWN)) return made.outputFiles[0]!.text;
    return (await build({ ...options, plugins: [ownModules(calls)] })).outputFiles[0]!.text;
  } finally {
    // Its process would stay for as long as this one does, and takes with it whatever it is still at.
    if (--underWay === 0) await stop();
  }
}

/** Where in each file calls stand that esbuild left alone; columns are those of the file's own text. */
function callsIn(warnings: readonly Message[], entry: string): Map<string, Location[]> {
  const calls = new Map<string, Location[]>();
  for (const { id, location } of warnings) {
    if (!CALLS.includes(id) || !location) continue;
    const path = resolve(dirname(entry), location.file);
    const told = location.line === 1 ? Buffer.byteLength(placeText(path)) : 0;
    const before = Buffer.from(location.lineText).toString('utf8', told, location.column);
    const column = location.column - told - (before.split(UNKNOWN).length - 1) * UNKNOWN.length;
    calls.set(path, [...(calls.get(path) ?? []), { ...location, column }]);
  }
  return calls;
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);

/** `does not parse (line 3): Expected "}"`: what went wrong and where, in one line. */
function complaintOf(error: unknown, entry: string): string {
  if (!isBuildFailure(error)) return `cannot be loaded: ${messageOf(error).split('\n')[0]}`;
  const { text, location } = error.errors[0]!;
  const verb = text.startsWith('Could not') ? 'cannot be loaded' : 'does not parse';
  if (!location || location.file === '<stdin>') return `${verb}: ${text}`;
  const file = resolve(dirname(entry), location.file);
  const where = file === entry ? '' : `${relative(dirname(entry), file)}, `;
  return `${verb} (${where}line ${location.line}): ${text}`;
}

/**
 * The code of a file of the user's, TypeScript or JavaScript, module or CommonJS, as a URL that any process can import:
 * it holds the code.
 * @throws Error whose message goes on after the file's name: `does not parse (line 3): …`
 */
export async function codeOf(path: string, exported: Exported = 'default'): Promise<string> {
  const text = await bundle(path, exported).catch((error: unknown) => {
    throw new Error(complaintOf(error, path), { cause: error });
  });
  return `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
}

/** Whether a URL is of a file of the user's own, which Node may not be able to load as it is. */
export const isOwn = (url: string): boolean =>
  url.startsWith('file:') &&
  CODE.test(new URL(url).pathname) &&
  !isInstalled(fileURLToPath(url)) &&
  !url.startsWith(builtUrl('').href);
