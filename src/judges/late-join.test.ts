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

  test('rests on the deadline for what never came, and on nothing for what was seen', () => {
    expect(rulingOf(lateJoin, cleanBut({ counters: { missed_at_join: 1 } })).rests_on).toBe('deadline');
    expect(rulingOf(lateJoin, cleanBut({ counters: { missed_at_join: 1, overlapped: 1 } })).rests_on).toBeUndefined();
  });

  test('claims nothing of a mere relay', () => {
    expect(unclaimedBy(lateJoin, measuredOf(cleanIntervals().slice(0, 2)))).toBe(
      'the server gives its changes no versions',
    );
  });
});
