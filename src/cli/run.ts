import { EXIT, ToolError, type ExitCode } from '../core/errors.ts';
import { execute } from '../engine/execute.ts';
import { loadScenario } from '../engine/loader.ts';
import { readMachine } from '../engine/machine.ts';
import type { Executed, RunObserver } from '../engine/request.ts';
import { discardFolder, makeFolder } from '../result/store.ts';
import { readConfig } from './config.ts';
import { planText } from './dry-run.ts';
import type { Settings } from './options.ts';
import type { CommandLine } from './parse.ts';
import { decide, type Decided } from './request.ts';
import { screenOf } from './screen.ts';
import { settingsOf } from './settings.ts';
import type { Command, Shell } from './shell.ts';

/** The scenario of those who name none. */
const DEFAULT_SCENARIO = 'steady';

/** The main job: simulated users in sessions, measured, judged, reported. */
export const run: Command = async (line, shell) => {
  const { settings, decided } = await prepare(line, shell);
  if (settings['dry-run']) {
    shell.stdout.write(planText(decided, settings.json));
    return EXIT.pass;
  }
  const { request } = decided;
  const folder = makeFolder(settings.out, request.run, request.plan.scenario);
  const screen = screenOf(settings, request.plan, shell);
  screen.begin();
  let finished: Finished;
  try {
    finished = await carryOut({ ...decided, request: { ...request, folder } }, screen.observer, shell);
  } catch (error) {
    discardFolder(folder);
    throw error;
  } finally {
    screen.stop();
  }
  const exitCode = exitOf(finished, settings['no-fail']);
  await screen.end(finished.executed.result, folder, exitCode);
  return exitCode;
};

/** Decides everything, and starts nothing. */
async function prepare(line: CommandLine, shell: Shell): Promise<{ settings: Settings; decided: Decided }> {
  if (line.operands.length > 1) {
    throw new ToolError(`run takes one scenario, not ${line.operands.join(' and ')}.`, {
      hint: 'A scenario may mix kinds of users by share: loadtest init writes one.',
    });
  }
  const named = line.flags.get('config');
  const config = await readConfig(Array.isArray(named) ? named[0] : undefined, shell.folder);
  const scenario = await loadScenario(line.operands[0] ?? config?.scenario ?? DEFAULT_SCENARIO);
  const settings = settingsOf(line, shell.env, config, scenario.spec);
  return { settings, decided: decide(settings, scenario, readMachine()) };
}

interface Finished {
  executed: Executed;
  /** Stopped by a signal. */
  interrupted: boolean;
}

/** The first signal stops the sending and lets the run end; the second ends it at once. */
async function carryOut({ request }: Decided, observer: RunObserver, shell: Shell): Promise<Finished> {
  const stop = new AbortController();
  const kill = new AbortController();
  const deaf = shell.onSignal((signal) => {
    if (stop.signal.aborted) kill.abort(signal);
    else stop.abort(signal === 'SIGINT' ? 'stopped by Ctrl+C' : `stopped by ${signal}`);
  });
  try {
    const executed = await execute(request, { observer, stop: stop.signal, kill: kill.signal });
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
