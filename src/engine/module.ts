import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ToolError, messageOf } from '../core/errors.ts';
import { aliasPackage } from './alias.ts';
import { fromSource } from './programs.ts';

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts']);
const JAVASCRIPT = new Set(['.js', '.mjs', '.cjs']);

let typescript = false;

/** Lets Node import TypeScript, from here on. Costs 0.4 s, so only where a file asks for it. */
async function allowTypeScript(): Promise<void> {
  if (typescript || fromSource) return;
  typescript = true;
  const { register } = await import('tsx/esm/api');
  register();
}

/** Where in the file it went wrong, as far as the error tells: `:12` or nothing. */
function lineIn(error: unknown, path: string): string {
  if (!(error instanceof Error)) return '';
  const text = `${error.message}\n${error.stack ?? ''}`;
  const at = text.indexOf(path);
  return (at >= 0 && /^:\d+/.exec(text.slice(at + path.length))?.[0]) || '';
}

/** What a compiler or engine says of a file, in one line and without the file's path, which the sentence has. */
const sayOf = (error: unknown): string =>
  messageOf(error)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Transform failed'))
    .map((line) => line.replace(/^.*?:\d+:\d+:\s*(ERROR:\s*)?/, ''))[0] ?? 'no reason given';

const isSyntax = (error: unknown): boolean =>
  error instanceof Error && (error instanceof SyntaxError || error.message.startsWith('Transform failed'));

/**
 * Imports a file of the user's: `.ts` without a build step, `.js` and `.mjs` as they are.
 * @param what how the file is called in sentences: `scenario`, `config file`
 * @throws ToolError (104) where it does not exist, does not parse or throws while loading
 */
export async function importFile(url: string, what: string): Promise<Record<string, unknown>> {
  const path = fileURLToPath(url);
  const extension = extname(path);
  if (!TYPESCRIPT.has(extension) && !JAVASCRIPT.has(extension)) {
    throw new ToolError(`The ${what} ${path} is neither TypeScript nor JavaScript.`, {
      hint: 'Name it .ts, .js or .mjs.',
    });
  }
  if (!existsSync(path)) throw new ToolError(`There is no ${what} ${path}.`);
  aliasPackage();
  if (TYPESCRIPT.has(extension)) await allowTypeScript();
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const verb = isSyntax(error) ? 'does not parse' : 'threw while loading';
    throw new ToolError(`The ${what} ${path}${lineIn(error, path)} ${verb}: ${sayOf(error)}.`.replace(/\.\.$/, '.'), {
      cause: error,
    });
  }
}
