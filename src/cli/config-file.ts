import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ToolError, messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { quoted } from '../core/quoted.ts';
import { fileText } from '../core/text.ts';
import { importFile } from '../engine/module.ts';
import { configOf, type ConfigFile } from './config.ts';
import type { CommandName, Option } from './option.ts';
import { ALL_OPTIONS } from './options.ts';
import type { CommandLine } from './parse.ts';
import { remark, type Shell } from './shell.ts';

/** Config files that are found by themselves, in the folder in which the command runs; the first is read. */
const FOUND = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'].map((ending) => `loadtest.config.${ending}`);

/** Names by which somebody means a config file: with one ending, or with more, as for a stage of its own. */
const MEANT = /^(?:\.?load-?test[._-]?conf(?:ig)?|\.loadtestrc)(?:\.\w+)?$/i;
const MAYBE =
  /^(?:\.?load-?test[._-]?conf(?:ig)?|\.loadtestrc)(?:\.\w+){2,}$|^loadtest\.(?:ya?ml|toml|json[5c]?|ini)$/i;
/** What editors and compilers put beside a file. */
const ASIDE = /\.d\.[cm]?ts$|\.(?:map|sw[op]|bak|orig|old|tmp)$/i;

const EXAMPLE = 'loadtest.config.json holds options by their long names, such as {"users": 50, "duration": "5m"}.';

/** What lies in a folder by the name of a config file. */
interface Lying {
  name?: string;
  /** Sentences about those that are not read. */
  notes: string[];
}

function lyingIn(folder: string): Lying {
  const names = namesIn(folder).filter((name) => !ASIDE.test(name));
  const [name, ...others] = FOUND.filter((found) => names.includes(found));
  const strange = names.filter((one) => MEANT.test(one) && !FOUND.includes(one));
  if (name !== undefined) {
    const unread = [...others, ...strange];
    return { name, notes: unread.map((other) => `${other} is not read, as ${name} is; --config FILE names another.`) };
  }
  if (strange.length > 0) {
    throw new ToolError(`${strange[0]} is not read: a config file is loadtest.config.ts, .js or .json.`, {
      hint: EXAMPLE,
    });
  }
  return { notes: names.filter((one) => MAYBE.test(one)).map((one) => `${one} is not read unless --config names it.`) };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

async function contentOf(path: string, name: string): Promise<unknown> {
  if (!path.endsWith('.json')) {
    const { exported, value } = await importFile(path, { what: 'config file', name });
    if (exported) return value;
    throw new ToolError(`The config file ${name} has no default export.`, {
      hint: 'End it with: export default defineConfig({ … }).',
    });
  }
  if (!existsSync(path)) throw new ToolError(`There is no config file ${quoted(name)}.`);
  try {
    return JSON.parse(fileText(readFileSync(path)));
  } catch (error) {
    // What stands there may be a secret.
    const why = messageOf(error).replace(/, (?:\.\.\.)?".*" is not valid JSON$/s, '');
    throw new ToolError(`The config file ${name} does not parse: ${why}.`, { cause: error });
  }
}

/**
 * Reads the config file that was named, or else one that lies there.
 * @param named the path that `--config` gives
 * @returns the file, where one was named or lies there, and what is to be said of others
 * @throws ToolError (104) where it is absent, does not parse, throws, or holds what no option takes
 */
export async function readConfig(
  named: string | undefined,
  folder: string,
): Promise<{ file?: ConfigFile; notes: string[] }> {
  const { name = named, notes } = named === undefined ? lyingIn(folder) : { notes: [] };
  if (name === undefined) return { notes };
  const content = await contentOf(resolve(folder, name), name);
  return { file: configOf(content, basename(name), `The config file ${name}`), notes };
}

const all = new Intl.ListFormat('en-GB');

/** What of a config file concerns a command, and what is to be said of the rest. */
function concerning(command: CommandName, file: ConfigFile): { file: ConfigFile; notes: string[] } {
  const concerns = (name: string): boolean => (ALL_OPTIONS[name] as Option).commands.includes(command);
  const { scenario, name } = file;
  const unread = [...file.texts.keys()].filter((option) => !concerns(option));
  if (scenario !== undefined && command !== 'run') unread.unshift('scenario');
  const texts = new Map([...file.texts].filter(([option]) => concerns(option)));
  const are = unread.length === 1 ? 'is' : 'are';
  return {
    file: { name, texts, ...(command === 'run' && scenario !== undefined && { scenario }) },
    notes: unread.length > 0 ? [`${all.format(unread)} in ${name} ${are} not for ${command}.`] : [],
  };
}

const PREFIX = 'LOADTEST_';
const VARIABLES = ['LOADTEST_URL', 'LOADTEST_TOKEN', 'LOADTEST_PYTHON'];

/** Variables that somebody wrote for this tool and that it does not know; others are whose they may be. */
function strangersIn(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).flatMap((name) => {
    if (!name.toUpperCase().startsWith(PREFIX) || VARIABLES.includes(name)) return [];
    const word = name.slice(PREFIX.length).toLowerCase();
    const known = nearest(
      word,
      VARIABLES.map((variable) => variable.slice(PREFIX.length)),
    );
    if (known !== undefined) return [`${name} is no variable of this tool. Did you mean ${PREFIX}${known}?`];
    const option = word.replaceAll('_', '-');
    return Object.hasOwn(ALL_OPTIONS, option)
      ? [`${name} is not read: it is --${option}, or ${option} in a config file.`]
      : [];
  });
}

/**
 * The config file of a command, as far as it concerns it. What was written and is not read is said on standard error.
 * @throws ToolError (104) as {@link readConfig}
 */
export async function configFor({ command, flags }: CommandLine, shell: Shell): Promise<ConfigFile | undefined> {
  const named = flags.get('config');
  const { file, notes } = await readConfig(Array.isArray(named) ? named[0] : undefined, shell.folder);
  const mine = file && concerning(command, file);
  for (const note of [...strangersIn(shell.env), ...notes, ...(mine?.notes ?? [])]) {
    remark(shell, note);
  }
  return mine?.file;
}
