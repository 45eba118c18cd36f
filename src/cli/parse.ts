import { quoted } from '../core/quoted.ts';
import yargs from 'yargs';
import { ToolError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { FOREIGN } from './foreign.ts';
import { COMMAND_NAMES, type CommandName, type Option } from './option.ts';
import { ALL_OPTIONS } from './options.ts';

/** A command line, taken apart; values are still text. */
export interface CommandLine {
  command: CommandName;
  /** Scenarios, files or runs; what stands after `--` too. */
  operands: string[];
  /** Options as given, by their one name: texts, or whether a switch is on. */
  flags: Map<string, string[] | boolean>;
}

type Parsed = Record<string, unknown> & { _: string[] };

/** Begins as no option does, and as a number or a time may: `-1`, `-1s`, `.5`, `=-1`, `2x`. */
const AS_VALUE = /^[-+]?[.\d]/;

/**
 * Values that yargs would take for short options stand right behind their option's name: `-d -1s`, `-s2x`, `-u=-1`.
 */
function withValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return [...joined, ...args.slice(at)];
    const [, dashes, letter, long, rest = ''] = /^(?:(-)([a-z])|--([\w-]+)$)(.*)$/s.exec(arg) ?? [];
    const named = namedBy(dashes ? letter : long);
    const value = rest.replace(/^=/, '');
    if (named?.[1].value === undefined) joined.push(arg);
    else if (AS_VALUE.test(value)) joined.push(`--${named[0]}=${value}`);
    else if (rest === '' && /^-[.\d]/.test(args[at + 1] ?? '')) joined.push(`--${named[0]}=${args[++at]}`);
    else joined.push(arg);
  }
  return joined;
}

/** Refuses a switch that is given a value: `--json=file`. */
function refuseValues(args: readonly string[]): void {
  const end = args.indexOf('--');
  for (const arg of end < 0 ? args : args.slice(0, end)) {
    const [, word, value] = /^--?([\w-]+)=(.*)$/s.exec(arg) ?? [];
    const [name, option] = namedBy(word) ?? [];
    if (!option || option.value !== undefined || value === 'true' || value === 'false') continue;
    throw new ToolError(`--${name} takes no value, not ${value === '' ? 'an empty one' : quoted(value!)}.`, {
      hint: `Write --${name} alone.`,
    });
  }
}

/** The option that a name, an alias or a letter stands for. */
const namedBy = (text = ''): [string, Option] | undefined =>
  Object.entries(ALL_OPTIONS).find(([name, { short, alias }]) => text !== '' && [name, short, alias].includes(text));

/** yargs only takes the line apart: every sentence is ours, and every value stays the text that was typed. */
function tokens(args: readonly string[]): Parsed {
  const parser = yargs(withValues(args))
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    })
    .parserConfiguration({
      // Without it, what stands after `--` is lost.
      'populate--': true,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    });
  for (const [name, option] of Object.entries(ALL_OPTIONS)) {
    parser.option(name, {
      type: option.value === undefined ? 'boolean' : 'string',
      alias: [option.short, option.alias].filter((other) => other !== undefined),
    });
  }
  return parser.parseSync() as unknown as Parsed;
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** Whether a word after a single dash can be many short options: switches, of which the last may take a value. */
function isCluster(letters: string): boolean {
  const options = Array.from(letters, (letter) => namedBy(letter)?.[1]);
  return options.every((option, at) => option && (option.value === undefined || at === letters.length - 1));
}

/** A long option with one dash too few: `-users` would be five short ones. */
function oneDashIn(args: readonly string[]): string | undefined {
  const end = args.indexOf('--');
  const words = (end < 0 ? args : args.slice(0, end)).map((arg) => /^-([a-z][a-z-]+)(?:=.*)?$/is.exec(arg)?.[1]);
  return words.find((letters) => letters !== undefined && !isCluster(letters));
}

/** `-u=` is read as an option that is called `=`. */
function withoutValue(args: readonly string[]): ToolError {
  const typed = args.find((arg) => /^-[a-z]=/i.test(arg)) ?? '-=';
  const [name, option] = namedBy(typed[1]) ?? [];
  if (name === undefined) return new ToolError(`unknown option ${typed.slice(0, 2)}.`);
  return new ToolError(`${typed} has no value.`, {
    hint: `Write -${option!.short} ${option!.value}, or --${name}=${option!.value}.`,
  });
}

