import { readdirSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Scenario, ScenarioSpec } from '../scenario/define.ts';
import { checkSpec } from './check-spec.ts';
import { importFile } from './module.ts';
import { builtUrl, fromSource, packageRoot } from './programs.ts';

/** A scenario and where its module lies: a worker loads it again from `url`. */
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

/** The module's URL, as a name, a path or a URL says it. */
function urlOf(text: string): string {
  if (text.startsWith('file:')) return text;
  if (looksLikeFile(text)) return pathToFileURL(resolve(text)).href;
  const names = scenarioNames();
  if (names.includes(text)) return bundledUrl(text);
  const meant = nearest(text, names);
  throw new ToolError(`There is no scenario ${text}.`, {
    hint: meant
      ? `Did you mean ${meant}? A file of your own is named with its path, ./${text}.ts.`
      : `There are ${names.join(', ')}; a file of your own is named with its path, ./${text}.ts.`,
  });
}

/** A scenario's description, whether what was exported is a scenario, or the bare description of one. */
function specOf(module: Record<string, unknown>): unknown {
  const exported = module['default'] as Partial<Scenario> | undefined;
  // A CommonJS file's exports come wrapped once more.
  const inner = (exported as { default?: Partial<Scenario> } | undefined)?.default;
  return exported?.spec ?? inner?.spec;
}

/**
 * Loads a scenario: by the name of one that comes with the tool, by the path of a file, or by the URL that an earlier
 * call gave.
 * @throws ToolError (104) where it does not exist, does not parse, throws while loading, or is no scenario
 */
export async function loadScenario(text: string): Promise<LoadedScenario> {
  const url = urlOf(text);
  const file = text.startsWith('file:') ? fileURLToPath(url) : text;
  const module = await importFile(url, 'scenario');
  const spec = specOf(module);
  if (spec === undefined) {
    const what = module['default'] === undefined ? 'has no default export' : 'does not export a scenario by default';
    throw new ToolError(`The scenario ${file} ${what}.`, {
      hint: 'End it with: export default defineScenario({ … }). loadtest init writes one to start from.',
    });
  }
  checkSpec(spec, file);
  return { spec, url };
}

/** All scenarios that come with the tool. */
export const listScenarios = (): Promise<LoadedScenario[]> => Promise.all(scenarioNames().map(loadScenario));
