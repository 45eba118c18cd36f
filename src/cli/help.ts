import { COMMANDS } from './commands.ts';
import { COMMAND_NAMES, GROUPS, type CommandName, type Group, type Option } from './option.ts';
import { ALL_OPTIONS } from './options.ts';
import { columns } from './wrap.ts';

const TITLES: Record<Group, string> = {
  target: 'Target',
  load: 'Load',
  time: 'Time',
  workers: 'Generator',
  judging: 'Judging',
  output: 'Output',
  limits: 'Limits',
  general: 'General',
};

/** `-u, --users N` */
export function optionHead(name: string, option: Option): string {
  const short = option.short ? `-${option.short}, ` : '';
  return `${short}--${name}${option.value === undefined ? '' : ` ${option.value}`}`;
}

/** The default in words, if there is one. */
export function defaultOf(option: Option): string | undefined {
  return option.value === undefined ? undefined : (option.initial ?? option.otherwise);
}

/** What an option is for, with its default and where else it can come from. */
function aboutOption(option: Option): string {
  const usual = defaultOf(option);
  const notes = [usual && `default ${usual}`, option.env && `or ${option.env}`].filter(Boolean);
  return `${option.about}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

/** An option as one command means it. */
function meantIn(option: Option, command: CommandName): Option {
  const about = option.otherwiseIn?.[command];
  if (about === undefined) return option;
  if (option.value === undefined) return { ...option, about };
  const { initial: _, otherwise: __, ...rest } = option;
  return { ...rest, about };
}

/** The options of a command, by group. */
export function optionsOf(command: CommandName): [Group, [string, Option][]][] {
  const all = Object.entries(ALL_OPTIONS)
    .filter(([, option]) => option.commands.includes(command))
    .map(([name, option]): [string, Option] => [name, meantIn(option, command)]);
  return GROUPS.map((group): [Group, [string, Option][]] => [
    group,
    all.filter(([, option]) => option.group === group),
  ]).filter(([, options]) => options.length > 0);
}

const examplesOf = (examples: readonly (readonly [string, string])[]): string =>
  examples.map(([line, says]) => `  ${line}\n      ${says}`).join('\n');

/** `loadtest COMMAND --help`: everything that the command takes. */
export function commandHelp(name: CommandName): string {
  const { usage, about, examples } = COMMANDS[name];
  const groups = optionsOf(name).map(([group, options]) => {
    const rows = options.map(([option, entry]) => [optionHead(option, entry), aboutOption(entry)] as const);
    return `${TITLES[group]}\n${columns(rows)}`;
  });
  return `${usage}\n\n${about}.\n\nExamples\n${examplesOf(examples)}\n\n${groups.join('\n\n')}\n`;
}

/** `loadtest --help`: the commands, and how to go on. */
export function generalHelp(): string {
  const rows = COMMAND_NAMES.map((name) => [name, COMMANDS[name].about] as const);
  return (
    [
      'Load testing for real-time collaboration servers.',
      `Commands\n${columns(rows)}`,
      `Examples\n${examplesOf(COMMAND_NAMES.flatMap((name) => COMMANDS[name].examples.slice(0, name === 'run' ? 3 : 0)))}`,
      'loadtest COMMAND --help lists the options of a command, loadtest run --help all\nof the load. Outside of a clone write npx collab-loadtest for loadtest.',
    ].join('\n\n') + '\n'
  );
}
