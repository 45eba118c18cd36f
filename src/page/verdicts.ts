import type { Evidence, Verdict } from '../result/result.ts';
import { kindWords, whatOf, whoOf } from '../reporters/evidence.ts';
import { saying } from '../reporters/figures.ts';
import { clock, NONE, shortId } from '../reporters/words.ts';
import { h, section, table } from './dom.ts';
import type { PageDocument } from './document.ts';
import { MARK } from './opening.ts';

const GRAVITY = { fail: 0, unknown: 1, pass: 2 } as const;
const SPOKEN = { pass: 'passed', fail: 'failed', unknown: 'unknown' } as const;

/** What was judged, the worst first, each with its reason and its examples; then what was not claimed. */
export function verdicts(fed: PageDocument): HTMLElement {
  const { verdicts: all, not_claimed } = fed.result;
  const sorted = all.toSorted((a, b) => GRAVITY[a.standing] - GRAVITY[b.standing]);
  return section(
    'verdicts',
    'Verdicts',
    sorted.length === 0
      ? h('p', { class: 'note' }, 'Nothing was judged: the run ended before anything could be.')
      : h(
          'ul',
          { class: 'verdicts' },
          sorted.map((verdict) => item(verdict, fed)),
        ),
    not_claimed.length > 0 && [
      h('h3', { class: 'gap' }, 'Not claimed'),
      h('p', { class: 'note' }, 'What neither the plan nor the server called for. It does not touch the outcome.'),
      h(
        'ul',
        { class: 'verdicts minor' },
        not_claimed.map(({ judge, claim, because }) =>
          h(
            'li',
            {},
            h('span', { 'aria-hidden': 'true' }, NONE),
            h('span', { class: 'judge' }, judge),
            h('span', { class: 'said' }, `${claim}: ${because}`),
          ),
        ),
      ),
    ],
  );
}

function item(verdict: Verdict, fed: PageDocument): HTMLElement {
  const { standing, judge, claim, evidence = [] } = verdict;
  return h(
    'li',
    {},
    h('span', { class: `mark ${standing}`, role: 'img', 'aria-label': SPOKEN[standing] }, MARK[standing]),
    h('span', { class: 'judge' }, judge),
    h(
      'div',
      { class: 'said' },
      h('div', {}, saying(verdict)),
      judge !== 'thresholds' && h('div', { class: 'claim' }, claim),
      evidence.length > 0 && examples(evidence, fed),
    ),
  );
}

function examples(evidence: Evidence[], { result, zone }: PageDocument): HTMLElement {
  const started = Date.parse(result.started_at);
  const rows = evidence.map((example) => {
    const moment = example.due_ms ?? example.at_ms;
    return [
      moment === undefined ? NONE : clock(started + moment, zone.offset_min, true),
      kindWords(example.kind),
      h('span', { title: example.session }, shortId(example.session)),
      h('span', { title: [example.sender, example.receiver].filter(Boolean).join(', ') }, whoOf(example)),
      h('span', { title: example.item_id ?? '' }, whatOf(example)),
      h('span', { title: beforeOf(example, zone.offset_min, started) }, example.note ?? ''),
    ];
  });
  const heads = [`when (${zone.name})`, 'what', 'session', 'who', 'change', 'seen'];
  const caption = evidence.length === 1 ? 'An example' : `${evidence.length} examples, the earliest`;
  return table(
    caption,
    heads.map((head) => ({ head })),
    rows,
    'stacks',
  );
}

/** What the receiver had just before, as far as that is known: shown on pointing. */
function beforeOf({ before = [] }: Evidence, offset_min: number, started: number): string {
  const told = before.map(
    ({ sender, seq, at_ms }) => `${clock(started + at_ms, offset_min, true)} ${shortId(sender)} #${seq}`,
  );
  return told.length > 0 ? `received just before: ${told.join(', ')}` : '';
}
