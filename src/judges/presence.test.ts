import { describe, expect, test } from 'vitest';
import type { Trait } from '../core/record.ts';
import { alsoSeen, cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { judge } from './index.ts';
import { presence } from './presence.ts';

/** A run on a server that does just this for users to see each other, and what was seen. */
const on = (traits: Trait[], counters = {}) => measuredOf([alsoSeen({ counters }, { traits })]);

describe('presence', () => {
  test('passes where all lists and notices were right, and says how many were told', () => {
    const told = rulingOf(presence, measuredOf(cleanIntervals()));
    expect(told).toMatchObject({
      standing: 'pass',
      because: '270 arrivals and 9 departures told, every list right',
    });
  });

  test.each([
    ['presence_ghosts', '2 times somebody was shown as there who was not'],
    ['presence_missing', '2 times somebody was not shown who was there'],
    ['presence_repeated', '2 times somebody was shown twice, or to itself'],
    ['arrivals_untold', '2 times a user was never told that another one had come'],
    ['departures_untold', '2 times a user was never told that another one had left'],
    ['two_hosts', '2 users were made host of a session that had one'],
    ['no_host', '2 sessions were left without a host'],
  ])('fails %s, and says when the first was', (counter, words) => {
    const example = { kind: 'presence_errors', session: 's', receiver: 'u', sender: 'v', at_ms: 8000 } as const;
    const counters = { presence_errors: 2, [counter]: 2 };
    const ruling = rulingOf(presence, cleanBut({ counters }, { examples: [example] }));
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(new RegExp(`^${words}, the first at \\d\\d:\\d\\d:\\d\\d$`));
    expect(ruling.headline).toBe(`${ruling.because}.`);
    expect(ruling.evidence).toEqual([example]);
  });

  test('tells what may be wrong besides, and does not fail for it alone', () => {
    const failed = rulingOf(
      presence,
      cleanBut({ counters: { presence_errors: 45, presence_repeated: 45, presence_errors_upper: 1079 } }),
    );
    expect(failed).toMatchObject({
      standing: 'fail',
      because:
        '45 times somebody was shown twice, or to itself; at most 1,079 in all, as users were just coming or going',
    });
    const exact = rulingOf(
      presence,
      cleanBut({ counters: { presence_errors: 2, two_hosts: 2, presence_errors_upper: 2 } }),
    );
    expect(exact.because).toBe('2 users were made host of a session that had one');
    const passed = rulingOf(presence, cleanBut({ counters: { presence_errors_upper: 3 } }));
    expect(passed).toMatchObject({ standing: 'pass' });
    expect(passed.because).toMatch(/, every list right; 3 times nobody can say, as users were just coming or going$/);
  });

  test('excuses a generator that stood still for what two connections show together, not for what one message shows', () => {
    const stood = { gauges: { generator_event_loop_delay: 3000 } };
    const standing = (counters: object) => rulingOf(presence, cleanBut({ ...stood, counters })).standing;
    expect(standing({ arrivals_untold: 1, departures_untold: 1, no_host: 1 })).toBe('unknown');
    expect(standing({ presence_missing: 1, presence_ghosts: 1, two_hosts: 1 })).toBe('unknown');
    expect(standing({ departures_untold: 1, presence_repeated: 1 })).toBe('fail');
  });

  test('a generator that was too busy makes unknown who was there', () => {
    const busy = { gauges: { generator_event_loop_utilization: 1.4 } };
    const standing = (counters: object) =>
      judge(cleanBut({ ...busy, counters })).verdicts.find((verdict) => verdict.judge === 'presence')!.standing;
    expect(standing({ departures_untold: 1 })).toBe('unknown');
    expect(standing({ presence_missing: 1 })).toBe('unknown');
    expect(standing({ presence_repeated: 1 })).toBe('fail');
  });

  test('claims nothing of a mere relay, nor of one user alone', () => {
    expect(unclaimedBy(presence, on([]))).toBe('the server neither lists users nor tells who comes and goes');
    expect(unclaimedBy(presence, measuredOf(cleanIntervals(), { users: 1 }))).toMatch(/^one user in a session/);
  });

  test.each([
    ['roster', {}, 'every joiner was given the right list', 'the server tells nobody who comes and goes'],
    ['notices', { arrivals_told: 1 }, '1 arrival told', 'the server gives a joiner no list of users'],
  ] as const)('of a server that has only %s claims that, and not the other half', (trait, counters, pass, because) => {
    expect(presence.judge(on([trait], counters))).toMatchObject([
      { standing: 'pass', because: pass },
      { not_claimed: { because } },
    ]);
  });

  test('fails lists although nobody is told who comes and goes', () => {
    expect(presence.judge(on(['roster'], { presence_errors: 1, presence_missing: 1 }))).toMatchObject([
      { standing: 'fail' },
      { not_claimed: {} },
    ]);
  });
});
