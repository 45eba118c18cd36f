import { describe, expect, test } from 'vitest';
import { convergence } from './convergence.ts';
import { cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';
import { judge } from './index.ts';

const standing = (of: Parameters<typeof judge>[0]) => judge(of).verdicts.find((one) => one.judge === 'convergence')!;
const example = { kind: 'diverged_replicas' as const, session: 's', receiver: 'u', item_id: 'i', at_ms: 13_500 };

describe('convergence', () => {
  test('passes where everybody and the server hold the same', () => {
    const ruling = rulingOf(convergence, measuredOf(cleanIntervals()));
    expect(ruling).toMatchObject({ standing: 'pass', because: '30 users and the server hold the same 3 documents' });
  });

  test('fails where a user ended with another document though everything had reached it, and nothing explains it', () => {
    const told = standing(cleanBut({ counters: { diverged_replicas: 2 } }, { examples: [example] }));
    expect(told.because).toBe('2 of 30 users ended with a different document, though everything had reached them');
    expect(told).toMatchObject({ standing: 'fail', evidence: [example] });
    expect(told.explained_by).toBeUndefined();
  });

  test.each([
    ['delivery', { lost: 3, lost_upper: 3, diverged_by_loss: 2 }],
    ['order', { reordered: 3, diverged_by_loss: 2 }],
    ['late-join', { stale_snapshots: 1, diverged_by_snapshot: 2 }],
  ])('names %s where that is what left users with another document', (cause, counters) => {
    const run = cleanBut({ counters: { ...counters, diverged_replicas: 2 } });
    expect(standing(run)).toMatchObject({ standing: 'fail', explained_by: cause });
  });

  test('is not explained by losses where only some of the users had any', () => {
    const counters = { lost: 3, lost_upper: 3, diverged_by_loss: 1, diverged_replicas: 2 };
    const told = standing(cleanBut({ counters }));
    expect(told.explained_by).toBeUndefined();
    expect(told.because).toContain('1 of them though everything had reached them');
  });

  test('claims nothing of concurrent edits on a server that gives no order', () => {
    const run = judge(cleanBut({ counters: { diverged_by_protocol: 4 } }));
    expect(run.verdicts.find((one) => one.judge === 'convergence')!.standing).toBe('pass');
    const unclaimed = run.not_claimed.find((one) => one.judge === 'convergence');
    expect(unclaimed!.because).toBe('4 users ended apart through concurrent edits, and the server gives no order');
  });

  test('claims nothing where no document was compared', () => {
    const without = cleanIntervals().slice(0, 2);
    expect(unclaimedBy(convergence, measuredOf(without))).toContain('whole document is known');
  });
});
