import { describe, expect, test } from 'vitest';
import { intervalOf, trendOf, type Parts } from '../result/fixture.ts';
import type { Plan } from '../plan/plan.ts';
import { cleanBut, cleanIntervals, measuredOf, rulingOf } from './fixture.ts';
import { generator } from './generator.ts';
import { judge } from './index.ts';

/** The clean run sends 300 changes in a window of 10 s, from 3 s on; what is added lies between 8 and 9 s. */
const verdict = (parts: Parts, plan: Partial<Plan> = {}) =>
  judge(cleanBut(parts, {}, plan)).verdicts.find((one) => one.judge === 'generator')!;
const late = (ms: number): Parts => ({ trends: { send_lag: trendOf([ms]) } });
const slow = (ms: number): NonNullable<Parts['trends']> => ({
  broadcast_latency: trendOf(Array.from({ length: 100 }, () => ms)),
});

describe('the generator', () => {
  test('is fit with its figures where it was never held up', () => {
    expect(verdict({})).toMatchObject({
      standing: 'pass',
      because: 'fit to judge: event loop 0.34, sends late by 0.723 ms at p99',
    });
  });

  test('that was held up says for how long, when and by what, and passes where that leaves nothing undecided', () => {
    const { standing, because } = verdict({ ...late(188), gauges: { generator_steal: 0.52 } });
    expect(standing).toBe('pass');
    expect(because).toMatch(
      /^it was held up for up to 188 ms at a time \(worst at \d\d:\d\d:11\); others had its core for 52 % of the time, which leaves nothing undecided$/,
    );
  });

  test('is unknown where it leaves something undecided, names it, and says what to do', () => {
    const { standing, because } = verdict({ trends: { send_lag: trendOf([80]), ...slow(143) } });
    expect(standing).toBe('unknown');
    expect(because).toMatch(
      /^it was held up for up to 80 ms .*, which leaves thresholds undecided; take fewer users, more workers \(--workers\) or another machine \(--shard\)$/,
    );
  });

  test.each([
    [{ workers: 2 }, {}, 'take fewer users or another machine (--shard)'],
    [{ workers: 1 }, { generator_steal: 0.4 }, 'leave it the machine (other programs, a quota of the processor)'],
  ])('with %o and %o advises what helps', (plan, gauges, remedy) => {
    expect(verdict({ trends: { send_lag: trendOf([80]), ...slow(143) }, gauges }, plan).because).toContain(remedy);
  });

  test('a loop that is busy for most of the time and never late is fit', () => {
    expect(verdict({ gauges: { generator_event_loop_utilization: 0.9, generator_unread_bytes: 0 } }).because).toMatch(
      /^fit to judge: event loop 0\.62/,
    );
  });

  test('that left messages unread, or may have, says so', () => {
    const full = { generator_event_loop_utilization: 1 };
    const told = (gauges: Parts['gauges'], counters: Parts['counters'] = {}) =>
      verdict({ gauges: { ...full, ...gauges }, counters, trends: slow(143) });
    const unread = told({ generator_unread_bytes: 5e6 }, { bytes_received: 10e6 });
    expect(unread).toMatchObject({
      standing: 'unknown',
      because: expect.stringMatching(
        /^it left messages unread for up to 5,000 ms .*, which leaves thresholds undecided;/,
      ),
    });
    expect(told({})).toMatchObject({
      standing: 'unknown',
      because: expect.stringMatching(/^it may have left messages unread, which nobody can count here \(worst at /),
    });
  });

  test('of which nothing was read is not claimed to be fit', () => {
    expect(generator.judge(measuredOf([]))).toMatchObject([
      { not_claimed: { because: expect.stringContaining('not read') } },
    ]);
  });
});

describe('the planned load', () => {
  const ending = (lag_ms: number, plan: Partial<Plan> = {}) => {
    const sentAfterIt = intervalOf(13_000, 14_000, { steady: { trends: { send_lag: trendOf([lag_ms]) } } });
    return measuredOf([...cleanIntervals(), sentAfterIt], plan);
  };

  test('was offered where at most 5 % of it waited at the end of the window', () => {
    expect(rulingOf(generator, ending(400)).standing).toBe('pass');
    const { standing, because } = rulingOf(generator, ending(2500));
    expect(standing).toBe('unknown');
    expect(because).toMatch(/only 80 % of the planned load was sent in its time; take fewer users/);
  });

  test('was not where it was sent too late: then no latency passes, and what was seen stays', () => {
    const { verdicts } = judge(ending(2500, { thresholds: ['broadcast_latency:p(99)<100', 'send_lag:max<9000'] }));
    const [latency, own] = verdicts.filter((one) => one.judge === 'thresholds');
    expect(latency).toMatchObject({
      standing: 'unknown',
      explained_by: 'generator',
      because: expect.stringMatching(/; but only 80 % of the planned load was sent in its time$/),
    });
    expect(own!.standing).toBe('pass');
    for (const name of ['delivery', 'order', 'isolation']) {
      expect(verdicts.find((one) => one.judge === name)!.standing).toBe('pass');
    }
  });

  test('leaves a lower limit on what was sent or delivered undecided, and an upper one as it is', () => {
    const thresholds = ['deliveries:rate>1000', 'deliveries:rate>100', 'commands_sent:count<100'];
    const standings = judge(ending(2500, { thresholds })).verdicts.flatMap((one) =>
      one.judge === 'thresholds' ? one.standing : [],
    );
    expect(standings).toEqual(['unknown', 'pass', 'fail']);
    expect(judge(ending(400, { thresholds })).verdicts.find((one) => one.judge === 'thresholds')!.standing).toBe(
      'fail',
    );
  });
});
