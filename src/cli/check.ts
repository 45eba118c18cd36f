import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { check as lookAt, WAIT_MS } from '../checks/check.ts';
import type { Watcher } from '../checks/carry-out.ts';
import { LAYERS, type Carried, type LayerName } from '../checks/step.ts';
import { EXIT, EXIT_MEANING, ToolError, type ExitCode } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';
import { paletteOf, presentable, screenOf, wrapped, type Screen } from '../reporters/screen.ts';
import type { Result } from '../result/result.ts';
import { discardFolder, makeFolder } from '../result/store.ts';
import { pagePath, writeReports } from './files.ts';
import { openPage } from './open-page.ts';
import { targetOf } from './request.ts';
import { settingsOf } from './settings.ts';
import type { Command, Shell } from './shell.ts';

/** The layered checks of a server, with a diagnosis. */
export const check: Command = async (line, shell) => {
  if (line.operands.length > 0) {
    throw new ToolError(`check takes options only, not ${line.operands[0]}.`, {
      hint: 'The server is --url ws://HOST:PORT.',
    });
  }
  const settings = settingsOf(line, shell.env);
  if (settings.url.length > 1) throw new ToolError('check looks at one server: give --url once.');
  const target = targetOf(settings);
  const run = {
    id: randomInt(36 ** 6)
      .toString(36)
      .padStart(6, '0'),
    started_at: new Date().toISOString(),
  };
  const stream = settings.json ? shell.stderr : shell.stdout;
  const screen = screenOf(stream, !settings['no-color'], shell.env);
  const stop = new AbortController();
  const deaf = shell.onSignal((signal) =>
    stop.abort(signal === 'SIGINT' ? 'stopped by Ctrl+C' : `stopped by ${signal}`),
  );
  const folder = makeFolder(settings.out, run, 'check');
  try {
    const request = {
      run,
      for_ms: settings.for,
      wait_ms: WAIT_MS,
      qt: settings.qt,
      ...(target && { target }),
      ...(settings.start !== undefined && { start: settings.start }),
      ...(settings.layer !== undefined && { layer: settings.layer }),
    };
    const result = await lookAt(request, settings.quiet ? {} : ticks(stream, screen), stop.signal);
    const failure = writeReports(folder, result, settings.report);
    if (failure) shell.stderr.write(`loadtest: ${failure}\n`);
    const exit: ExitCode = stop.signal.aborted ? EXIT.interrupted : EXIT[result.outcome];
    const page =
      settings.report.includes('html') && !failure ? pagePath(folder, settings.out, shell.folder) : undefined;
    const file = settings.report.includes('json') ? fileFor(folder, shell) : undefined;
    stream.write(conclusion(result, screen, exit, page, file));
    if (settings.json) shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    if (settings.open && page !== undefined) await openPage(page, shell);
    return exit;
  } catch (error) {
    discardFolder(folder);
    if (stop.signal.aborted) throw new ToolError('Stopped before anything was seen.', { exitCode: EXIT.interrupted });
    throw error;
  } finally {
    deaf();
  }
};

const fileFor = (folder: string, shell: Shell): string => {
  const path = `${relative(shell.folder, folder) || '.'}/result.json`;
  return path.startsWith('..') ? `${folder}/result.json` : path;
};

const NAME_COLUMNS = 14;
const TITLES: Record<LayerName, string> = {
  reach: 'reach',
  protocol: 'protocol',
  qt: 'Qt',
  server: 'server',
  workflow: 'workflow',
  load: 'small load',
};
const label = (layer: LayerName): string => `${LAYERS[layer].number} ${TITLES[layer]}`.padEnd(NAME_COLUMNS);

/** A line as each step ends. */
function ticks(stream: Shell['stdout'], screen: Screen): Watcher {
  const { mark, tint, dim } = paletteOf(screen);
  let last: LayerName | undefined;
  const lead = (layer: LayerName): string => (layer === last ? ' '.repeat(NAME_COLUMNS) : label(layer));
  const write = (text: string, indent: number, first: string): void => {
    stream.write(`${wrapped(presentable(text, screen), first, indent).join('\n')}\n`);
  };
  return {
    step(step: Carried) {
      const sign = step.standing === 'skip' ? '-' : mark[step.standing];
      const lines = wrapped(
        presentable(`${step.says}${step.took_ms >= 1000 ? ` (${formatDuration(step.took_ms)})` : ''}`, screen),
        `${lead(step.layer)}${sign} `,
        NAME_COLUMNS + 2,
      );
      const colour = step.standing === 'skip' ? dim : tint[step.standing];
      lines[0] = lines[0]!.slice(0, NAME_COLUMNS) + colour(sign) + lines[0]!.slice(NAME_COLUMNS + 1);
      stream.write(`${lines.join('\n')}\n`);
      // Columns are kept: what was tried stands in a table.
      if (step.standing !== 'pass' && step.standing !== 'skip') {
        for (const one of step.evidence) stream.write(`${' '.repeat(NAME_COLUMNS + 2)}${presentable(one, screen)}\n`);
      }
      last = step.layer;
    },
    notRun(layer, rests_on) {
      write(`not run: rests on ${LAYERS[rests_on].number}`, NAME_COLUMNS + 2, `${lead(layer)}${mark.unknown} `);
      last = layer;
    },
  };
}

const WORDS = { pass: 'PASS', fail: 'FAIL', inconclusive: 'UNKNOWN' } as const;

/** The diagnosis, and the outcome next to the prompt. */
function conclusion(result: Result, screen: Screen, exit: ExitCode, page?: string, file?: string): string {
  const { bold, tint } = paletteOf(screen);
  const word = WORDS[result.outcome];
  const standing = result.outcome === 'inconclusive' ? 'unknown' : result.outcome;
  const width = Math.max(word.length, 6);
  const lines: string[] = [''];
  const row = (name: string, text: string): void => {
    lines.push(...wrapped(presentable(text, screen), ` ${name.padEnd(width)} `, width + 2));
  };
  row(word, result.summary);
  lines[1] = ` ${bold(tint[standing](word))}${lines[1]!.slice(word.length + 1)}`;
  const { diagnosis = [], server_output: output = [] } = result.check ?? {};
  const cause = diagnosis.find(({ kind }) => kind === 'cause');
  if (cause && result.outcome === 'fail') {
    row('why', cause.why);
    if (cause.likely !== undefined) row('likely', cause.likely);
    const said = output.findLast((one) => /error|exception/i.test(one)) ?? output.at(-1);
    const steps = said === undefined ? cause.do : [`the server’s own output says: ${said}`, ...cause.do];
    for (const [at, what] of steps.entries()) {
      lines.push(
        ...wrapped(presentable(`${at + 1} ${what}`, screen), ` ${(at === 0 ? 'do' : '').padEnd(width)} `, width + 4),
      );
    }
    if (cause.not !== undefined) row('not', cause.not);
  }
  for (const note of diagnosis.filter(({ kind }) => kind === 'note')) row('note', `${note.what} ${note.do[0]!}.`);
  if (page !== undefined) row('page', page);
  if (file !== undefined && result.outcome !== 'pass') row('file', `${file}: attach it when you ask for help`);
  if (exit !== EXIT.pass) row('exit', `${exit} (${exit === EXIT.fail ? 'a check failed' : EXIT_MEANING[exit]})`);
  return `${lines.join('\n')}\n`;
}
