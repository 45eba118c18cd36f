import { lowestOf } from '../core/buckets.ts';
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

export const slowReaders: Judge = {
  name: 'slow-readers',
  about:
    `Once users had stopped reading, half-closed or vanished, the others’ p99 of broadcast_latency was at most ` +
    `${FACTOR} times what it had been before in the same run, or ${ALWAYS_MS} ms more where that is more. It takes ` +
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
    const { from_ms } = measured.window;
    const side = (isIn: (slice: Interval) => boolean): TrendRecord =>
      latencyIn(measured.slices.filter(isIn), lostBefore);
    const before = side((slice) => slice.from_ms >= from_ms && slice.to_ms <= first.at_ms);
    const during = side((slice) => slice.from_ms >= first.at_ms);
    const who = list([...new Set(stops.map(({ text }) => text))]);
    return [ruling(measured, before, during, `${clock(measured, first.at_ms)} (${who})`)];
  },
};

/** The latency of what was due in the window and resolved in these slices. */
function latencyIn(slices: readonly Interval[], withoutLost: boolean): TrendRecord {
  const trend = slices
    .flatMap(({ stages }) => stages.steady?.trends.broadcast_latency ?? [])
    .reduce(addTrends, emptyTrend());
  // A late arrival takes back what was counted as missing, maybe in an earlier slice.
  return { ...trend, missing: withoutLost ? 0 : Math.max(trend.missing, 0) };
}

function ruling(measured: Measured, before: TrendRecord, during: TrendRecord, when: string): Finding {
  const some = Math.min(before.count, during.count + during.missing);
  if (some < ENOUGH) {
    const where = before.count === some ? 'before' : 'after';
    const because = `only ${counted(some, 'delivery', 'deliveries')} ${where} ${when}: it takes ${number(ENOUGH)} to tell`;
    return {
      claim: CLAIM,
      standing: 'unknown',
      because,
      headline: `What slow readers cost the others is not known: ${because}.`,
    };
  }
  const was = percentileOf(before, 99)! / 1000;
  const is = percentileOf(during, 99)! / 1000;
  const limit = Math.max(was * FACTOR, was + ALWAYS_MS);
  const figures = `the others’ p99 was ${milliseconds(was)} until ${when}, and ${latencyText(is)} from then on`;
  const told = `${figures}${endings(measured)}`;
  if (is <= limit) return { claim: CLAIM, standing: 'pass', because: told, rests_on: 'latency' };
  const [over, all] = [beyond(during, limit), during.count + during.missing];
  return {
    claim: CLAIM,
    standing: 'fail',
    because: `${told}; ${number(over)} of ${number(all)} took over ${milliseconds(limit)}`,
    headline: `Bad peers delayed the others: ${figures}.`,
    rests_on: 'latency',
    follows_from: ['delivery'],
  };
}

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
