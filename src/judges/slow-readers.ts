import { lowestOf } from '../core/buckets.ts';
import type { Interval, TrendRecord } from '../core/record.ts';
import { addTrends, emptyTrend, percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import { ownInMissed } from './excuses.ts';
import { counterIn, type Finding, type Judge, type Ruling } from './judge.ts';
import { boundsIn, MIN_OFFERED, offered, type Bounds } from './own-delay.ts';
import { clock, counted, list, milliseconds, number, percent } from './words.ts';

const CLAIM = 'users who stopped reading, half-closed or vanished cost the others nothing';

/** What is compared. */
const NAME = 'broadcast_service_time';
/** Deliveries that a p99 takes on each side, so that ten lie beyond it. */
const ENOUGH = 1000;
/** The others' p99 may grow by this factor, and by so much in any case, ms: what a run varies by itself. */
const FACTOR = 2;
const ALWAYS_MS = 50;

export const slowReaders: Judge = {
  name: 'slow-readers',
  about:
    `Once users had stopped reading, half-closed or vanished, the others’ p99 of broadcast_service_time was at most ` +
    `${FACTOR} times what it had been before in the same run, or ${ALWAYS_MS} ms more where that is more. Unknown where ` +
    'the tool’s own delay, before or then, may be the difference. It takes ' +
    `${number(ENOUGH)} deliveries on each side. What never arrived counts as infinite, unless changes were lost before ` +
    'as well. Whether the server ends such connections (4008) or holds on to them is told and not judged, and so is how ' +
    'much was left unread: some megabytes for each connection wait in the buffers of the systems between, and only ' +
    'beyond that a server feels it. What else slows the others at that moment is not told apart.',
  judge(measured) {
    const stops = measured.events.filter(({ kind }) => kind === 'stopped');
    const [first] = stops;
    if (!first) return [{ not_claimed: { claim: CLAIM, because: 'nobody stopped reading, half-closed or vanished' } }];
    if (!measured.plan.plans.edits) return [{ not_claimed: { claim: CLAIM, because: 'the plan sends no changes' } }];
    const lostBefore = measured.examples.some(({ kind, due_ms }) => kind === 'lost' && (due_ms ?? 0) < first.at_ms);
    const since = measured.slices.filter((slice) => slice.from_ms >= first.at_ms);
    const until = measured.slices.filter((slice) => slice.to_ms <= first.at_ms);
    const who = list([...new Set(stops.map(({ text }) => text))]);
    const sides: Sides = {
      before: sideOf(measured, until, lostBefore),
      during: sideOf(measured, since, lostBefore),
      when: `${clock(measured, first.at_ms)} (${who})`,
    };
    return [ruling(measured, sides)];
  },
};

/** What the others waited as it was measured, and between what that lies without the tool's own delay. */
interface Side extends Bounds {
  measured: TrendRecord;
}

/** The others before and after that moment. */
interface Sides {
  before: Side;
  during: Side;
  when: string;
}

const p99 = (trend: TrendRecord): number => (percentileOf(trend, 99) ?? 0) / 1000;

/** The others, of what was due in the window and resolved in these slices. */
function sideOf(measured: Measured, slices: readonly Interval[], withoutLost: boolean): Side {
  const trend = slices.flatMap(({ stages }) => stages.steady?.trends[NAME] ?? []).reduce(addTrends, emptyTrend());
  // A late arrival takes back what was counted as missing, maybe in an earlier slice.
  const missing = withoutLost ? 0 : Math.max(trend.missing, 0);
  const { least, most } = boundsIn(measured, slices, NAME, 'steady');
  return {
    measured: { ...trend, missing },
    least: { ...least, missing: missing > 0 && ownInMissed(measured, 'lost') > 0 ? 0 : missing },
    most: { ...most, missing },
  };
}

/** What the others' p99 may be at most, where it was so much before. */
const limitFor = (was_ms: number): number => Math.max(was_ms * FACTOR, was_ms + ALWAYS_MS);

function ruling(measured: Measured, { before, during, when }: Sides): Finding {
  const all = during.measured.count + during.measured.missing;
  const some = Math.min(before.measured.count, all);
  if (some < ENOUGH) {
    const where = before.measured.count === some ? 'before' : 'after';
    const because = `only ${counted(some, 'delivery', 'deliveries')} ${where} ${when}: it takes ${number(ENOUGH)} to tell`;
    return unknown(because);
  }
  const was = p99(before.measured);
  const is = p99(during.measured);
  const limit = limitFor(p99(before.most));
  const figures = `the others’ p99 was ${milliseconds(was)} until ${when}, and ${latencyText(is)} from then on`;
  const told = `${figures}${endings(measured)}`;
  const least = p99(during.least);
  const isOffered = offered(measured) >= MIN_OFFERED;
  if (is <= limitFor(p99(before.least)) && isOffered) return { claim: CLAIM, standing: 'pass', because: told };
  if (least <= limit) {
    const own = `may have been as little as ${milliseconds(p99(before.least))} and ${milliseconds(least)}`;
    const why = isOffered ? own : `only ${percent(offered(measured))} of the planned load was sent in its time`;
    return { ...unknown(`${told}; but ${isOffered ? 'without the tool’s own delay they ' : ''}${why}`), excused: true };
  }
  const over = beyond(during.measured, limit);
  return {
    claim: CLAIM,
    standing: 'fail',
    because: `${told}; ${number(over)} of ${number(all)} took over ${milliseconds(limit)}`,
    headline: `Bad peers delayed the others: ${figures}.`,
    needs_all: true,
    follows_from: ['delivery'],
  };
}

const unknown = (because: string): Ruling => ({
  claim: CLAIM,
  standing: 'unknown',
  because,
  headline: `What slow readers cost the others is not known: ${because}.`,
});

const latencyText = (ms: number): string => (ms === Infinity ? 'beyond the deadline' : milliseconds(ms));

/** How many took longer than a limit, or never came. */
function beyond({ buckets, missing }: TrendRecord, limit_ms: number): number {
  let over = missing;
  for (let i = 0; i < buckets.length; i += 2) if (lowestOf(buckets[i]!) > limit_ms * 1000) over += buckets[i + 1]!;
  return over;
}

/** `; 8.1 MB were left unread; the server closed 3 of them as too slow (4008)` */
function endings(measured: Measured): string {
  const unread = counterIn(measured, 'bytes_unread');
  const closed = measured.disconnects.filter(({ code, expected }) => code === 4008 && expected);
  const count = closed.reduce((sum, one) => sum + one.count, 0);
  return [
    ...(unread > 0 ? [`; ${megabytes(unread)} were left unread`] : []),
    ...(count > 0 ? [`; the server closed ${number(count)} of them as too slow (4008)`] : []),
  ].join('');
}

const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(2))} MB`;
