import Table from 'cli-table3';
import { EXIT_MEANING, type ExitCode } from '../core/errors.ts';
import type { Result, Verdict } from '../result/result.ts';
import { checkConclusion, stepsLines } from './check-terminal.ts';
import { evidenceLine } from './evidence.ts';
import {
  CELL_HEADS,
  cellsOf,
  damageWords,
  limitOn,
  limitsOf,
  measuredWords,
  OUTCOME_WORD,
  saying,
  standingOf,
  trendsToShow,
  type Limit,
} from './figures.ts';
import { COLUMNS, flowed, paletteOf, presentable, shown, wrapped, type Screen } from './screen.ts';
import { clock, CLOSED_MODEL, digits, integer, offsetAt } from './words.ts';

/** What the final screen says beside the result. */
export interface TerminalContext extends Screen {
  /** Where the page lies, as one would type it; absent where none was written. */
  page?: string;
  /** Where `result.json` of a check lies, in the same way. */
  file?: string;
  exit: ExitCode;
}

type Palette = ReturnType<typeof paletteOf>;

/** The final screen: figures, verdicts, and the outcome last, next to the prompt. At most 80 columns. */
export function terminal(raw: Result, context: TerminalContext): string {
  if (raw.check) return `${[...stepsLines(raw.check, context), '', ...checkConclusion(raw, context)].join('\n')}\n`;
  const result = presentable(raw, context);
  const palette = paletteOf(context);
  const blocks = [
    [heading(result, palette)],
    latencies(result, context, palette),
    [...verdictLines(result, context, palette), ...unclaimed(result, context, palette)],
    conclusion(result, presentable(context, context), palette),
  ];
  const lines = blocks.flatMap((block) => (block.length > 0 ? [...block, ''] : []));
  return `${lines.slice(0, -1).join('\n')}\n`;
}

/** The outcome alone, as it ends the final screen: all that `--quiet` leaves. */
export function outcomeLines(raw: Result, context: TerminalContext): string {
  const lines = raw.check
    ? checkConclusion(raw, context)
    : conclusion(presentable(raw, context), presentable(context, context), paletteOf(context));
  return `${lines.join('\n')}\n`;
}

/** `30 s measured from 20:48:10                        bundled server, node engine` */
function heading(result: Result, { bold, dim }: Palette): string {
  const left = measuredWords(result, (at) => clock(at, offsetAt(at)));
  const target = result.target === 'bundled' ? 'bundled server' : result.target;
  const right = `${target}, ${result.plan.engine} engine`;
  const room = COLUMNS - left.length - 2;
  const fits = right.length <= room ? right : '';
  return `${bold(left)}${' '.repeat(COLUMNS - left.length - fits.length)}${dim(fits)}`.trimEnd();
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
);

