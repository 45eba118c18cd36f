import { formatDuration } from '../core/units.ts';
import type { Result, Verdict } from '../result/result.ts';
import { evidenceLine } from './evidence.ts';
import {
  CELL_HEADS,
  cellsOf,
  limitOn,
  limitsOf,
  measuredWords,
  OUTCOME_WORD,
  saying,
  trendsToShow,
} from './figures.ts';
import { integer, rateWords, withoutControls } from './words.ts';

const MARK = { pass: '✅', fail: '❌', unknown: '❔' } as const;

/** A summary in Markdown, for a comment or a job's page: the outcome first. */
export function markdown(result: Result): string {
  const standing = result.outcome === 'inconclusive' ? 'unknown' : result.outcome;
  const blocks = [
    [`## ${MARK[standing]} ${OUTCOME_WORD[result.outcome]}: ${escaped(result.scenario)}, ${people(result)}`],
    [escaped(result.summary)],
    ...(result.interrupted === undefined ? [] : [[`Ended before its time: ${escaped(result.interrupted)}.`]]),
    verdictList(result),
    latencyTable(result),
    [about(result)],
  ];
  return `${blocks.flatMap((block) => (block.length > 0 ? [block.join('\n')] : [])).join('\n\n')}\n`;
}

const people = ({ plan }: Result): string =>
  `${integer(plan.sessions)} × ${integer(plan.users)} users, ${formatDuration(plan.duration_ms)}`;

function verdictList(result: Result): string[] {
  const lineOf = (verdict: Verdict): string[] => [
    `- ${MARK[verdict.standing]} **${escaped(verdict.judge)}** ${escaped(saying(verdict))}`,
    ...(verdict.evidence ?? []).map((example) => `  - ${escaped(evidenceLine(example, result, true))}`),
  ];
  const troubled = result.verdicts.filter(({ standing }) => standing !== 'pass');
  const passed = result.verdicts.filter(({ standing }) => standing === 'pass');
  return [...troubled, ...passed].flatMap(lineOf);
}

function latencyTable(result: Result): string[] {
  const limits = limitsOf(result);
  const rows = trendsToShow(result, limits).map(({ name, trend }) => {
    const limit = limitOn(limits, name);
    const mark = limit?.standing === undefined ? '' : ` ${MARK[limit.standing]}`;
    return [`\`${name}\``, ...cellsOf(name, trend, result.plan), limit ? `${escaped(limit.brief)}${mark}` : ''];
  });
  if (rows.length === 0) return [];
  const heads = ['latency, ms', ...CELL_HEADS, 'threshold'];
  const rule = heads.map((_, at) => (at === 0 ? '---' : '--:'));
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function about(result: Result): string {
  const { plan, target, seed, run, environment } = result;
  const facts = [
    `target ${escaped(target)}`,
    rateWords(plan),
    `seed ${seed}`,
    `run ${run}`,
    measuredWords(result, (at) =>
      new Date(at)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC'),
    ),
    `collab-loadtest ${escaped(environment.tool)}`,
  ];
  return `<sub>${facts.join(' · ')}</sub>`;
}

/** Nothing that came over the wire may become markup, a link or a mention. */
const escaped = (text: string): string =>
  withoutControls(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~]/g, (character) => `\\${character}`)
    .replaceAll('@', '&#64;')
    .replaceAll('://', ':&#47;&#47;');
