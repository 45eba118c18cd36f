import { expect, test } from 'vitest';
import { cleanBut, measuredOf, cleanIntervals, rulingOf, unclaimedBy } from './fixture.ts';
import { heartbeat } from './heartbeat.ts';

test('heartbeat passes where every ping was answered in time', () => {
  expect(rulingOf(heartbeat, measuredOf(cleanIntervals()))).toMatchObject({
    standing: 'pass',
    because: '10 of 10 (whole run)',
  });
});

test.each([
  [{ heartbeats: 3, heartbeats_missed: 3 }, '3 of 13 were not answered in the whole run'],
  [
    { heartbeats: 3, heartbeats_missed: 3, heartbeats_late: 2 },
    '3 of 13 were not answered in time (2 late, 1 never) in the whole run',
  ],
])('heartbeat fails with %j', (counters, because) => {
  const ruling = rulingOf(heartbeat, cleanBut({ counters }));
  expect(ruling).toMatchObject({ standing: 'fail', because });
  expect(ruling.headline).toBe(`${because.replace(' were', ' heartbeats were')}.`);
});

test('a threshold on missed heartbeats replaces zero', () => {
  const plan = { thresholds: ['heartbeats_missed:count<=3'] };
  expect(rulingOf(heartbeat, cleanBut({ counters: { heartbeats_missed: 3 } }, {}, plan)).standing).toBe('pass');
});

test('heartbeat is not claimed where none was due', () => {
  expect(unclaimedBy(heartbeat, measuredOf([]))).toMatch(/^none was answered or missed before the run ended/);
});
