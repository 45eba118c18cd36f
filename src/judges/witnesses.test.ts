import { describe, expect, test } from 'vitest';
import { cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { heartbeat } from './heartbeat.ts';
import { isolation } from './isolation.ts';
import { order } from './order.ts';

const clean = measuredOf(cleanIntervals());

describe('order', () => {
  test("passes where each sender's changes came in the order sent (P8)", () => {
    expect(rulingOf(order, clean).standing).toBe('pass');
  });

  test('fails a later change that came first', () => {
    const run = cleanBut(
      { counters: { reordered: 2 } },
      { examples: [{ kind: 'reordered', session: 's', due_ms: 8000 }] },
    );
    const ruling = rulingOf(order, run);
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(
      /^2 changes arrived after a later one of the same sender, the first at \d\d:\d\d:11$/,
    );
    expect(ruling.evidence).toHaveLength(1);
  });

  test('fails a version that came too late, twice, or not at all', () => {
    const ruling = rulingOf(order, cleanBut({ counters: { version_errors: 2 } }));
    expect(ruling).toMatchObject({ standing: 'fail', because: '2 versions came too late, twice, or not at all' });
  });

  test('claims one order of all senders only where the server gives versions', () => {
    expect(rulingOf(order, clean).because).toBe('one order for everybody in each of 3 sessions');
    expect(order.judge(measuredOf(cleanIntervals().slice(0, 2)))).toMatchObject([
      { standing: 'pass', because: "each sender's changes in the order sent" },
      { not_claimed: { because: 'the server gives its changes no versions' } },
    ]);
  });

  test('says nothing of gaps where versions do not count one by one, and claims the rest', () => {
    expect(order.judge(cleanBut({ counters: { versions_skipped: 1200 } }))).toMatchObject([
      { standing: 'pass', because: 'one order for everybody in each of 3 sessions' },
      {
        not_claimed: {
          claim: 'the server left no version out',
          because: 'its versions do not count the changes one by one: 1,200 numbers between them are of no change',
        },
      },
    ]);
    expect(order.judge(cleanBut({ counters: { versions_skipped: 1200, version_errors: 1 } }))).toMatchObject([
      { standing: 'fail' },
      { not_claimed: {} },
    ]);
  });

  test('is not claimed where nothing arrived', () => {
    expect(unclaimedBy(order, measuredOf(cleanIntervals().slice(0, 1)))).toBe('no change arrived');
  });
});

describe('isolation', () => {
  test('passes where nothing crossed sessions (P8)', () => {
    expect(rulingOf(isolation, clean).standing).toBe('pass');
  });

  test('fails a change in another session, even where there should be only one', () => {
    for (const sessions of [3, 1]) {
      const ruling = rulingOf(isolation, cleanBut({ counters: { misrouted: 1 } }, {}, { sessions }));
      expect(ruling).toMatchObject({ standing: 'fail', because: '1 change arrived in another session' });
    }
  });

  test('is not claimed with one session, or with nothing sent', () => {
    expect(unclaimedBy(isolation, measuredOf(cleanIntervals(), { sessions: 1 }))).toMatch(/one session/);
    expect(unclaimedBy(isolation, measuredOf(cleanIntervals().slice(0, 1)))).toBe('no change was sent');
  });
});

describe('heartbeat', () => {
  const missing = { counters: { heartbeats: 2, heartbeats_missed: 2 } };

  test('passes where every ping was answered', () => {
    expect(rulingOf(heartbeat, clean)).toMatchObject({ standing: 'pass', because: '10 of 10 (whole run)' });
  });

  test('fails a ping without its pong, unless the generator stood still', () => {
    const ruling = rulingOf(heartbeat, cleanBut(missing));
    expect(ruling).toMatchObject({
      standing: 'fail',
      because: '2 of 12 were not answered in the whole run',
    });
    const stood = { gauges: { generator_event_loop_delay: 3000 } };
    expect(rulingOf(heartbeat, cleanBut({ ...missing, ...stood }))).toMatchObject({
      standing: 'unknown',
      excused: true,
    });
  });

  test('tolerates what a threshold of its metric tolerates', () => {
    expect(rulingOf(heartbeat, cleanBut(missing, {}, { thresholds: ['heartbeats_missed:count<3'] })).standing).toBe(
      'pass',
    );
    expect(rulingOf(heartbeat, cleanBut(missing, {}, { thresholds: ['heartbeats_missed:count<2'] })).standing).toBe(
      'fail',
    );
    expect(rulingOf(heartbeat, cleanBut(missing, {}, { thresholds: ['join_time:max<9000'] })).standing).toBe('fail');
  });

  test('is not claimed where none fell due, or the plan has none', () => {
    const none = cleanIntervals().slice(0, 1);
    expect(unclaimedBy(heartbeat, measuredOf(none))).toMatch(/one is due every 30 s/);
    const plans = { edits: true, cursors: false, heartbeats: false, leaves: false };
    expect(unclaimedBy(heartbeat, measuredOf(none, { plans }))).toBe('the plan has no heartbeats');
  });
});
