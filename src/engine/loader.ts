import { quoted } from '../core/quoted.ts';
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { RECORDING_SCHEMA } from '../recording/recording.ts';
import { scenarioOf } from '../recording/scenario.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Journey, Walk } from '../scenario/journey.ts';
import { CODE } from './bundle.ts';
import { checkSpec } from './check-spec.ts';
import { beginningOf, foreignFile } from './foreign-file.ts';
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
  if (CODE.test(path)) return undefined;
  return /\.(ndjson|jsonl)$/.test(path) || beginsAsRecording(path) ? path : undefined;
}

const beginsAsRecording = (path: string): boolean =>
  beginningOf(path).slice(0, BEGINNING).includes(RECORDING_SCHEMA.replace(/v\d+$/, ''));

/** As long as a header's schema may be in coming. */
const BEGINNING = 128;

/** Whether a person meant a file rather than the name of a scenario that comes with the tool. */
const looksLikeFile = (text: string): boolean => /[/\\]|\.\w*$/.test(text) || isFile(text);

const isFile = (text: string): boolean => statSync(text, { throwIfNoEntry: false })?.isFile() === true;

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
  const names = scenarioNames();
  if (names.includes(text)) return openUrl(bundledUrl(text));
  if (looksLikeFile(text)) {
    const { exported, value, url } = await importFile(resolve(text), { what: 'scenario', name: text, field: 'spec' });
    return { exported, spec: value, url };
  }
  throw unknownScenario(text, names);
}

async function openUrl(url: string): Promise<Opened> {
  const { default: scenario } = (await import(url)) as { default?: Partial<Journey> };
  const walk = scenario?.walk;
  return { exported: scenario !== undefined, spec: scenario?.spec, url, ...(walk && { walk }) };
}

function unknownScenario(text: string, names: string[]): ToolError {
  const meant = nearest(text, names);
  const own = `a file of your own is named with its path, ./${quoted(text)}.ts.`;
  return new ToolError(`There is no scenario ${quoted(text)}.`, {
    hint: meant ? `Did you mean ${meant}? If not, ${own}` : `There are ${names.join(', ')}; ${own}`,
  });
}

/** Refuses a file that is no scenario, and says what it is. */
function refuseOther(text: string): void {
  if (/^(data|file):/.test(text) || !looksLikeFile(text)) return;
  const there = statSync(text, { throwIfNoEntry: false });
  if (there?.isDirectory()) {
    throw new ToolError(`${quoted(text)} is a folder, and a scenario is a file in one.`, {
      hint: `Name it: ${join(text, 'mine.ts')}.`,
    });
  }
  const other = there && foreignFile(resolve(text));
  if (other) throw new ToolError(`${quoted(text)} is ${other.is}, and no scenario of this tool.`, { hint: other.hint });
}

/**
 * Loads a scenario: by the name of one that comes with the tool, by the path of a file, which may be a recording, or by
 * the URL that an earlier call gave.
 * @throws ToolError (104) where it does not exist, does not parse, throws while loading, or is no scenario
 */
export async function loadScenario(text: string): Promise<LoadedScenario> {
  refuseOther(text);
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
