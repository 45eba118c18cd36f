import { quoted } from '../core/quoted.ts';
import { EXIT, ToolError, type ExitCode } from '../core/errors.ts';
import { calibrate } from '../engine/calibrate.ts';
import { execute } from '../engine/execute.ts';
import { loadScenario } from '../engine/loader.ts';
import { readMachine } from '../engine/machine.ts';
import { SCENARIO_THREW } from '../engine/scenario-errors.ts';
import { checkSources } from '../engine/sources.ts';
import type { Executed, RunObserver } from '../engine/request.ts';
import { progress } from '../live/progress.ts';
import { presentable, screenOf } from '../reporters/screen.ts';
import { outcomeLines, terminal } from '../reporters/terminal.ts';
import type { Result } from '../result/result.ts';
import { discardFolder, makeFolder } from '../result/store.ts';
import { configFor } from './config-file.ts';
import { planText } from './dry-run.ts';
import { pagePath, writeReports } from './files.ts';
import type { Settings } from './options.ts';
import type { CommandLine } from './parse.ts';
import { openPage } from './open-page.ts';
import { decide, type Decided } from './request.ts';
import { settingsOf } from './settings.ts';
import { remarkUnusedToken, stoppedBy, type Command, type Shell } from './shell.ts';
import { wrap } from './wrap.ts';

/** The scenario of those who name none. */
export const DEFAULT_SCENARIO = 'steady';

/** The main job: simulated users in sessions, measured, judged, reported. */
export const run: Command = async (line, shell) => {
  const { settings, decided } = await prepare(line, shell);
  if (settings['dry-run']) {
    const { source_addresses, loopback_sources } = decided.request;
    await checkSources(source_addresses ?? loopback_sources ?? [], settings.url);
    shell.stdout.write(planText(decided, settings.json, screenOf(shell.stdout, false, shell.env), await calibrate()));
    return EXIT.pass;
  }
  const { request } = decided;
  const folder = makeFolder(settings.out, request.run, request.plan.scenario, request.plan.shard);
  let finished: Finished;
  const watch = watchOf(settings, decided, shell);
  try {
    finished = await carryOut({ ...decided, request: { ...request, folder } }, watch, shell);
  } catch (error) {
    discardFolder(folder);
    throw error;
  } finally {
    watch.close();
  }
  const exitCode = exitOf(finished, settings['no-fail']);
  await tell(finished.executed.result, folder, exitCode, settings, shell);
  return exitCode;
};

/** The progress, where it disturbs nothing: on standard error where standard output is for the result alone. */
function watchOf({ quiet, json, ...settings }: Settings, { request }: Decided, shell: Shell): Watch {
  if (quiet) return { close: () => undefined };
  const stream = json ? shell.stderr : shell.stdout;
  const screen = screenOf(stream, !settings['no-color'], shell.env);
  return progress(request.plan, request.run, stream, screen, shell.env);
}

type Watch = RunObserver & { stopping?(): void; close(): void };

/** Writes the reports, and says how it ended: the outcome last, next to the prompt. */
async function tell(result: Result, folder: string, exit: ExitCode, settings: Settings, shell: Shell): Promise<void> {
  const failure = writeReports(folder, result, settings.report);
  if (failure) shell.stderr.write(`${wrap(`loadtest: ${failure}`)}\n`);
  const page = settings.report.includes('html') && !failure ? pagePath(folder, settings.out, shell.folder) : undefined;
  const screen = screenOf(shell.stdout, !settings['no-color'], shell.env);
  const context = { ...screen, exit, ...(page !== undefined && { page }) };
  const threw = settings.quiet && result.events.find(({ kind }) => kind === SCENARIO_THREW);
  if (threw) shell.stderr.write(`loadtest: ${presentable(threw.text, screen)}.\n`);
  if (settings.json) shell.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else shell.stdout.write(settings.quiet ? outcomeLines(result, context) : terminal(result, context));
  if (settings.open && page !== undefined) await openPage(page, shell);
}

/** Decides everything, and starts nothing. */
async function prepare(line: CommandLine, shell: Shell): Promise<{ settings: Settings; decided: Decided }> {
  const config = await configFor(line, shell);
  // What was typed is looked at before a file is: a value that went astray may look like one.
  settingsOf(line, shell.env, config);
  const stray = line.operands.find((text) => /^-|^\d+(?:[.,]\d+)*[a-z%]*$/i.test(text));
  if (stray !== undefined) {
    throw new ToolError(`${quoted(stray)} is no scenario, and belongs to no option.`, {
      hint: 'An option takes one value; behind -- there are no options.',
    });
  }
  if (line.operands.length > 1) {
    throw new ToolError(`run takes one scenario, not ${line.operands.map(quoted).join(' and ')}.`, {
      hint: 'A scenario may mix kinds of users by share: loadtest init writes one.',
    });
  }
  const scenario = await loadScenario(line.operands[0] ?? config?.scenario ?? DEFAULT_SCENARIO);
  const settings = settingsOf(line, shell.env, config, scenario.spec);
  const decided = decide(settings, scenario, readMachine());
  if (!decided.request.target) remarkUnusedToken(shell, 'the bundled server asks for none');
  return { settings, decided };
}

interface Finished {
  executed: Executed;
  /** Stopped by a signal. */
  interrupted: boolean;
}

/** The first signal stops the sending and lets the run end; the second ends it at once. */
async function carryOut({ request }: Decided, observer: Watch, shell: Shell): Promise<Finished> {
  const stop = new AbortController();
  const kill = new AbortController();
  const deaf = shell.onSignal((signal) => {
    if (stop.signal.aborted) kill.abort(signal);
    else {
      observer.stopping?.();
      stop.abort(stoppedBy(signal));
    }
  });
  try {
    const started: RunObserver['started'] = (facts) => {
      shell.standBack();
      observer.started?.(facts);
    };
    const hooks = { observer: { ...observer, started }, stop: stop.signal, kill: kill.signal };
    const executed = await execute(request, hooks);
    return { executed, interrupted: stop.signal.aborted };
  } finally {
    deaf();
  }
}

/** 105 > 107 > 99 > 2 > 0; `--no-fail` forgives verdicts, and nothing else. */
export function exitOf({ executed, interrupted }: Finished, noFail: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  if (executed.scenario_threw) return EXIT.scenarioThrew;
  return noFail ? EXIT.pass : EXIT[executed.result.outcome];
}
