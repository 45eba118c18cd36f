import type { Interval, RunEvent } from '../core/record.ts';
import type { Plan, RunIdentity } from '../plan/plan.ts';
import { banner } from '../reporters/banner.ts';
import {
  COLUMNS,
  cut,
  paletteOf,
  presentable,
  rewritesLines,
  shown,
  wrapped,
  type Screen,
} from '../reporters/screen.ts';
import { clock, integer, offsetAt } from '../reporters/words.ts';
import { countIn, liveLine } from './line.ts';
import { notablesIn, type Notable } from './notable.ts';

/** Where the progress is written: standard output, or standard error with `--json`. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Watches a run and tells of it as it goes: an observer of the engine's, and an end. */
export interface Progress {
  started(facts: { url: string }): void;
  interval(interval: Interval): void;
  event(event: RunEvent): void;
  /** Somebody asked it to stop. */
  stopping(): void;
  /** Takes the live line away and says how many events were not shown. */
  close(): void;
}

/** Events shown; the others are counted. */
const MOST_EVENTS = 10;
/** Events that bear the mark of a failure: nothing that comes later takes them back. */
const GRAVE = new Set(['overdue', 'cut-off', 'server-died', 'worker-died', 'scenario']);
/** Where no line is rewritten, a line so often, ms. */
const EVERY_MS = 10_000;
/** What happens again is told again at so many times the count. */
const AGAIN = 10;
/** Events that end the sending. */
const STOPS = 'abort';
const CLEAR_LINE = '\r\u001b[2K';

/**
 * The banner, then the live line: on a terminal that can do so one line, rewritten; otherwise the same words every 10 s.
 * Events scroll above it.
 */
export function progress(
  plan: Plan,
  run: RunIdentity,
  stream: ProgressStream,
  screen: Screen,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Progress {
  const { dim, mark, tint } = paletteOf(screen);
  const live = rewritesLines(stream, env);
  let line = '';
  let latest: Interval | undefined;
  let lost = 0;
  let told = 0;
  let written_ms = 0;
  let begun = false;
  let stopped = false;
  /** Of each kind of what befell users: how many so far, and at how many it is told next. */
  const counts = new Map<string, { count: number; next: number }>();

  const startedAt = (): number => Date.parse(run.started_at);
  const above = (text: string): void => {
    stream.write(live && line !== '' ? `${CLEAR_LINE}${text}\n${line}` : `${text}\n`);
  };
  const tell = (at_ms: number, standing: 'fail' | 'unknown', text: string): void => {
    if (++told > MOST_EVENTS) return;
    const sign = standing === 'fail' ? mark.fail : '!';
    const lead = `${clock(startedAt() + at_ms, offsetAt(startedAt()))}  ${sign} `;
    const [first = '', ...others] = wrapped(presentable(text, screen), lead, lead.length);
    above([first.replace(sign, tint[standing](sign)), ...others].join('\n'));
  };

  const wordsOf = (interval: Interval): string => shown(liveLine(plan, interval, lost, stopped), screen);
  // One column is left free: a full line would make some terminals scroll. Some know no width, and say 0.
  const fitted = (words: string): string => cut(words, (stream.columns || COLUMNS) - 1, screen);
  const notable = ({ at_ms, count, what }: Notable): void => {
    const known = counts.get(what) ?? { count: 0, next: 1 };
    known.count += count;
    counts.set(what, known);
    if (known.count < known.next) return;
    const sofar = known.count > count ? ' so far' : '';
    known.next = known.count * AGAIN;
    tell(at_ms, 'fail', `${integer(known.count)}${sofar} ${what}`);
  };

  return {
    started({ url }) {
      begun = true;
      stream.write(`${banner(plan, url, screen)}\n`);
    },
    interval(interval) {
      lost = Math.max(lost + countIn(interval, 'lost'), 0);
      for (const one of notablesIn(interval)) notable(one);
      latest = interval;
      const words = wordsOf(interval);
      if (live) {
        line = fitted(words);
        stream.write(`${CLEAR_LINE}${line}`);
      } else if (interval.to_ms - written_ms >= EVERY_MS - 500) {
        written_ms = interval.to_ms;
        stream.write(`${words}\n`);
      }
    },
    event({ at_ms, kind, text }) {
      if (kind === STOPS) stopped = true;
      tell(at_ms, GRAVE.has(kind) ? 'fail' : 'unknown', text);
    },
    stopping() {
      if (!begun || stopped) return;
      stopped = true;
      if (live && latest) line = fitted(wordsOf(latest));
      above('stopping: draining what is on its way; Ctrl+C again leaves at once');
    },
    close() {
      const more = told - MOST_EVENTS;
      if (live && line !== '') stream.write(CLEAR_LINE);
      line = '';
      if (more > 0) stream.write(`${dim(`          and ${more} more ${more === 1 ? 'event' : 'events'}`)}\n`);
      if (told > 0) stream.write('\n');
    },
  };
}
