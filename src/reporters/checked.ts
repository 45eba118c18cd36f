import { formatDuration } from '../core/units.ts';
import type { Check } from '../result/result.ts';

/** Words on a check that all reports share. */

export type CheckedLayer = Check['layers'][number];
export type CheckedStep = CheckedLayer['steps'][number];
type Diagnosis = Check['diagnosis'][number];

const TITLES: Record<string, string> = { qt: 'Qt', load: 'small load' };

/** `3 server`, `5 small load` */
export const layerTitle = ({ number, layer }: Pick<CheckedLayer, 'number' | 'layer'>): string =>
  `${number} ${TITLES[layer] ?? layer}`;

/** Why a layer has no steps; nothing where it has. */
export function notRunWords({ not_run, steps }: CheckedLayer, all: readonly CheckedLayer[]): string | undefined {
  const below = all.find(({ layer }) => layer === not_run);
  if (below) return `not run: rests on ${layerTitle(below)}`;
  return steps.length === 0 ? 'not run: stopped before it' : undefined;
}

/** What a step found, and how long it took where that is worth a word. */
export const stepWords = ({ says, took_ms }: Pick<CheckedStep, 'says' | 'took_ms'>): string =>
  took_ms >= 1000 ? `${says} (${formatDuration(took_ms)})` : says;

/** The cause of a failed check, and the rest of what was found. */
export function splitDiagnosis({ diagnosis }: Check): { cause: Diagnosis | undefined; others: Diagnosis[] } {
  const cause = diagnosis.find(({ kind }) => kind === 'cause');
  return { cause, others: diagnosis.filter((one) => one !== cause) };
}
