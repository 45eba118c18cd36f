import { EXIT, type ExitCode } from '../core/errors.ts';
import { scenarioNames } from '../engine/loader.ts';
import { toolVersion } from '../engine/programs.ts';
import { screenOf, shown } from '../reporters/screen.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, generalHelp } from './help.ts';
import { parseArguments } from './parse.ts';
import type { Shell } from './shell.ts';

/** Carries out one command line. */
export async function commandLine(args: readonly string[], shell: Shell): Promise<ExitCode> {
  const line = parseArguments(args, scenarioNames());
  if (line.flags.get('help')) {
    const general = line.command === 'run' && args[0] !== 'run';
    const text = general ? generalHelp() : commandHelp(line.command);
    shell.stdout.write(shown(text, screenOf(shell.stdout, false, shell.env)));
    return EXIT.pass;
  }
  if (line.flags.get('version')) {
    shell.stdout.write(`${toolVersion()}\n`);
    return EXIT.pass;
  }
  const command = await COMMANDS[line.command].load();
  return command(line, shell);
}
