import type { Check, Result, Verdict } from '../result/result.ts';
import { layerTitle, notRunWords, splitDiagnosis } from './checked.ts';
import { evidenceLine } from './evidence.ts';
import { damageWords, saying } from './figures.ts';
import { withoutControls } from './words.ts';

/** One test case. */
interface Case {
  classname: string;
  name: string;
  standing: Verdict['standing'] | 'skip';
  message: string;
  lines: string[];
  took_ms?: number;
}

/**
 * JUnit XML, as CI systems read it: one test case a verdict, or a step of a check. A failed one is a failure; an unknown
 * one is an error, as it is no pass; what is not claimed, or not run, is skipped.
 */
export function junit(result: Result): string {
  const cases = result.check ? casesOfCheck(result.check) : casesOfRun(result);
  const seconds = Math.max(Date.parse(result.ended_at) - Date.parse(result.started_at), 0) / 1000;
  const counted = (standing: Case['standing']): string =>
    String(cases.filter((one) => one.standing === standing).length);
  const figures = attributes({
    name: `loadtest ${result.scenario}`,
    tests: String(cases.length),
    failures: counted('fail'),
    errors: counted('unknown'),
    skipped: counted('skip'),
    time: seconds.toFixed(3),
  });
  const properties = { run: result.run, seed: String(result.seed), target: result.target, ...result.tags };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${figures}>`,
    `  <testsuite${figures}${attributes({ timestamp: result.started_at })}>`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...cases.flatMap(testCase),
    `    <system-out>${closingWords(result).map(escaped).join('\n')}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

const casesOfRun = (result: Result): Case[] => [
  ...result.verdicts.map((verdict) => ({
    classname: verdict.judge,
    name: verdict.claim,
    standing: verdict.standing,
    message: saying(verdict),
    lines: (verdict.evidence ?? []).map((example) => evidenceLine(example, result, true)),
  })),
  ...result.not_claimed.map(({ judge, claim, because }) => ({
    classname: judge,
    name: claim,
    standing: 'skip' as const,
    message: because,
    lines: [],
  })),
];

const casesOfCheck = ({ layers }: Check): Case[] =>
  layers.flatMap((layer): Case[] => {
    const classname = `check.${layer.layer}`;
    const why = notRunWords(layer, layers);
    if (why !== undefined) return [{ classname, name: layerTitle(layer), standing: 'skip', message: why, lines: [] }];
    return layer.steps.map(({ title, standing, says, evidence, took_ms }) => ({
      classname,
      name: title,
      standing,
      message: says,
      lines: evidence,
      took_ms,
    }));
  });

/** What stands at the end: of a check, why it failed and what to do as well. */
function closingWords(result: Result): string[] {
  const { summary, check } = result;
  const { cause } = check ? splitDiagnosis(check) : {};
  const damage = damageWords(result);
  if (!cause) return damage === undefined ? [summary] : [summary, damage];
  return [summary, `why: ${cause.why}`, ...cause.do.map((what, at) => `do ${at + 1}: ${what}`)];
}

const TAGS = { fail: 'failure', unknown: 'error', skip: 'skipped' } as const;

function testCase({ classname, name, standing, message, lines, took_ms }: Case): string[] {
  const time = took_ms === undefined ? {} : { time: (took_ms / 1000).toFixed(3) };
  const head = `    <testcase${attributes({ classname, name, ...time })}`;
  if (standing === 'pass') return [`${head}/>`];
  const tag = TAGS[standing];
  const said = `      <${tag}${attributes(standing === 'skip' ? { message } : { message, type: classname })}`;
  const body = standing === 'skip' ? `${said}/>` : `${said}>${lines.map(escaped).join('\n')}</${tag}>`;
  return [`${head}>`, body, '    </testcase>'];
}

const attributes = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('');

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** XML allows neither control characters nor lone surrogates, not even escaped. */
const escaped = (text: string): string =>
  withoutControls(text)
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
