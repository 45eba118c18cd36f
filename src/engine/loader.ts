import { readdirSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { ToolError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Scenario, ScenarioSpec } from '../scenario/define.ts';
import { checkSpec } from './check-spec.ts';
import { importFile } from './module.ts';
import { builtUrl, fromSource, packageRoot } from './programs.ts';

/** A scenario, and a URL by which a worker loads it again: a file of the tool's own, or the code itself. */
export interface LoadedScenario {
  spec: ScenarioSpec;
  url: string;
}

/** The scenarios that come with the tool, by name. */
export function scenarioNames(): string[] {
  const folder = fromSource ? new URL('scenarios/', packageRoot) : builtUrl('scenarios/');
  return readdirSync(folder)
    .filter((file) => /(?<!\.test)\.(ts|js)$/.test(file))
    .map((file) => basename(file, extname(file)))
    .sort();
}

const bundledUrl = (name: string): string =>
  (fromSource ? new URL(`scenarios/${name}.ts`, packageRoot) : builtUrl(`scenarios/${name}.js`)).href;

/** Whether a person meant a file rather than the name of a scenario that comes with the tool. */
export const looksLikeFile = (text: string): boolean => /[/\\]/.test(text) || /\.[cm]?[jt]s$/.test(text);

/** What a name, a path or an earlier call's URL stands for. */
async function open(text: string): Promise<{ exports: Record<string, unknown>; url: string }> {
  if (/^(data|file):/.test(text)) return { exports: (await import(text)) as Record<string, unknown>, url: text };
  if (looksLikeFile(text)) return importFile(resolve(text), 'scenario', text);
  const names = scenarioNames();
  if (!names.includes(text)) throw unknownScenario(text, names);
  const url = bundledUrl(text);
  return { exports: (await import(url)) as Record<string, unknown>, url };
}

function unknownScenario(text: string, names: string[]): ToolError {
  const meant = nearest(text, names);
  const own = `a file of your own is named with its path, ./${text}.ts.`;
  return new ToolError(`There is no scenario ${text}.`, {
    hint: meant ? `Did you mean ${meant}? If not, ${own}` : `There are ${names.join(', ')}; ${own}`,
  });
}

/**
 * Loads a scenario: by the name of one that comes with the tool, by the path of a file, or by the URL that an earlier
 * call gave.
 * @throws ToolError (104) where it does not exist, does not parse, throws while loading, or is no scenario
 */
export async function loadScenario(text: string): Promise<LoadedScenario> {
  const { exports, url } = await open(text);
  const scenario = exports['default'] as Partial<Scenario> | undefined;
  if (scenario?.spec === undefined) {
    const what = scenario === undefined ? 'has no default export' : 'exports something else than a scenario by default';
    throw new ToolError(`The scenario ${text} ${what}.`, {
      hint: 'End it with: export default defineScenario({ … }). loadtest init writes one to start from.',
    });
  }
  checkSpec(scenario.spec, text);
  return { spec: scenario.spec, url };
}

/** All scenarios that come with the tool. */
export const listScenarios = (): Promise<LoadedScenario[]> => Promise.all(scenarioNames().map(loadScenario));
