import type { Reader } from './readers.ts';

/** The commands of the program, in the order in which help lists them. */
export const COMMAND_NAMES = ['run', 'check', 'watch', 'report', 'serve', 'echo', 'scenarios', 'init'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** The groups of options, in the order in which help lists them. */
export const GROUPS = ['target', 'load', 'time', 'workers', 'judging', 'output', 'limits', 'general'] as const;
export type Group = (typeof GROUPS)[number];

interface Common {
  group: Group;
  commands: readonly CommandName[];
  /** A sentence without its full stop. */
  about: string;
  /** The same for a command to which it means something else, and in which it has no default. */
  otherwiseIn?: Partial<Record<CommandName, string>>;
  short?: string;
  /** Another name for the same. */
  alias?: string;
  /** An environment variable that gives it where no flag does. */
  env?: string;
}

/** An option that takes a value. */
export interface ValueOption extends Common {
  /** What the value is called in help: `N`, `TIME`. */
  value: string;
  read: Reader<unknown>;
  /** May be given several times, each adding a value. */
  repeat?: boolean;
  /** The default, as one would write it. */
  initial?: string;
  /** What help says where the default is nothing that one could write: `random`. */
  otherwise?: string;
  example?: string;
}

/** An option that is there or is not. */
export interface Switch extends Common {
  value?: undefined;
}

export type Option = ValueOption | Switch;

/** What an option is once it is read. One with a default is always there. */
export type Settled<O> = O extends { read: Reader<infer T> }
  ? O extends { repeat: true }
    ? T[]
    : O extends { initial: string }
      ? T
      : T | undefined
  : boolean;
