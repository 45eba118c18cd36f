import { ToolError } from '../core/errors.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { ConfigFile } from './config.ts';
import type { Option } from './option.ts';
import { ALL_OPTIONS, OPTIONS, type OptionName, type Settings } from './options.ts';
import type { CommandLine } from './parse.ts';
import { bearer } from './header-readers.ts';

/** Where options come from, the first that has one wins. */
interface Source {
  texts(name: string, option: Option): string[] | boolean | undefined;
  /** How an option of this source is called in a sentence. */
  call(name: string, option: Option): string;
}

const flags = (line: CommandLine): Source => ({
  texts: (name) => line.flags.get(name),
  call: (name) => `--${name}`,
});

const environment = (env: NodeJS.ProcessEnv): Source => ({
  texts: (_name, option) => (option.env && env[option.env]?.trim() ? [env[option.env]!] : undefined),
  call: (_name, option) => option.env!,
});

const file = (config: ConfigFile): Source => ({
  texts: (name) => config.texts.get(name),
  call: (name) => `${name} in ${config.name}`,
});

const defaultsOf = ({ name: scenario, defaults = {} }: ScenarioSpec): Source => ({
  texts: (name) => {
    const value = (defaults as Record<string, unknown>)[name];
    return value === undefined ? undefined : [String(value)];
  },
  call: (name) => `${name} in the defaults of the scenario ${scenario}`,
});

function settle(name: string, option: Option, sources: readonly Source[]): unknown {
  const source = sources.find((one) => one.texts(name, option) !== undefined);
  const given = source?.texts(name, option);
  if (option.value === undefined) return given === true;
  if (Array.isArray(given)) {
    const values = given.map((text) => option.read(text, source!.call(name, option)));
    return option.repeat ? values : values[0];
  }
  if (option.repeat) return [];
  return option.initial === undefined ? undefined : option.read(option.initial, name);
}

/** Options that a scenario may have a default for. */
const SCENARIO_DEFAULTS = new Set([
  'users',
  'sessions',
  'rate',
  'heartbeat',
  'items',
  'duration',
  'ramp-up',
  'settle',
  'deadline',
]);

function checkDefaults({ name, defaults = {} }: ScenarioSpec): void {
  const unknown = Object.keys(defaults).find((key) => !SCENARIO_DEFAULTS.has(key));
  if (unknown === undefined) return;
  throw new ToolError(`The scenario ${name} has a default for ${unknown}, which is none of its own to decide.`, {
    hint: `It may have one for ${[...SCENARIO_DEFAULTS].join(', ')}.`,
  });
}

/**
 * Decides every option: flag, environment, config file, scenario, default, in this order.
 * @throws ToolError (104) with one sentence for the first value that cannot be read
 */
export function settingsOf(
  line: CommandLine,
  env: NodeJS.ProcessEnv = {},
  config?: ConfigFile,
  scenario?: ScenarioSpec,
): Settings {
  if (scenario) checkDefaults(scenario);
  const sources = [flags(line), environment(env)];
  if (config) sources.push(file(config));
  if (scenario) sources.push(defaultsOf(scenario));
  const settled = Object.entries(OPTIONS).map(([name, option]) => [name, settle(name, option, sources)]);
  const settings = Object.fromEntries(settled) as Settings;
  const token = env['LOADTEST_TOKEN']?.trim();
  const ours = line.flags.has('header') && settings.header.some(([name]) => /^authorization$/i.test(name));
  // The bundled server asks for none.
  const asks = settings.url.length > 0 || settings.start !== undefined || settings.header.length > 0;
  if (token && !ours && asks) {
    const others = settings.header.filter(([name]) => !/^authorization$/i.test(name));
    settings.header = [...others, bearer(token, 'LOADTEST_TOKEN')];
  }
  return settings;
}

/** The options of a command that only the command line gives, limits of the server among them. */
export function flagsOf(line: CommandLine): Settings & Record<string, unknown> {
  const taken = Object.entries(ALL_OPTIONS).filter(([, option]) => option.commands.includes(line.command));
  const sources = [flags(line)];
  const settled = taken.map(([name, option]) => [name, settle(name, option, sources)]);
  return Object.fromEntries(settled) as Settings & Record<OptionName, unknown>;
}