/** @param typed as it was typed, with its dashes */
function unknownOption(typed: string, value: unknown, args: readonly string[], command: CommandName): ToolError {
  if (typed === dashed('=')) return withoutValue(args);
  const word = typed.replace(/^-+/, '');
  const foreign = foreignTo(command, word);
  if (foreign)
    return new ToolError(`unknown option ${typed}.`, { hint: foreign(typeof value === 'string' ? quoted(value) : '') });
  const names = Object.entries(ALL_OPTIONS)
    .filter(([, option]) => takes(option, command))
    .flatMap(([name, { alias }]) => (alias ? [name, alias] : [name]));
  const meant = nearest(word, names);
  const hint = meant ? `Did you mean --${meant}?` : `loadtest ${command} --help lists what there is.`;
  return new ToolError(`unknown option ${quoted(typed)}.`, { hint });
}

/** What another tool's name is called here. */
const foreignTo = (command: CommandName, key: string): ((value: string) => string) | undefined =>
  command === 'run' && Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : undefined;

const takes = (option: Option, command: CommandName): boolean => option.commands.includes(command);

/** The texts of an option, or its being on. */
function valuesOf(name: string, option: Option, given: unknown): string[] | boolean {
  const all = Array.isArray(given) ? given : [given];
  // A repeated switch says the same twice; the last of `--quiet --quiet=false` counts.
  if (option.value === undefined) return all.at(-1) === true;
  const texts = all.map(String);
  if (option.repeat) return texts;
  if (texts.length > 1) {
    const word = texts.length === 2 ? 'twice' : `${texts.length} times`;
    throw new ToolError(`--${name} is given ${word}: ${texts.map(quoted).join(' and ')}.`, { hint: 'Give it once.' });
  }
  return texts;
}

/** Commands that have their names, and come with a later version. */
const LATER: ReadonlySet<string> = new Set(['soak', 'capacity', 'compare', 'merge']);

/** Which command is meant: `run` may be left out. */
function commandOf(words: string[], scenarios: readonly string[]): [CommandName, string[]] {
  const [first, ...others] = words;
  if (first === undefined) return ['run', []];
  if (COMMAND_NAMES.includes(first as CommandName)) return [first as CommandName, others];
  if (!/^[a-z-]+$/i.test(first) || scenarios.includes(first)) return ['run', words];
  if (LATER.has(first)) {
    throw new ToolError(`${first} is not part of this version yet.`, {
      hint: 'loadtest --help lists the commands that are.',
    });
  }
  const meant = nearest(first, [...COMMAND_NAMES, ...scenarios]);
  throw new ToolError(`no command and no scenario is called ${quoted(first)}.`, {
    hint: meant ? `Did you mean ${meant}?` : 'loadtest --help lists the commands, loadtest scenarios the scenarios.',
  });
}

/**
 * Takes a command line apart, and refuses what no command knows before anything is started.
 * @param scenarios names that may stand where a command does
 * @throws ToolError (104) for an unknown command or option, an option of another command, a repeated single option
 */
export function parseArguments(args: readonly string[], scenarios: readonly string[]): CommandLine {
  let parsed: Parsed;
  try {
    parsed = tokens(args);
  } catch {
    // yargs itself trips over names that every object has, such as --constructor.
    const typed = args.find((arg) => /^--?\w/.test(arg) && !Object.hasOwn(ALL_OPTIONS, arg.replace(/^-+|=.*$/g, '')));
    throw new ToolError(`unknown option ${quoted(typed ?? args.join(' '))}.`, {
      hint: 'loadtest --help lists what there is.',
    });
  }
  const { _: words, $0: _program, '--': rest, ...given } = parsed;
  const [command, operands] = commandOf(words, scenarios);
  refuseValues(args);
  const word = oneDashIn(args);
  if (word !== undefined) throw unknownOption(`-${word}`, undefined, args, command);
  const flags = new Map<string, string[] | boolean>();
  for (const [key, value] of Object.entries(given)) {
    const option = Object.hasOwn(ALL_OPTIONS, key) ? ALL_OPTIONS[key] : undefined;
    const known = option && takes(option, command);
    if (!option || (!known && foreignTo(command, key))) throw unknownOption(dashed(key), value, args, command);
    if (!known) {
      throw new ToolError(`${command} has no option --${key}: it belongs to loadtest ${option.commands.join(', ')}.`);
    }
    flags.set(key, valuesOf(key, option, value));
  }
  return { command, operands: [...operands, ...((rest as string[] | undefined) ?? [])], flags };
}
