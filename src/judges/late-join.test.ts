import { describe, expect, test } from 'vitest';
import { cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { lateJoin } from './late-join.ts';

describe('late-join', () => {
  test('passes where every state was made of the changes up to its version (P10)', () => {
    const ruling = rulingOf(lateJoin, measuredOf(cleanIntervals()));
    expect(ruling).toMatchObject({ standing: 'pass', because: '54 states right: no gap, nothing twice' });
  });

  test.each([
    ['stale_snapshots', '2 times a user was given a wrong document'],
    ['missed_at_join', '2 changes after a joiner’s document never reached it'],
    ['overlapped', '2 changes came again that the document already held'],
  ] as const)('fails %s, and says when the first was', (counter, words) => {
    const example = { kind: counter, session: 's', receiver: 'u', at_ms: 8000 };
    const ruling = rulingOf(lateJoin, cleanBut({ counters: { [counter]: 2 } }, { examples: [example] }));
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(new RegExp(`^${words}, the first at \\d\\d:\\d\\d:\\d\\d$`));
    expect(ruling.evidence).toEqual([example]);
  });

  test('excuses a generator that stood still for what never came, and not for what was seen', () => {
    const stood = { gauges: { generator_event_loop_delay: 3000 } };
    const standing = (counters: object) => rulingOf(lateJoin, cleanBut({ ...stood, counters })).standing;
    expect(standing({ missed_at_join: 1 })).toBe('unknown');
    expect(standing({ missed_at_join: 1, overlapped: 1 })).toBe('fail');
  });

  test.each([
    [[], 'the server keeps no state: nobody was given one'],
    [['null_state'], 'the server keeps no state: it answers null to who asks for one'],
    [
      ['state'],
      'no state could be told apart: their items do not carry what was put into them, or a version is not known',
    ],
  ] as const)('claims nothing of a server that is seen to give %j', (traits, because) => {
    const intervals = cleanIntervals().map((one) => ({ ...one, stages: {}, traits: [...traits] }));
    expect(unclaimedBy(lateJoin, measuredOf(intervals))).toBe(because);
  });

  test('claims less of states that name no version', () => {
    const [first, ...others] = cleanIntervals().map((one) => ({ ...one, stages: {}, traits: ['state' as const] }));
    const drain = { counters: { states_compared: 2 }, gauges: {}, trends: {} };
    expect(rulingOf(lateJoin, measuredOf([{ ...first!, stages: { drain } }, ...others]))).toMatchObject({
      standing: 'pass',
      claim: 'whoever joined a session in use got all that everybody had by then',
      because: '2 states held all that everybody had when asked for; without versions no more can be told',
    });
  });

  test('tells what it costs that hosts answer those who join', () => {
    const counters = {
      host_states_sent: 9,
      host_state_bytes_sent: 18_000,
      states_received: 72,
      state_bytes_received: 144_000,
    };
    expect(rulingOf(lateJoin, cleanBut({ counters })).because).toBe(
      '54 states right: no gap, nothing twice; hosts sent 9 states, 18 KiB; 72 came, 141 KiB',
    );
    const intervals = cleanIntervals().map((one) => ({ ...one, stages: {}, traits: [] }));
    intervals[0]!.stages = { ramp: { counters, gauges: {}, trends: {} } };
    expect(unclaimedBy(lateJoin, measuredOf(intervals))).toBe(
      'the server keeps no state, and of 9 states that hosts sent none told anything',
    );
  });

  test.each([
    [2, 'was given an empty document, which costs a host that asks its canvas'],
    [1, 'was given a wrong document, 1 of them empty, which costs a host that asks its canvas'],
  ])('says what an empty state does to a host, of %i of 2', (empty, words) => {
    const ruling = rulingOf(lateJoin, cleanBut({ counters: { stale_snapshots: 2, empty_snapshots: empty } }));
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toBe(`2 times a user ${words}`);
  });
});
