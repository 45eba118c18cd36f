import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { ToolError, messageOf } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { importFile } from '../engine/module.ts';
import { CONFIG_NAMES, OPTIONS, type OptionName } from './options.ts';

/** Config files that are found by themselves, in the folder in which the command runs. */
const FOUND = ['loadtest.config.ts', 'loadtest.config.js', 'loadtest.config.json'];

const one = z.union([z.string(), z.number()]);

function fieldOf(name: OptionName): z.ZodType {
  const option = OPTIONS[name];
  if (!('value' in option)) return z.boolean().optional().describe(option.about);
  const field = 'repeat' in option ? z.union([one, z.array(one)]) : one;
  return field.optional().describe(option.about);
}

/** The options of a run as a config file holds them: by their long names, values as on the command line. */
const schema = z.strictObject({
  $schema: z.string().optional().describe('For editors'),
  scenario: z.string().optional().describe('Name of a scenario, or path of a file of your own'),
  ...(Object.fromEntries(CONFIG_NAMES.map((name) => [name, fieldOf(name)])) as Record<OptionName, z.ZodType>),
});

/** The JSON Schema of a config file, published with the package. */
export const configJsonSchema = (): object => z.toJSONSchema(schema);

type Written<Name extends OptionName> = (typeof OPTIONS)[Name] extends { repeat: true }
  ? string | number | readonly (string | number)[]
  : (typeof OPTIONS)[Name] extends { value: string }
    ? string | number
    : boolean;

/** The names of options that only the command line has. */
type CommandLineOnly = 'config' | 'quiet' | 'json' | 'no-color' | 'help' | 'version' | 'port' | 'host' | 'debug';

/** What a config file exports by default: options by their long names, `{ users: 50, duration: '5m' }`. */
export type Config = { scenario?: string } & { [Name in Exclude<OptionName, CommandLineOnly>]?: Written<Name> };

/** Options as texts, by name, and how the file is called in sentences. */
export interface ConfigFile {
  name: string;
  scenario?: string;
  texts: Map<string, string[] | boolean>;
}

async function contentOf(path: string, name: string): Promise<unknown> {
  if (!path.endsWith('.json')) {
    const { exported, value } = await importFile(path, { what: 'config file', name });
    if (exported) return value;
    throw new ToolError(`The config file ${name} has no default export.`, {
      hint: 'End it with: export default defineConfig({ … }).',
    });
  }
  if (!existsSync(path)) throw new ToolError(`There is no config file ${name}.`);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ToolError(`The config file ${name} does not parse: ${messageOf(error)}.`, { cause: error });
  }
}

function complaint(
  name: string,
  whole: string,
  { code, path, keys }: { code: string; path: PropertyKey[]; keys?: string[] },
): ToolError {
  const [unknown] = keys ?? [];
  if (code === 'unrecognized_keys' && unknown !== undefined) {
    const hint = didYouMean(unknown, ['scenario', ...CONFIG_NAMES]) ?? 'Options stand there by their long names.';
    return new ToolError(`${whole} has an unknown option ${unknown}.`, { hint });
  }
  const [option] = path;
  if (option === undefined) return new ToolError(`${whole} does not hold an object with options.`);
  const wants =
    Object.hasOwn(OPTIONS, option) && !('value' in OPTIONS[option as OptionName])
      ? 'true or false'
      : 'a text or a number';
  return new ToolError(`${String(option)} in ${name} is not ${wants}.`);
}

/**
 * Reads the config file that was named, or else one that lies there.
 * @param named the path that `--config` gives
 * @returns nothing where none was named and none lies there
 * @throws ToolError (104) where it is absent, does not parse, throws, or holds what no option takes
 */
export async function readConfig(named: string | undefined, folder: string): Promise<ConfigFile | undefined> {
  const name = named ?? FOUND.find((file) => existsSync(resolve(folder, file)));
  if (name === undefined) return undefined;
  return configOf(await contentOf(resolve(folder, name), name), basename(name), `The config file ${name}`);
}

/**
 * Options out of an object that may hold anything.
 * @param name how it is called beside an option: `users in NAME`
 * @param whole how it is called where no option is meant
 * @throws ToolError (104) where it holds what no option takes
 */
export function configOf(value: unknown, name: string, whole: string): ConfigFile {
  const checked = schema.safeParse(value);
  if (!checked.success) throw complaint(name, whole, checked.error.issues[0] as Parameters<typeof complaint>[2]);
  const { scenario, $schema: _, ...options } = checked.data as { scenario?: string } & Record<string, unknown>;
  const texts = new Map<string, string[] | boolean>();
  for (const [option, given] of Object.entries(options)) {
    if (given !== undefined) texts.set(option, typeof given === 'boolean' ? given : [given].flat().map(String));
  }
  return { name, ...(scenario !== undefined && { scenario }), texts };
}
