import { quoted } from '../core/quoted.ts';
import { randomInt } from 'node:crypto';
import { dirname, join } from 'node:path';
import { check as lookAt, WAIT_MS } from '../checks/check.ts';
import type { Watcher } from '../checks/carry-out.ts';
import { LAYERS, type Carried, type LayerName } from '../checks/step.ts';
import { EXIT, ToolError, type ExitCode } from '../core/errors.ts';
import { notRunLines, repeats, stepLines } from '../reporters/check-terminal.ts';
import { layerTitle } from '../reporters/checked.ts';
import { screenOf, type Screen } from '../reporters/screen.ts';
import { outcomeLines } from '../reporters/terminal.ts';
import { discardFolder, makeFolder } from '../result/store.ts';
import { configFor } from './config-file.ts';
import { pagePath, writeReports } from './files.ts';
import { openPage } from './open-page.ts';
import { targetOf } from './request.ts';
import type { Settings } from './options.ts';
import { settingsOf } from './settings.ts';
import { remarkUnusedToken, stoppedBy, type Command, type Shell } from './shell.ts';

/** The layered checks of a server, with a diagnosis. */
export const check: Command = async (line, shell) => {
  if (line.operands.length > 0) {
    throw new ToolError(`check takes options only, not ${quoted(line.operands[0]!)}.`, {
      hint: 'The server is --url ws://HOST:PORT.',
    });
  }
  const settings = settingsOf(line, shell.env, await configFor(line, shell));
  refuseContradictions(settings);
  const target = targetOf(settings);
  if (!target) remarkUnusedToken(shell, 'the bundled server asks for none');
  const run = {
    id: randomInt(36 ** 6)
      .toString(36)
      .padStart(6, '0'),
    started_at: new Date().toISOString(),
  };
  const stream = settings.json ? shell.stderr : shell.stdout;
  const screen = screenOf(stream, !settings['no-color'], shell.env);
  const stop = new AbortController();
  const deaf = shell.onSignal((signal) => {
    if (stop.signal.aborted) {
      discardFolder(folder);
      process.exit(EXIT.interrupted);
    }
    stop.abort(stoppedBy(signal));
  });
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
    const path = pagePath(folder, settings.out, shell.folder);
    const page = settings.report.includes('html') && !failure ? path : undefined;
    const file = settings.report.includes('json') && !failure ? join(dirname(path), 'result.json') : undefined;
    const context = { ...screen, exit, ...(page !== undefined && { page }), ...(file !== undefined && { file }) };
    stream.write(`${settings.quiet ? '' : '\n'}${outcomeLines(result, context)}`);
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

/** Settings that are each right and not right together. */
function refuseContradictions({ url, start, ca, cert, key, subprotocol, header, open, report }: Settings): void {
  if (url.length > 1) throw new ToolError('check looks at one server: give --url once.');
  const given = { header: header[0], subprotocol: subprotocol[0], ca, cert, key };
  const idle = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (idle !== undefined && url.length === 0 && start === undefined) {
    throw new ToolError(`--${idle} is about a server of yours, and there is none.`, {
      hint: 'Add --url ws://HOST:PORT.',
    });
  }
  if (open && !report.includes('html')) throw new ToolError('--open opens the page, and --report leaves html out.');
}

/** A line as each step ends. */
function ticks(stream: Shell['stdout'], screen: Screen): Watcher {
  let last: LayerName | undefined;
  let before: Carried | undefined;
  const name = (layer: LayerName): string => {
    const isFirst = layer !== last;
    last = layer;
    return isFirst ? layerTitle({ layer, number: LAYERS[layer].number }) : '';
  };
  const write = (lines: string[]): void => void stream.write(`${lines.join('\n')}\n`);
  return {
    step(step) {
      if (!repeats(step, before)) write(stepLines(step, name(step.layer), screen));
      before = step;
    },
    notRun: (layer, below) => {
      const rests = layerTitle({ layer: below, number: LAYERS[below].number });
      write(notRunLines(name(layer), `not run: rests on ${rests}`, screen));
    },
  };
}
