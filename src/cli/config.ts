import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { quoted } from '../core/quoted.ts';
import { ALL_OPTIONS, CONFIG_NAMES, OPTIONS, type OptionName } from './options.ts';

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

function complaint(
  name: string,
  whole: string,
  { code, path, keys }: { code: string; path: PropertyKey[]; keys?: string[] },
): ToolError {
  const [unknown] = keys ?? [];
  if (code === 'unrecognized_keys' && unknown !== undefined) {
    if (Object.hasOwn(ALL_OPTIONS, unknown)) {
      throw new ToolError(`${whole} has ${unknown}, which only the command line takes.`, {
        hint: `Type --${unknown} there.`,
      });
    }
    const hint = didYouMean(unknown, ['scenario', ...CONFIG_NAMES]) ?? 'Options stand there by their long names.';
    return new ToolError(`${whole} has an unknown option ${quoted(unknown)}.`, { hint });
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
