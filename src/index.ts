/**
 * The programmatic interface of collab-loadtest: what stands here is meant to be used, and nothing else is.
 * @module
 */
export { defineScenario } from './scenario/define.ts';
export type { Arrivals, Edits, Mix, Scenario, ScenarioDefaults, ScenarioSpec, UserKind } from './scenario/define.ts';
export type { Result } from './result/result.ts';
