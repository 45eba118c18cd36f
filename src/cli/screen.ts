import type { ExitCode } from '../core/errors.ts';
import type { RunObserver } from '../engine/request.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result/result.ts';
import { writeResult } from '../result/store.ts';
import type { Settings } from './options.ts';
import type { Shell } from './shell.ts';

/** What a person sees of a run, and the files that are made of it. */
export interface Screen {
  observer: RunObserver;
  begin(): void;
  /** No more progress: the run is over, or broke off. */
  stop(): void;
  /** Writes the reports, and prints the outcome. */
  end(result: Result, folder: string, exitCode: ExitCode): Promise<void>;
}

export function screenOf(settings: Settings, _plan: Plan, shell: Shell): Screen {
  return {
    observer: {},
    begin: () => undefined,
    stop: () => undefined,
    end(result, folder, exitCode) {
      writeResult(folder, result);
      shell.stdout.write(
        settings.json ? `${JSON.stringify(result)}\n` : `${result.outcome} ${result.summary} (exit ${exitCode})\n`,
      );
      return Promise.resolve();
    },
  };
}
