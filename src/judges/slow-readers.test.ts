import { describe, expect, test } from 'vitest';
import slowConsumer from '../../scenarios/slow-consumer.ts';
import type { Example, Interval } from '../core/record.ts';
import { Relay, type Client } from '../load/testing/relay.ts';
import { planOf, simulate } from '../load/testing/simulate.ts';
import type { Plan } from '../plan/plan.ts';
import { intervalOf, trendOf } from '../result/fixture.ts';
import type { Measured } from '../result/measured.ts';
import { cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { judge } from './index.ts';
import { slowReaders } from './slow-readers.ts';

const STOPPED_MS = 8000;
const stopped = { at_ms: STOPPED_MS, kind: 'stopped', text: '3 of 30 users stop reading' };

interface Run {
  /** p99 in each second, ms: most take a tenth of it. */
  before: number;
  during: number;
  each?: number;
  missing?: number;
  /** By how much the tool's own sends are late from then on, ms. */
  own?: number;
  /** Due times of examples of losses. */
  lost?: number[];
  /** How much earlier than on the second each one is told until then, ms. */
  early?: number;
  plan?: Partial<Plan>;
}

/** A run of ten seconds, from 3 to 13 s, in the middle of which some stop reading. */
function runOf({ before, during, each = 400, missing = 0, own = 1, lost = [], early = 0, plan = {} }: Run): Measured {
  const second = (from: number, p99: number, never = 0): Interval => {
    const latencies = Array.from({ length: each }, (_, nth) => (nth % 50 === 0 ? p99 : p99 / 10));
    const send_lag = trendOf(Array.from({ length: 40 }, () => (from < STOPPED_MS ? 1 : own)));
    const trends = { broadcast_service_time: trendOf(latencies, never), send_lag };
    const at = from < STOPPED_MS ? from - early : from;
    return intervalOf(at, at + 1000, { steady: { trends } });
  };
  const seconds = Array.from({ length: 10 }, (_, nth) => 3000 + nth * 1000);
  const examples = lost.map((due_ms): Example => ({ kind: 'lost', session: 's', due_ms }));
  return measuredOf(
    [
      ...seconds.map((from) => second(from, from < STOPPED_MS ? before : during, from >= STOPPED_MS ? missing : 0)),
      intervalOf(STOPPED_MS, STOPPED_MS + 1000, {}, { events: [stopped], examples }),
    ],
    plan,
  );
}

describe('slow-readers', () => {
  test.each([
    ['as fast as before', { before: 4, during: 4 }],
    ['faster', { before: 40, during: 4 }],
    ['slower by what a run varies by itself', { before: 4, during: 50 }],
    ['twice as slow where all is slow', { before: 300, during: 590 }],
  ])('passes others who are %s', (_what, run) => {
    const ruling = rulingOf(slowReaders, runOf(run));
    expect(ruling).toMatchObject({ standing: 'pass' });
    expect(ruling.because).toMatch(
      /^the others’ p99 was .* ms until \d\d:\d\d:11 \(3 of 30 users stop reading\), and .* ms/,
    );
  });

  test.each([
    ['slower', { before: 4, during: 80 }, '80 ms'],
    ['much slower where all is slow', { before: 300, during: 1000 }, '1,000 ms'],
    ['waiting for ever', { before: 4, during: 4, missing: 20 }, 'beyond the deadline'],
  ])('fails others who are %s', (_what, run, words) => {
    const ruling = rulingOf(slowReaders, runOf(run));
    expect(ruling).toMatchObject({ standing: 'fail' });
    expect(ruling.because).toContain(`and ${words} from then on`);
    expect(ruling.because).toMatch(/; \d+ of 2,\d+ took over \d+ ms$/);
  });

  test('does not blame slow readers for what was lost before as well', () => {
    expect(rulingOf(slowReaders, runOf({ before: 4, during: 4, missing: 20, lost: [5000, 9000] })).standing).toBe(
      'pass',
    );
    expect(rulingOf(slowReaders, runOf({ before: 4, during: 4, missing: 20, lost: [9000] })).standing).toBe('fail');
  });

  test('does not know with too few deliveries on either side', () => {
    const { standing, because } = rulingOf(slowReaders, runOf({ before: 4, during: 80, each: 150 }));
    expect(standing).toBe('unknown');
    expect(because).toMatch(/^only 750 deliveries before \d\d:\d\d:11 .*: it takes 1,000 to tell$/);
  });

  test('counts what was due in the window also where its first second is told from before it began', () => {
    const early = { before: 4, during: 4, each: 220, early: 1 };
    expect(rulingOf(slowReaders, runOf(early)).standing).toBe('pass');
    expect(rulingOf(slowReaders, runOf({ ...early, during: 80 })).standing).toBe('fail');
  });

  test('does not know what the tool’s own delay may explain, and fails what it may not', () => {
    const { standing, because, excused } = rulingOf(slowReaders, runOf({ before: 4, during: 80, own: 20 }));
    expect({ standing, excused }).toEqual({ standing: 'unknown', excused: true });
    expect(because).toMatch(/; but without the tool’s own delay they may have been as little as 4 ms and \d\d.* ms$/);
    expect(rulingOf(slowReaders, runOf({ before: 4, during: 80, own: 7 })).standing).toBe('fail');
    expect(rulingOf(slowReaders, runOf({ before: 4, during: 50, own: 20 })).standing).toBe('pass');
  });

  test('is not claimed where nobody stops reading, or nobody says anything', () => {
    expect(unclaimedBy(slowReaders, measuredOf(cleanIntervals()))).toMatch(/^nobody stopped reading/);
    const silent = { plans: { edits: false, cursors: true, heartbeats: true, leaves: false } };
    expect(unclaimedBy(slowReaders, runOf({ before: 4, during: 4, plan: silent }))).toBe('the plan sends no changes');
  });

  test('is explained by the generator where that was slow itself', () => {
    const { verdicts } = judge(runOf({ before: 4, during: 80, own: 60 }));
    expect(verdicts.find((one) => one.judge === 'slow-readers')).toMatchObject({
      standing: 'unknown',
      explained_by: 'generator',
    });
  });
});

/** What is said of a whole run in virtual time against a server that sends a copy on after so many µs, or not at all. */
function said(
  copyAfter: (to: Client, someDoNotRead: boolean) => number | undefined,
): ReturnType<typeof judge>['verdicts'] {
  const plan = planOf({ users: 10, sessions: 3, rate: 8, duration_ms: 10_000, thresholds: [] });
  const { intervals } = simulate(plan, slowConsumer.spec, (time) => {
    const relay: Relay = new Relay(time, {
      relay: (text, from, to) => {
        const others = [...relay.clients].filter(({ session }) => session === from.session);
        const after = copyAfter(
          to,
          others.some(({ tap }) => tap.isClosed),
        );
        if (after !== undefined) to.deliver(text, after);
        return false;
      },
    });
    return relay;
  });
  return judge(measuredOf(intervals, plan, { ended_ms: intervals.at(-1)!.to_ms })).verdicts;
}
const standings = (verdicts: ReturnType<typeof said>) =>
  Object.fromEntries(
    verdicts.map((one) => [one.judge, one.explained_by ? [one.standing, one.explained_by] : one.standing]),
  );

describe('in a run of slow-consumer', () => {
  test('a server that waits for its slowest reader fails, and only there', () => {
    const told = standings(said((_to, someDoNotRead) => (someDoNotRead ? 300_000 : 400)));
    expect(told).toMatchObject({ 'slow-readers': 'fail', delivery: 'pass', heartbeat: 'pass', disconnects: 'pass' });
  });

  test('one that sends nobody anything any more fails as a consequence of that', () => {
    const told = standings(said((_to, someDoNotRead) => (someDoNotRead ? undefined : 400)));
    expect(told).toMatchObject({ 'slow-readers': ['fail', 'delivery'], delivery: 'fail' });
  });

  test.each([
    ['keeps on sending', () => 400],
    ['drops what is not read', (to: Client) => (to.tap.isClosed ? undefined : 400)],
    [
      'closes who does not read with 4008 (P15)',
      (to: Client) => (to.tap.isClosed ? void to.end({ code: 4008, reason: 'too slow', initiator: 'server' }) : 400),
    ],
  ])('one that %s passes', (_what, copyAfter) => {
    const verdicts = said(copyAfter);
    expect(verdicts.filter(({ standing }) => standing !== 'pass')).toEqual([]);
    expect(standings(verdicts)).toMatchObject({ 'slow-readers': 'pass', delivery: 'pass', disconnects: 'pass' });
  });
});
