import { closeCodeMeaning } from '../protocol/closing.ts';
import { clock, elapsed, integer } from '../reporters/words.ts';
import { chart } from './chart.ts';
import { h, section, table } from './dom.ts';
import type { PageDocument } from './document.ts';

const PHASES = {
  connect: 'while connecting',
  join: 'before the acknowledgement',
  steady: 'joined',
  close: 'at the end',
} as const;
const BY = { server: 'the server', client: 'this tool', network: 'the network' } as const;

/** How connections ended, and what the server or the system complained of. */
export function trouble(fed: PageDocument): HTMLElement {
  return section('trouble', 'Disconnects and errors', disconnects(fed), survival(fed), errors(fed));
}

function spanOf(first: string, last: string, { zone }: PageDocument): string {
  const [from, to] = [first, last].map((at) => clock(Date.parse(at), zone.offset_min));
  return from === to ? from! : `${from} – ${to}`;
}

function disconnects(fed: PageDocument): HTMLElement {
  const all = fed.result.disconnects.toSorted((a, b) => Number(a.expected) - Number(b.expected) || b.count - a.count);
  if (all.length === 0) return h('p', { class: 'note' }, 'No connection ended that the plan did not end.');
  const rows = all.map(({ code, reason, breach, initiator, phase, expected, count, first_at, last_at }) => [
    code === 0 ? 'none' : String(code),
    h(
      'span',
      { class: 'meaning' },
      code === 0 ? 'there was no WebSocket yet' : closeCodeMeaning(code, initiator === 'server' && phase === 'steady'),
      reason !== '' && [h('br'), h(breach ? 'span' : 'q', { class: 'break' }, reason)],
    ),
    BY[initiator],
    PHASES[phase],
    expected ? 'yes' : h('span', { class: 'mark fail' }, 'no'),
    integer(count),
    spanOf(first_at, last_at, fed),
  ]);
  const columns = [
    { head: 'code' },
    { head: 'what it means' },
    { head: 'ended by' },
    { head: 'when' },
    { head: 'meant' },
    { head: 'count', num: true },
    { head: `at (${fed.zone.name})`, num: true },
  ];
  return table('How connections ended, by close code', columns, rows);
}

/** How long connections lasted, where some ended that should not have. */
function survival({ result }: PageDocument): HTMLElement | false {
  const { survival: steps } = result;
  if (!steps) return false;
  return h(
    'div',
    { class: 'charts' },
    chart({
      title: 'Connections still alive after a time',
      note: 'What share of connections lasts so long where nobody means them to end. One that the plan ended counts for as long as it lasted (Kaplan–Meier).',
      xs: steps.map(({ after_ms }) => after_ms / 1000),
      x: { show: (seconds) => elapsed(seconds * 1000), label: 'since joining' },
      y: { show: (share) => `${Math.round(share * 100)} %` },
      lines: [
        {
          label: 'alive',
          colour: 'series-1',
          steps: true,
          fill: true,
          values: steps.map(({ alive }) => alive),
          show: (share) => `${Number((share * 100).toPrecision(3))} %`,
        },
      ],
      height: 190,
    }),
  );
}

function errors(fed: PageDocument): HTMLElement {
  const { errors: all } = fed.result;
  if (all.length === 0) return h('p', { class: 'note gap' }, 'No errors.');
  const rows = all.map(({ kind, message, count, first_at, last_at }) => [
    kind,
    h('span', { class: 'break' }, message),
    integer(count),
    spanOf(first_at, last_at, fed),
  ]);
  const columns = [
    { head: 'error' },
    { head: 'message' },
    { head: 'count', num: true },
    { head: `at (${fed.zone.name})`, num: true },
  ];
  return h('div', { class: 'gap' }, table('Errors', columns, rows));
}
