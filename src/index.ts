/**
 * The programmatic interface of collab-loadtest: what stands here is meant to be used, and nothing else is. Whatever is
 * heavy is loaded when it is called, as scenario files import this too.
 * @module
 */
import type { CollabServer, ServerOptions } from '../server/server.ts';
import type { Config } from './cli/config.ts';
import type { RunHooks } from './cli/programmatic.ts';
import type { Result } from './result/result.ts';

export { ToolError } from './core/errors.ts';
export { defineScenario } from './scenario/define.ts';
export { journey } from './scenario/journey.ts';
export type { Interval } from './core/record.ts';
export type { Journey, JourneyItem, JourneyMessage, JourneyOptions, JourneyUser, Walk } from './scenario/journey.ts';
export type {
  Arrivals,
  Edits,
  Mix,
  Moment,
  Scenario,
  ScenarioDefaults,
  ScenarioSpec,
  Stop,
  Storm,
  UserKind,
} from './scenario/define.ts';
export type { CollabServer, Config, Result, RunHooks, ServerOptions };

/**
 * Runs a load as `loadtest run` does, by the same options under their long names:
 * `await run({ users: 50, sessions: 5, url: 'ws://localhost:8765' })`.
 *
 * Nothing is printed, and nothing is written unless `out` is given. The verdict is `outcome` of the result.
 * @throws ToolError for an option that cannot be (its `exitCode` is 104), or where nobody could join (111)
 */
export async function run(options: Config = {}, hooks: RunHooks = {}): Promise<Result> {
  const { runOptions } = await import('./cli/programmatic.ts');
  return runOptions(options, hooks);
}

/** Starts the reference collaboration server in this process; `close()` ends it. */
export async function createServer(options: ServerOptions = {}): Promise<CollabServer> {
  const server = await import('../server/server.ts');
  return server.createServer(options);
}

/** Gives a `loadtest.config.ts` its types: `export default defineConfig({ users: 50, duration: '5m' })`. */
export const defineConfig = (config: Config): Config => config;
