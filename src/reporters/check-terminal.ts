import { EXIT, EXIT_MEANING } from '../core/errors.ts';
import type { Check, Result } from '../result/result.ts';
import { layerTitle, notRunWords, splitDiagnosis, stepWords, type CheckedLayer, type CheckedStep } from './checked.ts';
import { OUTCOME_WORD, standingOf } from './figures.ts';
import { paletteOf, presentable, wrapped, type Screen } from './screen.ts';
import type { TerminalContext } from './terminal.ts';

const NAME_COLUMNS = 14;

/** The lines of one step. @param name of its layer, empty behind the first step of one */
export function stepLines(raw: CheckedStep, name: string, screen: Screen): string[] {
  const { mark, tint, dim } = paletteOf(screen);
  const step = presentable(raw, screen);
  const { standing } = step;
  const sign = standing === 'skip' ? '-' : mark[standing];
  const colour = standing === 'skip' ? dim : tint[standing];
  const [first = '', ...others] = wrapped(stepWords(step), `${name.padEnd(NAME_COLUMNS)}${sign} `, NAME_COLUMNS + 2);
  const lines = [first.slice(0, NAME_COLUMNS) + colour(sign) + first.slice(NAME_COLUMNS + 1), ...others];
  if (standing !== 'pass' && standing !== 'skip') {
    const indent = ' '.repeat(NAME_COLUMNS + 2);
    // Columns are kept: what was tried stands in a table.
    const isRow = (line: string): boolean => / {2}/.test(line);
    lines.push(
      ...step.evidence.flatMap((one) => (isRow(one) ? [indent + one] : wrapped(one, indent, NAME_COLUMNS + 2))),
    );
  }
  return lines;
}

/** Whether a step says what the one before it has said: that it was not tried, and why. */
export const repeats = ({ says, standing }: CheckedStep, before?: CheckedStep): boolean =>
  standing !== 'pass' && says === before?.says;

/** The lines of a layer that was not run. */
export const notRunLines = (name: string, why: string, screen: Screen): string[] => {
  const { mark, tint } = paletteOf(screen);
  const [first = '', ...others] = wrapped(why, `${name.padEnd(NAME_COLUMNS)}${mark.unknown} `, NAME_COLUMNS + 2);
  return [first.slice(0, NAME_COLUMNS) + tint.unknown(mark.unknown) + first.slice(NAME_COLUMNS + 1), ...others];
};

/** Every step of a check, as they were printed while it went on. */
export const stepsLines = ({ layers }: Check, screen: Screen): string[] =>
  layers.flatMap((layer: CheckedLayer) => {
    const why = notRunWords(layer, layers);
    const name = layerTitle(layer);
    if (why !== undefined) return notRunLines(name, why, screen);
    return layer.steps.flatMap((step, at) =>
      repeats(step, layer.steps[at - 1]) ? [] : stepLines(step, at === 0 ? name : '', screen),
    );
  });

/** The diagnosis, and the outcome next to the prompt. */
export function checkConclusion(raw: Result, context: TerminalContext): string[] {
  const result = presentable(raw, context);
  const { bold, tint, dim } = paletteOf(context);
  const word = OUTCOME_WORD[result.outcome];
  const standing = standingOf(result);
  const width = Math.max(word.length, 6);
  const row = (name: string, text: string, indent = width + 2): string[] => {
    const [first, ...others] = wrapped(text, ` ${name.padEnd(width)} `, indent);
    return [dim(first!.slice(0, width + 2)) + first!.slice(width + 2), ...others];
  };
  const [first, ...others] = wrapped(result.summary, ` ${word.padEnd(width)} `, width + 2);
  const lines = [` ${bold(tint[standing](word))}${first!.slice(word.length + 1)}`, ...others];
  const { cause, others: found } = splitDiagnosis(result.check!);
  if (cause && result.outcome === 'fail') {
    lines.push(...row('why', cause.why));
    if (cause.likely !== undefined) lines.push(...row('likely', cause.likely));
    for (const [at, what] of cause.do.entries()) {
      lines.push(...row(at === 0 ? 'do' : '', `${at + 1} ${what}`, width + 4));
    }
    if (cause.not !== undefined) lines.push(...row('not', cause.not));
  }
  for (const { kind, what, do: steps } of found) {
    lines.push(...row(kind === 'note' ? 'note' : 'also', kind === 'note' ? `${what} To do: ${steps[0]!}.` : what));
  }
  if (context.page !== undefined) lines.push(...row('page', context.page));
  if (context.file !== undefined && result.outcome !== 'pass') {
    lines.push(...row('file', `${context.file}: attach it when you ask for help`));
  }
  if (context.exit !== EXIT.pass) {
    const meaning = context.exit === EXIT.fail ? 'a check failed' : EXIT_MEANING[context.exit];
    lines.push(...row('exit', `${context.exit} (${meaning})`));
  }
  return lines;
}
