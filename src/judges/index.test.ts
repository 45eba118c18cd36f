import { describe, expect, test } from 'vitest';
import { trendOf, type Parts } from '../result/fixture.ts';
import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { cleanBut, cleanIntervals, measuredOf } from './fixture.ts';
import { judge, JUDGES, worst } from './index.ts';
import { JUDGE_NAMES } from './judge.ts';

const standings = (parts: Parts, rest: Partial<Interval> = {}, plan: Partial<Plan> = {}) =>
  Object.fromEntries(judge(cleanBut(parts, rest, plan)).verdicts.map((verdict) => [verdict.judge, verdict]));

/** Held up for so long at a time, beside some deliveries that took a while. */
const held = (ms: number): Parts => ({
  gauges: { generator_event_loop_delay: ms },
  trends: { broadcast_latency: trendOf(Array.from({ length: 100 }, () => 143)) },
});
const broken: Parts['counters'] = {
  lost: 2,
  lost_upper: 2,
  heartbeats: 1,
  heartbeats_missed: 1,
  disconnects_unexpected: 1,
  misrouted: 1,
  reordered: 1,
};

describe('the judges', () => {
  test('all pass a clean run, and the generator is fit', () => {
    const { verdicts, not_claimed } = judge(measuredOf(cleanIntervals()));
    expect(verdicts.map((verdict) => [verdict.judge, verdict.standing])).toEqual(
      JUDGES.filter(({ name }) => name !== 'slow-readers').map(({ name }) => [name, 'pass']),
    );
    expect(verdicts.at(-1)!.because).toBe('fit to judge: event loop 0.34, sends late by 0.723 ms at p99');
    expect(not_claimed.map(({ judge: name }) => name)).toEqual(['slow-readers']);
  });

  test('have names that --require takes, and say what a pass means', () => {
    for (const { name, about } of JUDGES) {
      expect(JUDGE_NAMES).toContain(name);
      expect(about).toMatch(/\.$/);
    }
  });
});

describe('a sick generator', () => {
  test('makes unknown what its own delay may have turned: latencies, deadlines, connections; what was seen stays', () => {
    const told = standings({ ...held(2995), counters: broken });
    expect(told['generator']!.because).toMatch(
      /^it was held up for up to 3,000 ms at a time \(worst at \d\d:\d\d:11\), which leaves .* undecided; take fewer users/,
    );
    for (const name of ['delivery', 'heartbeat', 'disconnects', 'thresholds', 'generator']) {
      expect(told[name]!.standing).toBe('unknown');
      if (name !== 'generator') expect(told[name]!.explained_by).toBe('generator');
    }
    expect(told['isolation']!.standing).toBe('fail');
    expect(told['order']!.standing).toBe('fail');
  });

  test('whose delay is small against what is judged excuses nothing', () => {
    const told = standings({ ...held(50), counters: broken }, {}, { thresholds: ['broadcast_latency:p(99)<100'] });
    for (const name of ['delivery', 'heartbeat', 'disconnects']) expect(told[name]!.standing).toBe('fail');
    expect(told['thresholds']!.standing).toBe('unknown');
    expect(standings(held(6), {}, { thresholds: ['broadcast_latency:p(99)<100'] })['thresholds']!.standing).toBe(
      'fail',
    );
  });

  test('does not excuse a delivery that was seen to be wrong', () => {
    expect(standings({ ...held(2995), counters: { lost: 2, corrupted: 1 } })['delivery']!.standing).toBe('fail');
  });

  test('makes unknown too what only follows from what it made unknown', () => {
    const apart = { diverged_replicas: 2, replicas_compared: 4 };
    const through = (counters: object) =>
      standings({ ...held(2995), counters: { ...apart, ...counters } })['convergence'];
    expect(through({ diverged_by_loss: 2, lost: 1 })).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    expect(through({ diverged_by_loss: 2, lost: 1, reordered: 1 })).toMatchObject({
      standing: 'fail',
      explained_by: 'order',
    });
    expect(through({ diverged_by_loss: 1, lost: 1 })!.standing).toBe('fail');
    expect(through({ diverged_by_loss: 2, corrupted: 1 })!.standing).toBe('fail');
  });

  test('of which nothing has to be excused passes, and so does everything', () => {
    const plan = { thresholds: ['broadcast_latency:p(99)<1000'] };
    const told = judge(cleanBut(held(300), {}, plan)).verdicts;
    expect(worst(told)).toBe('pass');
    expect(told.at(-1)!.because).toMatch(/^it was held up for up to 305 ms .*, which leaves nothing undecided$/);
  });

  test('a worker of which died makes every pass unknown, for its sessions; failures stay', () => {
    const events = [{ at_ms: 8000, kind: 'worker-died', text: 'a worker died (SIGKILL): its sessions are unknown' }];
    const told = standings({ counters: { misrouted: 1 } }, { events });
    expect(told['generator']!.because).toMatch(/^at \d\d:\d\d:11 a worker died \(SIGKILL\): its sessions are unknown$/);
    expect(told['delivery']).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    expect(told['isolation']!.standing).toBe('fail');
  });
});

describe('causes', () => {
  test('a threshold names the judge that fails for the same reason', () => {
    const told = standings({ counters: { lost: 3, lost_upper: 3 } }, {}, { thresholds: ['lost:count==0'] });
    expect(told['thresholds']).toMatchObject({ standing: 'fail', explained_by: 'delivery' });
    expect(told['delivery']!.explained_by).toBeUndefined();
  });
});

describe('--require', () => {
  const alone = { sessions: 1 };

  test('makes what is not claimed count, as unknown', () => {
    expect(judge(cleanBut({}, {}, alone)).not_claimed).toMatchObject([
      { judge: 'isolation' },
      { judge: 'slow-readers' },
    ]);
    const { verdicts, not_claimed } = judge(cleanBut({}, {}, { ...alone, require: ['isolation'] }));
    expect(not_claimed).toMatchObject([{ judge: 'slow-readers' }]);
    expect(verdicts.at(-1)).toMatchObject({
      judge: 'isolation',
      standing: 'unknown',
      because: expect.stringMatching(/^required, but/),
    });
    expect(worst(verdicts)).toBe('unknown');
  });

  test('of what passes changes nothing; of what nobody judges here is unknown', () => {
    expect(worst(judge(cleanBut({}, {}, { require: ['delivery'] })).verdicts)).toBe('pass');
    expect(worst(judge(cleanBut({}, {}, { require: ['regression'] })).verdicts)).toBe('unknown');
  });
});

const worstOf = (...all: ('pass' | 'fail' | 'unknown')[]) => worst(all.map((standing) => ({ standing })));

test('fail outranks unknown, which outranks pass; without a verdict nothing is known', () => {
  expect(worstOf('pass', 'unknown', 'fail')).toBe('fail');
  expect(worstOf('pass', 'unknown')).toBe('unknown');
  expect(worstOf('pass')).toBe('pass');
  expect(worstOf()).toBe('unknown');
});
