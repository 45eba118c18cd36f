import type { ExitCode } from '../core/errors.ts';
import { standBack } from '../engine/priority.ts';
import { presentable, screenOf } from '../reporters/screen.ts';
import type { CommandLine } from './parse.ts';
import { wrap } from './wrap.ts';

/** What a command may use of the process it runs in, so that tests can be the process. */
export interface Shell {
  /** For what was asked for: a result, a list. */
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** For everything else where standard output is spoken for. */
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  env: NodeJS.ProcessEnv;
  /** The folder in which relative paths begin. */
  folder: string;
  /**
   * Calls `handler` for each stop, by SIGINT, SIGTERM or SIGHUP, until the function that it returns is called. Before
   * and after that a stop ends the process at once.
   */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
  /** From now on the process leaves the cores to those that it has started. */
  standBack(): void;
}

/** Says on standard error what somebody should know of what they wrote, and goes on. */
export function remark({ stderr, env }: Shell, sentence: string): void {
  stderr.write(`${wrap(presentable(`loadtest: ${sentence}`, screenOf(stderr, true, env)))}\n`);
}

/** Says where a token is there and nobody is sent it. */
export function remarkUnusedToken(shell: Shell, why: string): void {
  if (shell.env['LOADTEST_TOKEN']?.trim()) remark(shell, `LOADTEST_TOKEN is not used: ${why}.`);
}

/** A command of the program. */
export type Command = (line: CommandLine, shell: Shell) => Promise<ExitCode>;

/** Whoever is told that the process is to stop: one at a time (main.ts). */
export interface Stops {
  told(signal: NodeJS.Signals): void;
}

/** A stop in a person's words. */
export const stoppedBy = (signal: NodeJS.Signals): string =>
  signal === 'SIGINT' ? 'stopped by Ctrl+C' : `stopped by ${signal}`;

/** The shell of this process. */
export const processShell = (stops: Stops): Shell => ({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  standBack: () => standBack('all'),
  onSignal(handler) {
    const { told } = stops;
    stops.told = handler;
    return () => {
      stops.told = told;
    };
  },
});
