import { describe, expect, test } from 'vitest';
import { trendOf, type Parts } from '../result/fixture.ts';
import type { Interval } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import { cleanBut, cleanIntervals, measuredOf } from './fixture.ts';
import { generator } from './generator.ts';
import { judge, JUDGES, worst } from './index.ts';
import { JUDGE_NAMES } from './judge.ts';

const standings = (parts: Parts, rest: Partial<Interval> = {}, plan: Partial<Plan> = {}) =>
  Object.fromEntries(judge(cleanBut(parts, rest, plan)).verdicts.map((verdict) => [verdict.judge, verdict]));

const busy: Parts = { gauges: { generator_event_loop_utilization: 1.4 } };
const sends = (ms: number): Parts => ({ trends: { send_lag: trendOf(Array.from({ length: 300 }, () => ms)) } });
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

const fitness = (ms: number, thresholds: string[]) => standings(sends(ms), {}, { thresholds })['generator']!.standing;

describe('a sick generator', () => {
  test('that is too busy makes latency, deadlines and heartbeats unknown; what was seen stays', () => {
    const told = standings({ ...busy, counters: broken });
    expect(told['generator']).toMatchObject({ standing: 'unknown' });
    expect(told['generator']!.because).toMatch(/busy for \d\d % of the time, which is over 70 %/);
    for (const name of ['delivery', 'heartbeat', 'thresholds']) {
      expect(told[name]).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    }
    expect(told['isolation']!.standing).toBe('fail');
    expect(told['order']!.standing).toBe('fail');
    expect(told['disconnects']!.standing).toBe('fail');
  });

  test('does not excuse a delivery that was seen to be wrong', () => {
    expect(standings({ ...busy, counters: { lost: 2, corrupted: 1 } })['delivery']!.standing).toBe('fail');
  });

  test('makes unknown too what only follows from what it made unknown', () => {
    const apart = { diverged_replicas: 2, replicas_compared: 4 };
    const through = (counters: object) => standings({ ...busy, counters: { ...apart, ...counters } })['convergence'];
    expect(through({ diverged_by_loss: 2, lost: 1 })).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    expect(through({ diverged_by_loss: 2, lost: 1, reordered: 1 })).toMatchObject({
      standing: 'fail',
      explained_by: 'order',
    });
    expect(through({ diverged_by_loss: 1, lost: 1 })!.standing).toBe('fail');
    expect(through({ diverged_by_loss: 2, corrupted: 1 })!.standing).toBe('fail');
  });

  test('does not take away what held without a clock', () => {
    const told = standings(busy);
    for (const name of ['delivery', 'order', 'isolation', 'heartbeat', 'disconnects']) {
      expect(told[name]!.standing).toBe('pass');
    }
  });

  test('is one whose sends are late by more than 5 ms at p99, or 10 % of the tightest latency objective', () => {
    expect(fitness(9, ['broadcast_latency:p(99)<100', 'join_time:p(95)<5000'])).toBe('pass');
    expect(fitness(12, ['broadcast_latency:p(99)<100', 'join_time:p(95)<5000'])).toBe('unknown');
    expect(fitness(4.5, ['broadcast_latency:p(99)<10'])).toBe('pass');
    expect(fitness(6, ['broadcast_latency:p(99)<10'])).toBe('unknown');
    expect(fitness(6, ['lost:count==0', 'broadcast_latency:min>1', 'send_lag:p(99)<1000'])).toBe('unknown');
  });

  test('whose lateness is small against the deadline leaves losses and disconnects as they are', () => {
    const told = standings({ ...sends(50), counters: broken });
    expect(told['generator']!.standing).toBe('unknown');
    expect(told['thresholds']!.standing).toBe('unknown');
    expect(told['delivery']!.standing).toBe('fail');
    expect(told['disconnects']!.standing).toBe('fail');
  });

  test('that stood still once, for a quarter of the deadline, makes losses and disconnects unknown', () => {
    const told = standings({ trends: { send_lag: trendOf([2600]) }, counters: broken });
    expect(told['generator']!.because).toMatch(
      /^it stood still for 2,600 ms \(worst at \d\d:\d\d:11\); take fewer users/,
    );
    for (const name of ['delivery', 'heartbeat', 'disconnects']) {
      expect(told[name]).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    }
    expect(told['thresholds']!.standing).toBe('pass');
    expect(told['isolation']!.standing).toBe('fail');
  });

  test('a worker of which died makes every pass unknown, for its sessions; failures stay', () => {
    const events = [{ at_ms: 8000, kind: 'worker-died', text: 'a worker died (SIGKILL): its sessions are unknown' }];
    const told = standings({ counters: { misrouted: 1 } }, { events });
    expect(told['generator']!.because).toMatch(/^at \d\d:\d\d:11 a worker died \(SIGKILL\): its sessions are unknown$/);
    expect(told['delivery']).toMatchObject({ standing: 'unknown', explained_by: 'generator' });
    expect(told['isolation']!.standing).toBe('fail');
  });

  test('of which nothing was read is not claimed to be fit', () => {
    expect(generator.judge(measuredOf([]))).toMatchObject([
      { not_claimed: { because: expect.stringContaining('not read') } },
    ]);
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
