import { quoted } from '../core/quoted.ts';
import { echo as runEcho } from '../../server/echo.ts';
import { serve as runServer } from '../../server/serve.ts';
import { EXIT, ToolError } from '../core/errors.ts';
import { screenOf } from '../reporters/screen.ts';
import type { CommandLine } from './parse.ts';
import { limitsOf } from './serve-options.ts';
import { flagsOf } from './settings.ts';
import type { Command, Shell } from './shell.ts';

/** What both servers are told: where they listen, and what they print. */
function common(line: CommandLine, shell: Shell) {
  if (line.operands.length > 0) {
    throw new ToolError(`${line.command} takes options only, not ${quoted(line.operands[0]!)}.`, {
      hint: `The port is --port N: loadtest ${line.command} --help.`,
    });
  }
  const flags = flagsOf(line);
  const { host, port, debug, quiet, json } = flags;
  const color = screenOf(shell.stdout, !flags['no-color'], shell.env).colour;
  const { onSignal } = shell;
  return { flags, options: { host, port, debug, quiet, json, color, onSignal } };
}

/** The reference collaboration server, until a signal ends it. */
export const serve: Command = async (line, shell) => {
  const { flags, options } = common(line, shell);
  await runServer({ ...options, limits: limitsOf(flags), faults: flags.fault });
  return EXIT.pass;
};

/** The minimal echo server, until a signal ends it. */
export const echo: Command = async (line, shell) => {
  await runEcho(common(line, shell).options);
  return EXIT.pass;
};
