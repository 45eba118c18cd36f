import type { TrendName } from '../core/metrics.ts';
import type { Disconnect, Example, Violation } from '../core/record.ts';
import type { Measured } from '../result/measured.ts';
import { counterIn, type Ruling } from './judge.ts';
import { boundsIn, ownDelay, standstill, WAITS } from './own-delay.ts';
import { milliseconds } from './words.ts';

/** What the generator's own delay may have made of something that was right, and what it cannot have. */

/**
 * What did not come is the generator's only where the server may have used up the rest of the deadline: one that had
 * three quarters of it, and was never seen to need as much, is judged.
 */
const PART_OF_DEADLINE = 0.25;
/** No server gives up a peer that is silent for less than this, ms. */
const SILENCE_MS = 1000;
/** A connection that was given up while the generator stood still is heard of at most so long after, ms. */
const HEARD_MS = 1000;

/** A failure that may be the doing of the generator's own delay, if there was one: nobody knows. */
export function unlessOwn(ruling: Ruling, own_ms: number): Ruling {
  if (ruling.standing !== 'fail' || own_ms === 0) return ruling;
  const delay = own_ms === Infinity ? 'delay, which nobody measured,' : `delay of up to ${milliseconds(own_ms)}`;
  const because = `${ruling.because}; but the generator’s own ${delay} may be the cause`;
  return { ...ruling, standing: 'unknown', because, excused: true };
}

/** Something that did not come within its deadline. */
interface Missed {
  kind: Violation;
  deadline_ms: number;
  /** What measures those that did come: how slow the server was at most. */
  trend: TrendName;
  /** None came afterwards either, for as long as it was waited for. */
  never: boolean;
}

/**
 * The generator's own delay by which all of it may have come in time, ms. 0 where some of it cannot: it was waited for
 * longer than that, or the server had most of the deadline and never needed as much.
 */
function excuseOf(measured: Measured, { kind, deadline_ms, trend, never }: Missed): number {
  const slowest_ms = measured.slices.reduce(
    (most, { stages }) =>
      Math.max(most, ...Object.values(stages).map(({ trends }) => (trends[trend]?.max_us ?? 0) / 1000)),
    0,
  );
  const until_ms = readUntil(measured);
  const ofOne = (from_ms: number, missed_ms: number): number => {
    const waited_ms = never ? Math.max(until_ms - missed_ms, 0) : 0;
    const own_ms = ownDelay(measured, from_ms, missed_ms + waited_ms);
    const isTooLittle = own_ms < PART_OF_DEADLINE * deadline_ms && own_ms + slowest_ms < deadline_ms;
    return own_ms < waited_ms || isTooLittle ? 0 : own_ms;
  };
  const examples = measured.examples.filter((one) => one.kind === kind && !cameAfterAll(measured, one));
  if (examples.length === 0) return ofOne(0, until_ms);
  const excuses = examples.map(({ due_ms, at_ms = until_ms }) => {
    const missed_ms = due_ms === undefined ? at_ms : due_ms + deadline_ms;
    return ofOne(missed_ms - deadline_ms, missed_ms);
  });
  return excuses.includes(0) ? 0 : Math.max(...excuses);
}

/** The last moment at which users were known to read. */
const readUntil = ({ slices, window }: Measured): number =>
  slices.findLast(({ stages }) => Object.values(stages).some(({ gauges }) => (gauges.users_connected?.last ?? 0) > 0))
    ?.to_ms ?? window.to_ms;

/** Whether a loss was taken back, as the copy arrived after its deadline. */
const cameAfterAll = ({ examples }: Measured, { kind, receiver, sender, seq }: Example): boolean =>
  kind === 'lost' &&
  seq !== undefined &&
  examples.some((one) => one.kind === 'late' && one.receiver === receiver && one.sender === sender && one.seq === seq);

/** The generator's own delay that may explain what was missed, by the counter that it is counted in; 0: none may. */
export function ownInMissed(measured: Measured, metric: string): number {
  const { deadline_ms, heartbeat_ms } = measured.plan;
  const late = counterIn(measured, 'late');
  const copies = { deadline_ms, trend: 'broadcast_latency' } as const;
  switch (metric) {
    case 'late':
      return ownInLate(measured);
    case 'lost':
    case 'lost_upper':
    case 'delivery_rate': {
      // Of more late ones than are told nobody knows which losses they take back.
      const told = measured.examples.filter(({ kind }) => kind === 'late').length;
      return excuseOf(measured, { ...copies, kind: 'lost', never: late <= told });
    }
    case 'missed_at_join':
      return excuseOf(measured, { ...copies, kind: 'missed_at_join', never: late === 0 });
    case 'heartbeats_missed':
      return excuseOf(measured, {
        kind: 'heartbeats_missed',
        deadline_ms: heartbeat_ms > 0 ? Math.min(heartbeat_ms, deadline_ms) : deadline_ms,
        trend: 'heartbeat_rtt',
        never: counterIn(measured, 'heartbeats_late') === 0,
      });
    default:
      return excuseOf(measured, { ...copies, kind: 'presence_errors', never: false });
  }
}

/** Copies that came after their deadline were measured: some were later than by the generator's own delay, or none. */
function ownInLate(measured: Measured): number {
  const { least } = boundsIn(measured, measured.slices, 'broadcast_latency', undefined);
  return least.max_us > measured.plan.deadline_ms * 1000 ? 0 : ownDelay(measured, 0, measured.ended_ms);
}

/**
 * How many of these connections ended though the generator's own delay cannot have been the cause: at least. It is known
 * of the first and the last of each kind when it ended.
 * @param count of all, also of those whose end was not kept
 */
export function endedUnexcused(measured: Measured, endings: readonly Disconnect[], count: number): number {
  const known = endings.reduce((sum, one) => sum + one.count, 0);
  const unkept = wasSilent(measured, HEARD_MS, measured.ended_ms) ? 0 : Math.max(count - known, 0);
  return endings.reduce((sum, one) => {
    const mayBeOwn = (from_ms: number, to_ms: number): boolean =>
      wasSilent(measured, from_ms, to_ms) || (one.initiator === 'client' && gaveUpEarly(measured, from_ms, to_ms));
    const { first_ms, last_ms } = one;
    // What no server may send was seen.
    if (one.breach || !mayBeOwn(first_ms, last_ms)) return sum + one.count;
    const ends = one.count === 1 ? [first_ms] : [first_ms, last_ms];
    return sum + ends.filter((at_ms) => !mayBeOwn(at_ms, at_ms)).length;
  }, unkept);
}

/** Whether the generator was silent for so long before that a server may have given its users up. */
const wasSilent = (measured: Measured, from_ms: number, to_ms: number): boolean =>
  standstill(measured, from_ms - HEARD_MS, to_ms) >= SILENCE_MS;

/** Whether a good part of the time that the generator itself gave to a join, or to a close, was its own. */
const gaveUpEarly = (measured: Measured, from_ms: number, to_ms: number): boolean =>
  ownDelay(measured, from_ms - measured.plan.deadline_ms, to_ms, WAITS.join_time) >=
  PART_OF_DEADLINE * measured.plan.deadline_ms;
