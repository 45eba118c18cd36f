import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf } from '../core/buckets.ts';
import type { Disconnect, Interval } from '../core/record.ts';
import type { Measured } from '../result/measured.ts';
import { disconnects } from './disconnects.ts';
import { intervalOf } from '../result/fixture.ts';
import { cleanBut, disconnectOf, measuredOf, rulingOf } from './fixture.ts';
import { idleLimitOf } from './idle-limit.ts';

const pairs = (ms: readonly number[]): number[] => {
  const counts = new Map<number, number>();
  for (const one of ms) counts.set(bucketOf(one), (counts.get(bucketOf(one)) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b).flat();
};

/** A run in which connections ended after these silences. */
const ended = (quiet_ms: readonly number[], how: Partial<Disconnect> = {}, more: Partial<Interval> = {}): Measured =>
  cleanBut(
    { counters: { disconnects_unexpected: quiet_ms.length } },
    {
      disconnects: [disconnectOf({ first_ms: 4000, last_ms: 9000, count: quiet_ms.length, ...how })],
      stays: { ended: [bucketOf(5000), quiet_ms.length], censored: [], quiet: pairs(quiet_ms) },
      ...more,
    },
  );

describe('an idle limit is told', () => {
  test('where every connection ended after the same silence, with what keeps it open', () => {
    const ruling = rulingOf(disconnects, ended([2990, 3000, 3004, 3001, 2805]));
    expect(ruling).toMatchObject({
      standing: 'fail',
      headline:
        'Every connection ended 3.0 s after its last byte: an idle limit on the way. --heartbeat 2s keeps them open, or raise it.',
    });
    expect(ruling.because).toMatch(
      /^5 of 30 connections ended: 5 by the network .*; every one of them 3\.0 s after its last byte: an idle limit on the way, such as nginx’s proxy_read_timeout .*; --heartbeat 2s keeps/,
    );
  });

  test.each([
    [60_000, {}, /1 min after its last byte: an idle limit on the way.*--heartbeat 40s/],
    [1500, {}, /1\.5 s after .*--heartbeat 1s/],
    [1200, {}, /1\.2 s after .*--heartbeat 800ms/],
    [20_000, { initiator: 'server', code: 1001 } as const, /20 s after its last byte: an idle limit of the server’s/],
  ])('after %i ms', (ms, how, says) => {
    expect(rulingOf(disconnects, ended(Array<number>(9).fill(ms), how)).headline).toMatch(says);
  });

  test('of nearly all, where a few ended otherwise', () => {
    const run = ended([...Array<number>(27).fill(3000), 5, 20, 40]);
    expect(rulingOf(disconnects, run).because).toContain('27 of them 3.0 s after its last byte');
  });

  test('beside a crash, where all ended at once: both are causes', () => {
    const ruling = rulingOf(disconnects, ended([3000, 3000, 3000], { last_ms: 4200 }));
    expect(ruling.because).toContain('all at once: a crash or a cut, or an idle limit on the way');
    expect(ruling.headline).toContain('crash, kill or cut network (1006)');
  });
});

describe('no idle limit is told', () => {
  test.each<[string, Measured]>([
    ['where the silences differ', ended([1000, 2000, 3000, 4000, 5000])],
    ['where all were busy', ended([20, 20, 21, 22, 20])],
    ['of one or two', ended([3000, 3000])],
    ['where most of what ended is not known', ended([3000, 3000, 3000], { count: 30 })],
    ['where this tool itself ended them', ended([3000, 3000, 3000], { initiator: 'client' })],
    ['where they ended as they should', ended([3000, 3000, 3000], { expected: true })],
  ])('%s', (_, run) => expect(idleLimitOf(run)).toBeUndefined());

  test('where the server’s process is known to have ended', () => {
    const events = [{ at_ms: 8000, kind: 'server-died', text: 'the server’s process ended (SIGKILL)' }];
    expect(rulingOf(disconnects, ended([3000, 3000, 3000, 3000], {}, { events })).because).not.toContain('idle');
  });
});

test('whatever the silences: a limit is told only where nine in ten lie close to what is said', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 40 }), (quiet) => {
      const found = idleLimitOf(ended(quiet));
      if (!found) return;
      const near = quiet.filter(
        (ms) => Math.abs(ms - found.quiet_ms) <= Math.min(400 + 0.04 * found.quiet_ms, 0.22 * found.quiet_ms),
      );
      expect(near.length).toBeGreaterThanOrEqual(0.9 * quiet.length);
      expect(found.quiet_ms).toBeGreaterThanOrEqual(1000 * 0.99);
    }),
  );
});

describe('a limit on how many may be in', () => {
  const users = (...counts: number[]): Measured =>
    measuredOf(
      counts.map((in_at_once, nth) =>
        intervalOf(
          3000 + 1000 * nth,
          4000 + 1000 * nth,
          { steady: { counters: { connections: 4, connections_failed: 10 }, gauges: { users_connected: in_at_once } } },
          {
            disconnects: [disconnectOf({ code: 0, phase: 'connect', count: 10 })],
            errors: [{ kind: 'connect', message: 'HTTP 503', count: 10, first_ms: 3000, last_ms: 9000 }],
          },
        ),
      ),
    );

  test('is told where as many were in all the while, and others came in vain', () => {
    expect(rulingOf(disconnects, users(4, 4, 4)).because).toMatch(
      /^30 attempts to connect failed, most often: it is there and takes nobody now \(HTTP 503\); all the while 4 of 30 users were in, as with a limit/,
    );
  });

  test.each([[[30, 30]], [[4, 6]], [[0, 0]]])('is not told where %j were in', (counts) => {
    expect(rulingOf(disconnects, users(...counts)).because).not.toContain('limit');
  });
});
