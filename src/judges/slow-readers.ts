import { lowestOf } from '../core/buckets.ts';
import type { TrendName } from '../core/metrics.ts';
import type { Interval, TrendRecord } from '../core/record.ts';
import { addTrends, emptyTrend, percentileOf } from '../result/histogram.ts';
import type { Measured } from '../result/measured.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { clock, counted, list, milliseconds, number } from './words.ts';

const CLAIM = 'users who stopped reading, half-closed or vanished cost the others nothing';

/** Deliveries that a p99 takes on each side, so that ten lie beyond it. */
const ENOUGH = 1000;
/** The others' p99 may grow by this factor, and by so much in any case, ms: what a run varies by itself. */
const FACTOR = 2;
const ALWAYS_MS = 50;
/** What it is late by itself in sending, the tool adds twice: it reads as late as it sends. */
const OWN = 2;

export const slowReaders: Judge = {
  name: 'slow-readers',
  about:
    `Once users had stopped reading, half-closed or vanished, the others’ p99 of broadcast_service_time was at most ` +
    `${FACTOR} times what it had been before in the same run, or ${ALWAYS_MS} ms more where that is more. Unknown where ` +
    'it was more by no more than twice what the tool’s own sends were late by in that time. It takes ' +
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
      before: steadyIn(until, 'broadcast_service_time', lostBefore),
      during: steadyIn(since, 'broadcast_service_time', lostBefore),
      own_ms: p99(steadyIn(since, 'send_lag', lostBefore)),
      when: `${clock(measured, first.at_ms)} (${who})`,
    };
    return [ruling(measured, sides)];
  },
};

/** The others before and after that moment, and how late the tool itself was after it. */
interface Sides {
  before: TrendRecord;
  during: TrendRecord;
  own_ms: number;
  when: string;
}

const p99 = (trend: TrendRecord): number => (percentileOf(trend, 99) ?? 0) / 1000;

/** A trend of what was due in the window and resolved in these slices. */
function steadyIn(slices: readonly Interval[], name: TrendName, withoutLost: boolean): TrendRecord {
  const trend = slices.flatMap(({ stages }) => stages.steady?.trends[name] ?? []).reduce(addTrends, emptyTrend());
  // A late arrival takes back what was counted as missing, maybe in an earlier slice.
  return { ...trend, missing: withoutLost ? 0 : Math.max(trend.missing, 0) };
}

function ruling(measured: Measured, { before, during, own_ms, when }: Sides): Finding {
  const some = Math.min(before.count, during.count + during.missing);
  if (some < ENOUGH) {
    const where = before.count === some ? 'before' : 'after';
    const because = `only ${counted(some, 'delivery', 'deliveries')} ${where} ${when}: it takes ${number(ENOUGH)} to tell`;
    return unknown(because);
  }
  const was = p99(before);
  const is = p99(during);
  const limit = Math.max(was * FACTOR, was + ALWAYS_MS);
  const figures = `the others’ p99 was ${milliseconds(was)} until ${when}, and ${latencyText(is)} from then on`;
  const told = `${figures}${endings(measured)}`;
  if (is <= limit) return { claim: CLAIM, standing: 'pass', because: told, rests_on: 'latency' };
  if (is <= limit + OWN * own_ms) {
    return unknown(`${told}; but the tool’s own sends were late by ${milliseconds(own_ms)} at p99 in that time`);
  }
  const [over, all] = [beyond(during, limit), during.count + during.missing];
  return {
    claim: CLAIM,
    standing: 'fail',
    because: `${told}; ${number(over)} of ${number(all)} took over ${milliseconds(limit)}`,
    headline: `Bad peers delayed the others: ${figures}.`,
    rests_on: 'latency',
    needs_all: true,
    follows_from: ['delivery'],
  };
}

const unknown = (because: string): Finding => ({
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