function latencies(result: Result, screen: Screen, { bold, dim, mark, tint }: Palette): string[] {
  const limits = limitsOf(result);
  const trends = trendsToShow(result, limits);
  if (trends.length === 0) return [];
  const limitCell = (limit: Limit | undefined): string => {
    if (!limit) return '';
    const { standing } = limit;
    return standing === undefined ? limit.brief : `${limit.brief} ${tint[standing](mark[standing])}`;
  };
  const table = new Table({
    head: ['latency, ms', ...CELL_HEADS, 'threshold'].map((head) => dim(head)),
    chars: NO_BORDERS,
    colWidths: [23, 7, 7, 7, 7, 7, 9, 13],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const { name, trend } of trends) {
    const cells = [...cellsOf(name, trend, result.plan).slice(0, -1), samplesCell(trend.count)].map((cell) =>
      shown(cell, screen),
    );
    const isHeadline = name === 'broadcast_latency';
    table.push([
      name,
      ...cells.map((cell, at) => (isHeadline && at === 2 ? bold(cell) : cell)),
      limitCell(limitOn(limits, name)),
    ]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** A million and more would touch the figure before it: `3.69 M`, with the whole of it on the page. */
const samplesCell = (count: number): string => (count < 1e6 ? integer(count) : `${digits(count / 1e6)} M`);

/** Columns of the mark, a space and a judge's name. */
const NAME_COLUMNS = 16;
const lead = (mark: string, name: string): string => `${mark} ${name.padEnd(NAME_COLUMNS - 4)}  `;

function verdictLines(result: Result, screen: Screen, palette: Palette): string[] {
  const passed = result.verdicts.filter(({ standing }) => standing === 'pass');
  const rest = result.verdicts.filter(({ standing }) => standing !== 'pass');
  if (rest.length === 0) return passing(passed, screen, palette);
  const unsettled = new Set(rest.map(({ judge }) => judge));
  const names = [...new Set(passed.map(({ judge }) => judge))].filter((name) => !unsettled.has(name));
  const lines = names.length > 0 ? tinted(flowed(names, '  ', `${palette.mark.pass} `, 2), 'pass', palette) : [];
  const unknown = rest.filter(({ standing }) => standing === 'unknown');
  const failed = rest.filter(({ standing }) => standing === 'fail');
  return [...lines, ...[...unknown, ...failed].flatMap((verdict) => troubled(verdict, result, screen, palette))];
}

/** Verdicts that say no more than a figure share a line. */
function passing(verdicts: Verdict[], screen: Screen, palette: Palette): string[] {
  const brief: string[] = [];
  const lines: string[] = [];
  let briefAt = 0;
  for (const judge of new Set(verdicts.map((verdict) => verdict.judge))) {
    const own = verdicts.filter((verdict) => verdict.judge === judge);
    const words = briefly(own);
    if (words === undefined) {
      lines.push(...tinted(wrapped(own[0]!.because, lead(palette.mark.pass, judge), NAME_COLUMNS), 'pass', palette));
    } else {
      if (brief.length === 0) briefAt = lines.length;
      brief.push(`${judge} ${words}`.trimEnd());
    }
  }
  if (brief.length === 0) return lines;
  const joined = tinted(flowed(brief, shown(' · ', screen), `${palette.mark.pass} `, 2), 'pass', palette);
  return lines.toSpliced(briefAt, 0, ...joined);
}

function briefly(verdicts: Verdict[]): string | undefined {
  if (verdicts[0]!.judge === 'thresholds' || verdicts.length > 1) return `${verdicts.length} of ${verdicts.length}`;
  const { because } = verdicts[0]!;
  return because === '' || /^[\d,]+ of [\d,]+(?: \(whole run\))?$/.test(because) ? because : undefined;
}

/** Examples on the screen; the page has the rest. */
const MOST_EXAMPLES = 3;

function troubled(verdict: Verdict, result: Result, screen: Screen, palette: Palette): string[] {
  const { standing, judge, evidence = [] } = verdict;
  const lines = tinted(wrapped(saying(verdict), lead(palette.mark[standing], judge), 4), standing, palette);
  const sameKind = new Set(evidence.map(({ kind }) => kind)).size < 2;
  for (const example of evidence.slice(0, MOST_EXAMPLES)) {
    lines.push(...wrapped(shown(evidenceLine(example, result, !sameKind), screen), '    ', 6));
  }
  const more = evidence.length - MOST_EXAMPLES;
  if (more > 0) lines.push(palette.dim(`    and ${more} more on the page`));
  return lines;
}

/** What could not be judged for want of something in the server; what the plan did not call for is no news. */
function unclaimed({ plan, not_claimed }: Result, screen: Screen, { dim }: Palette): string[] {
  const wanting = not_claimed.filter(({ because }) => /\bthe server\b/.test(because));
  const aside = (text: string): string[] => wrapped(text, shown('– ', screen), 2).map((line) => dim(line));
  const lines = [...new Set(wanting.map(({ because }) => because))].flatMap((because) => {
    const judges = wanting.filter((one) => one.because === because).map(({ judge }) => judge);
    const names = judges.length < 2 ? judges[0]! : `${judges.slice(0, -1).join(', ')} and ${judges.at(-1)}`;
    return aside(`not fully judged: ${names}, as ${because}`);
  });
  return plan.model === 'closed' ? [...lines, ...aside(shown(CLOSED_MODEL, screen))] : lines;
}

/** Colours the mark at the beginning of the first line. */
function tinted([first = '', ...others]: string[], standing: Verdict['standing'], { tint, mark }: Palette): string[] {
  return [tint[standing](mark[standing]) + first.slice(1), ...others];
}

function conclusion(result: Result, context: TerminalContext, { bold, dim, tint }: Palette): string[] {
  const word = OUTCOME_WORD[result.outcome];
  const standing = standingOf(result);
  const width = Math.max(word.length, 5);
  const row = (label: string, text: string): string[] => {
    const [first, ...others] = wrapped(text, ` ${label.padEnd(width)}  `, width + 3);
    return [dim(first!.slice(0, width + 3)) + first!.slice(width + 3), ...others];
  };
  const [first, ...others] = wrapped(result.summary, ` ${word.padEnd(width)}  `, width + 3);
  const lines = [` ${bold(tint[standing](word))}${first!.slice(word.length + 1)}`, ...others];
  if (result.interrupted !== undefined) lines.push(...row('early', result.interrupted));
  const damage = damageWords(result);
  if (damage !== undefined) lines.push(...row('note', damage));
  if (context.page !== undefined) lines.push(...row('page', context.page));
  if (result.outcome !== 'pass') lines.push(...row('again', `your command with --seed ${result.seed}`));
  if (result.target === 'bundled' && result.outcome === 'pass') {
    lines.push(...row('yours', 'npx loadtest --url ws://localhost:8765'));
  }
  if (context.exit !== 0) lines.push(...row('exit', `${context.exit} (${EXIT_MEANING[context.exit]})`));
  return lines;
}
