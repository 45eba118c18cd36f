import { formatDuration } from '../core/units.ts';
import type { Check, Result, Verdict } from '../result/result.ts';
import { layerTitle, notRunWords, splitDiagnosis } from './checked.ts';
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
} from './figures.ts';
import { CLOSED_MODEL, integer, rateWords, withoutControls } from './words.ts';

const MARK = { pass: '✅', fail: '❌', unknown: '❔' } as const;

/** A summary in Markdown, for a comment or a job's page: the outcome first. */
export function markdown(result: Result): string {
  const standing = standingOf(result);
  const { check } = result;
  const damage = damageWords(result);
  const what = check ? escaped(result.target) : people(result);
  const blocks = [
    [`## ${MARK[standing]} ${OUTCOME_WORD[result.outcome]}: ${escaped(result.scenario)}, ${what}`],
    [escaped(result.summary)],
    ...(result.interrupted === undefined ? [] : [[`Ended before its time: ${escaped(result.interrupted)}.`]]),
    ...(damage === undefined ? [] : [[escaped(damage)]]),
    ...(check ? [...diagnosisLists(check), stepTable(check)] : [verdictList(result), latencyTable(result)]),
    [check ? aboutCheck(result) : about(result)],
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

/** What is wrong, why, and what to do; then what stands out beside it. */
function diagnosisLists(check: Check): string[][] {
  const { cause, others } = splitDiagnosis(check);
  return [
    ...(cause
      ? [
          [`**Why:** ${escaped(cause.why)}`],
          cause.likely === undefined ? [] : [`**Likely:** ${escaped(cause.likely)}`],
          cause.do.map((what, at) => `${at + 1}. ${escaped(what)}`),
          cause.not === undefined ? [] : [`**Not:** ${escaped(cause.not)}`],
        ]
      : []),
    others.map(({ kind, what, why }) => `- **${kind === 'note' ? 'Note' : 'Also'}:** ${escaped(what)} ${escaped(why)}`),
  ];
}

const STEP_MARK = { ...MARK, skip: '–' } as const;

function stepTable({ layers }: Check): string[] {
  const rows = layers.flatMap((layer) => {
    const name = layerTitle(layer);
    const why = notRunWords(layer, layers);
    if (why !== undefined) return [[name, MARK.unknown, escaped(why), '']];
    return layer.steps.map(({ standing, says, evidence, took_ms }) => [
      name,
      STEP_MARK[standing],
      [says, ...(standing === 'pass' ? [] : evidence)].map(escaped).join('<br>'),
      `${integer(took_ms)} ms`,
    ]);
  });
  return [['layer', '', 'what was found', 'took'], ['---', '---', '---', '--:'], ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
}

function aboutCheck({ target, run, started_at, environment, check }: Result): string {
  const server = check!.facts['server_header'];
  const facts = [
    `target ${escaped(target)}`,
    ...(typeof server === 'string' ? [`server ${escaped(server)}`] : []),
    ...(check!.python === undefined ? [] : [escaped(check!.python)]),
    `run ${run}`,
    escaped(started_at),
    `${escaped(environment.os)}, Node ${escaped(environment.node)}`,
    `collab-loadtest ${escaped(environment.tool)}`,
  ];
  return `<sub>${facts.join(' · ')}</sub>`;
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
    ...(plan.model === 'closed' ? [CLOSED_MODEL] : []),
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
