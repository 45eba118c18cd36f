import { quoted } from '../core/quoted.ts';
import { writeFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { EXIT, ToolError, messageOf } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import type { Command } from './shell.ts';

/** A scenario that runs as it is, and says what can be changed. */
const template = (name: string): string => `import { defineScenario } from 'collab-loadtest';

// Run it: npx collab-loadtest run ./${name}.ts --users 20 --sessions 3
const scenario = defineScenario({
  name: '${name}',
  about: 'Say in one sentence what these people do.',

  // Kinds of users; shares are relative: here three of four edit, and one watches.
  users: [
    {
      kind: 'editor',
      share: 3,
      edits: {
        // poisson: independent of each other. even: a constant gap. Or gestures of many quick steps:
        // { pattern: 'drag', steps: [10, 60], per_second: [10, 60] }
        arrivals: { pattern: 'poisson' },
        // How often each kind of change happens, relative to the others.
        mix: { add: 1, move: 6, update: 2, remove: 1 },
      },
      // Mean cursor positions a second, beside the changes.
      cursors_per_second: 0.2,
      // Leave after about a minute, and come back about five seconds later:
      // leaves: { after_s: 60, away_s: 5 },
    },
    { kind: 'watcher', share: 1 },
  ],

  // What must hold; --threshold replaces one, metric by metric.
  thresholds: ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],

  // What this scenario would rather have than the tool's defaults; options on the command line win.
  // --rate is changes a second and user, the mean over all users, watchers included.
  defaults: { rate: 1, duration: '30s' },
});

export const { options } = scenario;
export default scenario;
`;

/** Writes a commented scenario, and never over a file that is there. */
export const init: Command = async (line, shell) => {
  if (line.operands.length > 1) throw new ToolError(`init writes one file, not ${line.operands.length}.`);
  const given = line.operands[0] ?? 'scenario.ts';
  const file = extname(given) === '' ? `${given}.ts` : given;
  if (extname(file) !== '.ts') {
    throw new ToolError(`init writes TypeScript, so ${quoted(file)} must end in .ts.`, {
      hint: 'It needs no build step.',
    });
  }
  const name =
    basename(file, '.ts')
      .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 40) || 'mine';
  try {
    writeFileSync(resolve(shell.folder, file), template(name), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new ToolError(`${quoted(file)} is there already, and stays as it is.`, {
        hint: 'Name another: loadtest init other.ts.',
      });
    }
    throw new ToolError(`${quoted(file)} cannot be written: ${messageOf(error).replaceAll(file, quoted(file))}.`, {
      cause: error,
    });
  }
  const runIt = `npx collab-loadtest run ${shellWord(/[/\\]/.test(file) ? file : `./${file}`)}`;
  if (line.flags.get('json')) shell.stdout.write(`${JSON.stringify({ file, run: runIt })}\n`);
  else if (!line.flags.get('quiet')) shell.stdout.write(`${file} is written. Run it:\n  ${runIt}\n`);
  return EXIT.pass;
};
