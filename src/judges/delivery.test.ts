import { describe, expect, test } from 'vitest';
import type { Example } from '../core/record.ts';
import { binaryWords } from '../protocol/binary.ts';
import { delivery } from './delivery.ts';
import { cleanBut, cleanIntervals, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';

const example = (kind: Example['kind'], due_ms: number): Example => ({ kind, session: 'lt-k3f9zq-s0001', due_ms });

describe('delivery passes', () => {
  test('a clean run, with its figures (P8)', () => {
    const ruling = rulingOf(delivery, measuredOf(cleanIntervals()));
    expect(ruling).toMatchObject({ standing: 'pass', because: '2,700 of 2,700 arrived, once, unchanged' });
  });

  test('copies that did not have to arrive, and did: users come and go with changes under way', () => {
    const ruling = rulingOf(delivery, cleanBut({ counters: { deliveries_possible: 12, commands_skipped_offline: 5 } }));
    expect(ruling.standing).toBe('pass');
  });

  test('copies that may not have had to arrive, and did not: users leave with changes under way', () => {
    expect(rulingOf(delivery, cleanBut({ counters: { lost_upper: 2 } })).standing).toBe('pass');
  });

  test('a loss that was taken back, as it was only counted too early', () => {
    const run = measuredOf([
      ...cleanIntervals(),
      ...[1, -1].map((lost) => ({
        ...cleanIntervals()[2]!,
        stages: { steady: { counters: { lost, lost_upper: lost }, gauges: {}, trends: {} } },
      })),
    ]);
    expect(rulingOf(delivery, run).standing).toBe('pass');
  });

  test('and says what was still under way', () => {
    const run = measuredOf([...cleanIntervals().slice(0, 2), { ...cleanIntervals()[2]!, pending: 7 }]);
    expect(rulingOf(delivery, run).because).toMatch(/7 more were still under way/);
  });
});

describe('delivery and binary messages', () => {
  const binary = (type: string | undefined, count: number) => ({
    errors: [{ kind: 'binary', message: binaryWords(type), count, first_ms: 8000, last_ms: 9000 }],
  });

  test('names them where copies were lost, and nothing of the generator’s excuses it', () => {
    const ill = { generator_event_loop_delay: 9000 };
    const run = cleanBut({ counters: { lost: 40, lost_upper: 40 }, gauges: ill }, binary('command', 41));
    const ruling = rulingOf(delivery, run);
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(
      /^40 of .* lost .*; 41 command messages came as binary, of which a text client reads/,
    );
    expect(ruling.headline).toBe(
      '40 deliveries were lost; 41 command messages came as binary, of which a text client reads nothing.',
    );
  });

  test('passes where some came besides, or were of another kind', () => {
    expect(rulingOf(delivery, cleanBut({}, binary('command', 3))).standing).toBe('pass');
    const lost = cleanBut({ counters: { lost: 1, lost_upper: 1 } }, binary('pong', 3));
    expect(rulingOf(delivery, lost).because).not.toContain('binary');
  });
});

describe('delivery fails', () => {
  test('a loss, by number, share and time', () => {
    const run = cleanBut(
      { counters: { lost: 3, lost_upper: 3, deliveries_expected: 3 } },
      { examples: [example('lost', 8200), example('lost', 8100)] },
    );
    const ruling = rulingOf(delivery, run);
    expect(ruling).toMatchObject({ standing: 'fail' });
    expect(ruling.because).toMatch(/^3 of 2,703 lost in the whole run \(the first due at \d\d:\d\d:11\)$/);
    expect(ruling.headline).toMatch(/^3 deliveries were lost/);
    expect(ruling.evidence).toHaveLength(2);
  });

  test('a loss that is only known as an interval', () => {
    const ruling = rulingOf(delivery, cleanBut({ counters: { lost: 3, lost_upper: 5, deliveries_expected: 3 } }));
    expect(ruling.because).toBe('at least 3, at most 5 of 2,703 lost in the whole run');
  });

  test.each([
    ['duplicated', '2 arrived again'],
    ['echoed', '2 came back to the sender'],
    ['corrupted', '2 arrived altered'],
    ['invented', '2 arrived that nobody sent'],
  ] as const)('what was %s, which no slow clock excuses (P8)', (name, because) => {
    const ruling = rulingOf(delivery, cleanBut({ counters: { [name]: 2 } }, { examples: [example(name, 8000)] }));
    expect(ruling).toMatchObject({ standing: 'fail', because, evidence: [{ kind: name }] });
  });

  test('what came after the deadline', () => {
    const ruling = rulingOf(delivery, cleanBut({ counters: { late: 4 } }));
    expect(ruling).toMatchObject({
      standing: 'fail',
      because: '4 arrived after the deadline of 10 s',
    });
  });

  test('all of it in one sentence, with every kind among ten examples', () => {
    const examples = (['lost', 'corrupted', 'echoed'] as const).flatMap((kind) =>
      Array.from({ length: 8 }, (_, i) => example(kind, 8000 + i)),
    );
    const ruling = rulingOf(
      delivery,
      cleanBut({ counters: { lost: 8, lost_upper: 8, corrupted: 8, echoed: 8 } }, { examples }),
    );
    expect(ruling.because).toMatch(/lost .*, 8 came back to the sender and 8 arrived altered$/);
    expect(ruling.evidence).toHaveLength(10);
    expect(new Set(ruling.evidence!.map(({ kind }) => kind))).toEqual(new Set(['lost', 'echoed', 'corrupted']));
  });
});

describe('delivery is unknown', () => {
  test('where changes were sent and none had to arrive yet', () => {
    const run = measuredOf([
      { ...cleanIntervals()[0]!, stages: { steady: { counters: { commands_sent: 3 }, gauges: {}, trends: {} } } },
    ]);
    expect(rulingOf(delivery, run).standing).toBe('unknown');
  });
});

describe('delivery is not claimed', () => {
  test('where nothing was sent', () => {
    expect(unclaimedBy(delivery, measuredOf(cleanIntervals().slice(0, 1)))).toBe('no change was sent');
  });

  test('where a session has a single user', () => {
    const alone = {
      ...cleanIntervals()[0]!,
      stages: { steady: { counters: { commands_sent: 3 }, gauges: {}, trends: {} } },
    };
    expect(unclaimedBy(delivery, measuredOf([alone], { users: 1 }))).toMatch(/nobody to send to/);
  });
});
