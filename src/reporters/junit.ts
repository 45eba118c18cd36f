import type { Result, Verdict } from '../result/result.ts';
import { evidenceLine } from './evidence.ts';
import { saying } from './figures.ts';
import { withoutControls } from './words.ts';

/**
 * JUnit XML, as CI systems read it: one test case a verdict. A failed one is a failure; an unknown one is an error, as
 * it is no pass; what is not claimed is skipped.
 */
export function junit(result: Result): string {
  const { verdicts, not_claimed } = result;
  const seconds = Math.max(Date.parse(result.ended_at) - Date.parse(result.started_at), 0) / 1000;
  const figures = attributes({
    name: `loadtest ${result.scenario}`,
    tests: String(verdicts.length + not_claimed.length),
    failures: String(verdicts.filter(({ standing }) => standing === 'fail').length),
    errors: String(verdicts.filter(({ standing }) => standing === 'unknown').length),
    skipped: String(not_claimed.length),
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
    ...verdicts.flatMap((verdict) => testCase(verdict, result)),
    ...not_claimed.flatMap(({ judge, claim, because }) => [
      `    <testcase${attributes({ classname: judge, name: claim })}>`,
      `      <skipped${attributes({ message: because })}/>`,
      '    </testcase>',
    ]),
    `    <system-out>${escaped(result.summary)}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function testCase(verdict: Verdict, result: Result): string[] {
  const head = `    <testcase${attributes({ classname: verdict.judge, name: verdict.claim })}`;
  if (verdict.standing === 'pass') return [`${head}/>`];
  const tag = verdict.standing === 'fail' ? 'failure' : 'error';
  const examples = (verdict.evidence ?? []).map((example) => escaped(evidenceLine(example, result, true)));
  return [
    `${head}>`,
    `      <${tag}${attributes({ message: saying(verdict), type: verdict.judge })}>${examples.join('\n')}</${tag}>`,
    '    </testcase>',
  ];
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
