import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { RECORDING_SCHEMA } from '../recording/recording.ts';
import { scenarioOf } from '../recording/scenario.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Journey, Walk } from '../scenario/journey.ts';
import { checkSpec } from './check-spec.ts';
import { importFile } from './module.ts';
import { builtUrl, fromSource, packageRoot } from './programs.ts';

/** A scenario, and a URL by which a worker loads it again: a file of the tool's own, or the code itself. */
export interface LoadedScenario {
  spec: ScenarioSpec;
  url: string;
  /** What the users of a journey do: where its code runs, in a worker. */
  walk?: Walk;
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

/** The path of a recording, where that is meant: by its name, or as the file begins like one. */
function recordingOf(text: string): string | undefined {
  if (text.startsWith('data:') || !(text.startsWith('file:') || looksLikeFile(text))) return undefined;
  const path = text.startsWith('file:') ? fileURLToPath(text) : resolve(text);
  if (/\.[cm]?[jt]s$/.test(path)) return undefined;
  return /\.(ndjson|jsonl)$/.test(path) || beginsAsRecording(path) ? path : undefined;
}

/** As long as a header's schema may be in coming. */
const BEGINNING = 128;

function beginsAsRecording(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(BEGINNING);
      return bytes.toString('utf8', 0, readSync(file, bytes)).includes(RECORDING_SCHEMA.replace(/v\d+$/, ''));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** Whether a person meant a file rather than the name of a scenario that comes with the tool. */
export const looksLikeFile = (text: string): boolean => /[/\\]/.test(text) || /\.([cm]?[jt]s|ndjson|jsonl)$/.test(text);

/** What a module exports by default, of which a scenario is made; absent where there is no such export. */
interface Opened {
  exported: boolean;
  spec: unknown;
  url: string;
  walk?: Walk;
}

/** What a name, a path or an earlier call's URL stands for. */
async function open(text: string): Promise<Opened> {
  if (/^(data|file):/.test(text)) return openUrl(text);
  if (looksLikeFile(text)) {
    const { exported, value, url } = await importFile(resolve(text), { what: 'scenario', name: text, field: 'spec' });
    return { exported, spec: value, url };
  }
  const names = scenarioNames();
  if (!names.includes(text)) throw unknownScenario(text, names);
  return openUrl(bundledUrl(text));
}

async function openUrl(url: string): Promise<Opened> {
  const { default: scenario } = (await import(url)) as { default?: Partial<Journey> };
  const walk = scenario?.walk;
  return { exported: scenario !== undefined, spec: scenario?.spec, url, ...(walk && { walk }) };
}

function unknownScenario(text: string, names: string[]): ToolError {
  const meant = nearest(text, names);
  const own = `a file of your own is named with its path, ./${text}.ts.`;
  return new ToolError(`There is no scenario ${text}.`, {
    hint: meant ? `Did you mean ${meant}? If not, ${own}` : `There are ${names.join(', ')}; ${own}`,
  });
}

/**
 * Loads a scenario: by the name of one that comes with the tool, by the path of a file, which may be a recording, or by
 * the URL that an earlier call gave.
 * @throws ToolError (104) where it does not exist, does not parse, throws while loading, or is no scenario
 */
export async function loadScenario(text: string): Promise<LoadedScenario> {
  const recording = recordingOf(text);
  if (recording !== undefined) {
    const name = text.startsWith('file:') ? basename(recording) : text;
    return { spec: scenarioOf(recording, name), url: pathToFileURL(recording).href };
  }
  const { exported, spec, url, walk } = await open(text);
  if (spec === undefined) {
    const what = exported ? 'exports something else than a scenario by default' : 'has no default export';
    throw new ToolError(`The scenario ${text} ${what}.`, {
      hint: 'End it with: export default defineScenario({ … }). loadtest init writes one to start from.',
    });
  }
  checkSpec(spec, text);
  return { spec, url, ...(walk && { walk }) };
}

/** All scenarios that come with the tool. */
export const listScenarios = (): Promise<LoadedScenario[]> => Promise.all(scenarioNames().map(loadScenario));
