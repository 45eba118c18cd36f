import type { ExitCode } from '../core/errors.ts';
import { standBack } from '../engine/priority.ts';
import type { CommandLine } from './parse.ts';

/** What a command may use of the process it runs in, so that tests can be the process. */
export interface Shell {
  /** For what was asked for: a result, a list. */
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** For everything else where standard output is spoken for. */
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  env: NodeJS.ProcessEnv;
  /** The folder in which relative paths begin. */
  folder: string;
  /** Calls `handler` for each SIGINT, SIGTERM and SIGHUP until the function that it returns is called. */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
  /** From now on the process leaves the cores to those that it has started. */
  standBack(): void;
}

/** A command of the program. */
export type Command = (line: CommandLine, shell: Shell) => Promise<ExitCode>;

/** The shell of this process. */
export const processShell: Shell = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  standBack: () => standBack('all'),
  onSignal(handler) {
    process.on('SIGINT', handler);
    process.on('SIGTERM', handler);
    process.on('SIGHUP', handler);
    return () => {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
      process.off('SIGHUP', handler);
    };
  },
};
