import picocolors from 'picocolors';
import { mapTexts, withoutControls } from './words.ts';

/** What a terminal can show. */
export interface Screen {
  colour: boolean;
  unicode: boolean;
}

/** 80 columns: what every terminal has, and what a CI log can be read in. */
export const COLUMNS = 80;

/**
 * What a stream can show.
 * @param wanted false with `--no-color`
 */
export function screenOf(
  stream: { isTTY?: boolean },
  wanted = true,
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): Screen {
  const colour = wanted && !env.NO_COLOR && rewritesLines(stream, env);
  return { colour, unicode: showsUnicode(env, platform) };
}

/** Whether a stream is a terminal that knows control sequences: one can take a line back there. */
export const rewritesLines = (
  stream: { isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean => stream.isTTY === true && env.TERM !== 'dumb';

function showsUnicode(env: Readonly<Record<string, string | undefined>>, platform: string): boolean {
  // Windows has no locale in its environment; its newer terminals say who they are.
  if (platform === 'win32') return [env.WT_SESSION, env.TERM_PROGRAM, env.ConEmuTask, env.CI].some(Boolean);
  if (env.TERM === 'linux' || env.TERM === 'dumb') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale);
  // macOS programs started without a shell have no locale, and its terminals all read UTF-8.
  return platform === 'darwin';
}

/** The marks and colours of a screen. */
export function paletteOf({ colour, unicode }: Screen) {
  const { bold, dim, green, red, yellow, cyan } = picocolors.createColors(colour);
  const mark = unicode ? { pass: '✓', fail: '✗', unknown: '?' } : { pass: '+', fail: 'x', unknown: '?' };
  const tint = { pass: green, fail: red, unknown: yellow };
  return { bold, dim, cyan, mark, tint };
}

const ASCII: Record<string, string> = {
  '–': '-',
  '—': '-',
  '‑': '-',
  '…': '..',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '→': '->',
  '←': '<-',
  '−': '-',
  '×': 'x',
  '÷': '/',
  '·': ',',
  '≤': '<=',
  '≥': '>=',
  µ: 'u',
  μ: 'u',
  '\u00a0': ' ',
};

/** Text in the characters that a screen has. */
export const shown = (text: string, { unicode }: Screen): string =>
  unicode ? text : text.replaceAll(/[^\n\x20-\x7e]/gu, (character) => ASCII[character] ?? '?');

/** A value whose texts, wherever they came from, can neither steer a terminal nor be unreadable on it. */
export const presentable = <T>(value: T, screen: Screen): T =>
  mapTexts(value, (text) => shown(withoutControls(text), screen));

/**
 * Words in lines.
 * @param first stands before the first line
 * @param indent columns before every further line
 */
export const wrapped = (text: string, first: string, indent: number): string[] =>
  flowed(text.split(BREAKS), ' ', first, indent);

/** Spaces, but none between a figure and its unit. */
const BREAKS = / (?!(?:%|ms|s|min|h|MiB|GiB)(?![\w-]))/;

/** The same for parts that stay whole where they fit into a line. */
export function flowed(parts: readonly string[], gap: string, first: string, indent: number): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const part of parts.flatMap((one) => pieces(one, COLUMNS - indent))) {
    if (!empty && widthOf(line + gap + part) > COLUMNS) {
      lines.push(line.trimEnd());
      line = ' '.repeat(indent);
      empty = true;
    }
    line += empty ? part : gap + part;
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

/** A word that is longer than a line, cut. */
function pieces(word: string, most: number): string[] {
  const parts: string[] = [];
  for (let rest = [...word]; rest.length > 0; rest = rest.slice(most)) parts.push(rest.slice(0, most).join(''));
  return parts.length === 0 ? [''] : parts;
}

/** Columns, as near as one can tell without a table of wide characters. */
const widthOf = (text: string): number => [...text].length;

/** A text that ends within its columns, with `…` where it had to be cut. */
export function cut(text: string, columns: number, screen: Screen): string {
  const all = [...text];
  if (all.length <= columns) return text;
  const ellipsis = shown('…', screen);
  return all.slice(0, Math.max(columns - ellipsis.length, 0)).join('') + ellipsis;
}
