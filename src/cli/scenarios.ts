import { quoted } from '../core/quoted.ts';
import { EXIT, ToolError } from '../core/errors.ts';
import { listScenarios } from '../engine/loader.ts';
import type { Command } from './shell.ts';
import { columns } from './wrap.ts';

/** Lists the scenarios that come with the tool, with a sentence each. */
export const scenarios: Command = async (line, shell) => {
  if (line.operands.length > 0) {
    throw new ToolError(`scenarios takes nothing, not ${quoted(line.operands[0]!)}.`, {
      hint: 'Run one by its name: loadtest run NAME.',
    });
  }
  const specs = (await listScenarios()).map(({ spec }) => spec);
  const text = line.flags.get('json')
    ? JSON.stringify(
        specs.map(({ name, about, users, thresholds, defaults }) => ({ name, about, users, thresholds, defaults })),
        null,
        2,
      )
    : line.flags.get('quiet')
      ? specs.map(({ name }) => name).join('\n')
      : columns(specs.map(({ name, about }) => [name, about]));
  shell.stdout.write(`${text}\n`);
  return EXIT.pass;
};
