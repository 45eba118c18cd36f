import { execute } from '../engine/execute.ts';
import { loadScenario } from '../engine/loader.ts';
import { readMachine } from '../engine/machine.ts';
import type { Interval } from '../core/record.ts';
import { ToolError } from '../core/errors.ts';
import type { Result } from '../result/result.ts';
import { discardFolder, makeFolder } from '../result/store.ts';
import { configOf, type Config } from './config.ts';
import { writeReports } from './files.ts';
import { decide } from './request.ts';
import { DEFAULT_SCENARIO } from './run.ts';
import { settingsOf } from './settings.ts';

/** What may be done with a run while it goes on. */
export interface RunHooks {
  /** Stops the sending, lets what is under way arrive, and judges what there is. */
  signal?: AbortSignal;
  /** Once a second: what was seen in it. */
  onRecord?: (record: Interval) => void;
}

/** {@link run} of the public interface. */
export async function runOptions(options: Config, { signal, onRecord }: RunHooks): Promise<Result> {
  const config = configOf(options, 'the options of run()', 'The object given to run()');
  const scenario = await loadScenario(config.scenario ?? DEFAULT_SCENARIO);
  const settings = settingsOf({ command: 'run', operands: [], flags: new Map() }, {}, config, scenario.spec);
  const idle = (['dry-run', 'open', 'no-fail'] as const).find((name) => settings[name]);
  if (idle !== undefined) throw new ToolError(`${idle} is for the command line: run() has no use for it.`);
  const { request } = decide(settings, scenario, readMachine());
  const { run, plan } = request;
  const folder = options.out === undefined ? undefined : makeFolder(settings.out, run, plan.scenario, plan.shard);
  try {
    const { result } = await execute(
      { ...request, ...(folder !== undefined && { folder }) },
      { observer: { ...(onRecord && { interval: onRecord }) }, ...(signal && { stop: signal }) },
    );
    const failure = folder === undefined ? undefined : writeReports(folder, result, settings.report);
    if (failure) throw new ToolError(failure);
    return result;
  } catch (error) {
    if (folder !== undefined) discardFolder(folder);
    throw error;
  }
}
