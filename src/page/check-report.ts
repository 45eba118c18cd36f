import { formatDuration } from '../core/units.ts';
import { CLOSE_CODES } from '../protocol/close-codes.ts';
import { layerTitle, notRunWords, splitDiagnosis, type CheckedLayer, type CheckedStep } from '../reporters/checked.ts';
import { clock, NONE } from '../reporters/words.ts';
import type { Check } from '../result/result.ts';
import { h, pairs, section, table } from './dom.ts';
import type { PageDocument } from './document.ts';
import { environmentPairs } from './facts.ts';
import { banner, MARK, moment } from './opening.ts';

/** The report of a check: the cause and what to do first, then every step with its evidence. */
export function checkReport(fed: PageDocument, check: Check): HTMLElement[] {
  const { server_output: output = [] } = check;
  const sections = [
    ...(check.diagnosis.length > 0 ? [diagnosis(check)] : []),
    steps(fed, check),
    ...(output.length > 0 ? [serverOutput(output)] : []),
    section('environment', 'Environment', pairs(environment(fed, check))),
    section('codes', 'Close codes', codes()),
  ];
  return [opening(fed, check, sections), h('main', {}, sections)];
}

function opening(fed: PageDocument, { layers }: Check, sections: HTMLElement[]): HTMLElement {
  const { result } = fed;
  const target = result.target === 'bundled' ? 'the bundled server' : result.target;
  const tookMs = Date.parse(result.ended_at) - Date.parse(result.started_at);
  return h(
    'header',
    {},
    banner(fed, [target, `${moment(fed)}, ${formatDuration(Math.round(tookMs / 1000) * 1000)}`]),
    h(
      'dl',
      { class: 'figures' },
      layers.map((layer) => tile(layer, layers)),
    ),
    h(
      'nav',
      { 'aria-label': 'Parts of this report' },
      sections.map((one) => h('a', { href: `#${one.id}` }, one.querySelector('h2')!.textContent)),
    ),
  );
}

const SIGN = { ...MARK, skip: NONE } as const;
const SPOKEN = { pass: 'passed', fail: 'failed', unknown: 'unknown', skip: 'not claimed' } as const;

/** A mark that is read out as a word. */
const sign = (standing: CheckedStep['standing']): HTMLElement =>
  h('span', { class: `mark ${standing}`, role: 'img', 'aria-label': SPOKEN[standing] }, SIGN[standing]);

function tile(layer: CheckedLayer, all: readonly CheckedLayer[]): HTMLElement {
  const claimed = layer.steps.filter(({ standing }) => standing !== 'skip');
  const passed = claimed.filter(({ standing }) => standing === 'pass').length;
  const aside =
    notRunWords(layer, all) ?? (claimed.length === 0 ? 'not claimed' : `${passed} of ${claimed.length} steps`);
  return h(
    'div',
    {},
    h('dt', {}, layerTitle(layer)),
    h('dd', {}, sign(layer.standing)),
    h('dd', { class: 'aside' }, aside),
  );
}

/** What is wrong first; then what stands out beside it. */
function diagnosis(check: Check): HTMLElement {
  const { cause, others } = splitDiagnosis(check);
  const row = (name: string, value: string | Node | undefined): HTMLElement | false =>
    value !== undefined && h('div', {}, h('dt', {}, name), h('dd', {}, value));
  const one = ({ kind, what, why, likely, do: todo, not }: Check['diagnosis'][number]): HTMLElement =>
    h(
      'article',
      { class: 'finding' },
      h('h3', { class: 'break' }, kind === 'note' ? `Note: ${what}` : what),
      h(
        'dl',
        {},
        row('why', why),
        row('likely', likely),
        row(
          'do',
          h(
            'ol',
            {},
            todo.map((text) => h('li', { class: 'break' }, text.startsWith('npx ') ? h('code', {}, text) : text)),
          ),
        ),
        row('not', not),
      ),
    );
  return section('diagnosis', 'Diagnosis', (cause ? [cause, ...others] : others).map(one));
}

const steps = (fed: PageDocument, { layers }: Check): HTMLElement =>
  section(
    'steps',
    'Steps',
    layers.map((layer) => [
      h('h3', { class: 'gap' }, layerTitle(layer)),
      stepList(layer, notRunWords(layer, layers), fed),
    ]),
  );

function stepList(layer: CheckedLayer, notRun: string | undefined, fed: PageDocument): HTMLElement {
  if (notRun !== undefined) {
    return h(
      'ul',
      { class: 'verdicts minor' },
      h('li', {}, sign('unknown'), h('span', {}, NONE), h('span', { class: 'said' }, notRun)),
    );
  }
  return h(
    'ul',
    { class: 'verdicts' },
    layer.steps.map((step) => stepItem(step, fed)),
  );
}

function stepItem({ standing, says, title, evidence, at_ms, took_ms }: CheckedStep, fed: PageDocument): HTMLElement {
  const at = clock(Date.parse(fed.result.started_at) + at_ms, fed.zone.offset_min);
  return h(
    'li',
    {},
    sign(standing),
    h('span', { class: 'when' }, h('time', {}, at), ` · ${formatDuration(took_ms)}`),
    h(
      'div',
      { class: 'said' },
      h('div', {}, says),
      h('div', { class: 'claim' }, title),
      evidence.length > 0 && h('pre', { class: 'evidence' }, evidence.join('\n')),
    ),
  );
}

const serverOutput = (lines: readonly string[]): HTMLElement =>
  section(
    'output',
    'What the server printed',
    h('p', { class: 'note' }, `Its last ${lines.length === 1 ? 'line' : `${lines.length} lines`}.`),
    h('pre', { class: 'evidence' }, lines.join('\n')),
  );

function environment({ result }: PageDocument, check: Check): [string, string][] {
  const header = check.facts['server_header'];
  return [
    ['target', result.target],
    ...(typeof header === 'string' ? [['server says it is', header] as [string, string]] : []),
    ...(check.python === undefined ? [] : [['Python with PyQt6', check.python] as [string, string]]),
    ...environmentPairs(result),
  ];
}

const codes = (): HTMLElement =>
  h(
    'details',
    {},
    h('summary', {}, 'A close code in hand: what is behind it, and what Qt calls it'),
    table(
      'Close codes',
      [{ head: 'code' }, { head: 'what it means' }, { head: 'in a Qt log' }, { head: 'what is mostly behind it' }],
      CLOSE_CODES.map(({ code, meaning, qt, cause }) => [String(code), meaning, qt, cause]),
    ),
  );
