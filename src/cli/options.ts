import { loadOptions } from './load-options.ts';
import { checkOptions } from './check-options.ts';
import type { Option, Settled } from './option.ts';
import { asText, listOf } from './readers.ts';
import { limitOptions, serverOptions } from './serve-options.ts';
import { watchOptions } from './watch-options.ts';

/** The formats of `--report`, in the order in which they are written. */
export const REPORT_FORMATS = ['html', 'json', 'junit', 'markdown', 'csv'] as const;

const RUN = ['run'] as const;
const TALKING = ['run', 'check', 'report'] as const;
const CONFIGURED = ['run', 'check', 'watch', 'report'] as const;
const EVERY = ['run', 'check', 'watch', 'report', 'serve', 'echo', 'scenarios', 'init'] as const;

/**
 * Every option: the one table from which the parser, the help, the config file and its schema, the settings' types and
 * docs/options.md are made.
 */
export const OPTIONS = {
  ...loadOptions,

  out: {
    group: 'output',
    commands: TALKING,
    short: 'o',
    value: 'FOLDER',
    read: asText,
    initial: 'reports',
    about: 'Where runs are kept, each in a folder of its own',
  },
  report: {
    group: 'output',
    commands: TALKING,
    value: 'FORMATS',
    read: listOf(...REPORT_FORMATS),
    initial: 'html,json,junit,markdown',
    about: 'What is written, out of html, json, junit, markdown and csv',
    example: '--report json,junit',
  },
  open: { group: 'output', commands: TALKING, about: 'Opens the page in the browser at the end' },
  'no-fail': { group: 'output', commands: RUN, about: 'Exits with 0 whatever the verdict' },
  'dry-run': { group: 'output', commands: RUN, about: 'Prints what the run would need, and refuses what cannot fit' },

  config: {
    group: 'general',
    commands: CONFIGURED,
    value: 'FILE',
    read: asText,
    otherwise: 'loadtest.config.ts, .js or .json here',
    about: 'File with options of yours',
  },
  quiet: {
    group: 'general',
    commands: EVERY,
    short: 'q',
    about: 'Prints the outcome and nothing else',
    otherwiseIn: { watch: 'Prints what was seen in all, at the end, and nothing else' },
  },
  json: {
    group: 'general',
    commands: EVERY,
    about: 'Prints the result as JSON on standard output, and nothing else there',
    otherwiseIn: {
      watch: 'Prints the recording on standard output, a line as each thing happens; words go to standard error',
    },
  },
  'no-color': { group: 'general', commands: EVERY, about: 'Prints without colours, as NO_COLOR does' },
  help: { group: 'general', commands: EVERY, short: 'h', about: 'Prints this' },
  version: { group: 'general', commands: EVERY, about: 'Prints the version' },
  ...checkOptions,
  ...watchOptions,
  ...serverOptions,
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

/** All settings, each read and checked. */
export type Settings = { -readonly [Name in OptionName]: Settled<(typeof OPTIONS)[Name]> };

/** Every option there is, with the server's limits, which the server's own table holds. */
export const ALL_OPTIONS: Readonly<Record<string, Option>> = { ...OPTIONS, ...limitOptions };

/** What may stand in a config file: all that shapes a run. */
export const CONFIG_NAMES = (Object.keys(OPTIONS) as OptionName[]).filter(
  (name) => OPTIONS[name].commands.some((command) => command === 'run') && OPTIONS[name].group !== 'general',
);
