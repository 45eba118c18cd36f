import { describe, expect, test } from 'vitest';
import { bucketOf } from '../core/buckets.ts';
import type { Parts } from '../result/fixture.ts';
import { disconnects } from './disconnects.ts';
import { judge } from './index.ts';
import { thresholds } from './thresholds.ts';
import { cleanBut, cleanIntervals, disconnectOf, measuredOf, rulingOf, unclaimedBy } from './fixture.ts';

describe('disconnects passes', () => {
  test('a run in which nobody was disconnected', () => {
    expect(rulingOf(disconnects, measuredOf(cleanIntervals()))).toMatchObject({ standing: 'pass', because: '0 of 30' });
  });

  test('users who leave as the scenario wants, also before they were let in', () => {
    const left = [
      disconnectOf({ code: 1000, initiator: 'client', phase: 'close', expected: true, count: 9 }),
      disconnectOf({ code: 1000, initiator: 'client', phase: 'join', expected: true, count: 1 }),
    ];
    const run = cleanBut({ counters: { reconnects: 9, connections_failed: 1 } }, { disconnects: left });
    expect(rulingOf(disconnects, run).standing).toBe('pass');
  });
});

describe('what no server may send', () => {
  const says = 'the server broke the WebSocket protocol (RFC 6455, 5.1): a frame of the server is masked';
  const breach = { code: 1002, reason: says, initiator: 'server', breach: true, count: 4 } as const;
  /** The generator stood still so long that a server may have given its users up. */
  const ill: Parts = { gauges: { generator_event_loop_delay: 9000 } };

  test('is named with its section, and no state of the generator excuses it', () => {
    const seen = cleanBut({ ...ill, counters: { disconnects_unexpected: 4 } }, { disconnects: [disconnectOf(breach)] });
    const ruling = rulingOf(disconnects, seen);
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(/^4 of 30 connections ended: 4 at \d\d:\d\d:\d\d with 1002, as the server broke/);
    expect(ruling.headline).toContain(`: ${says}.`);
  });

  test('also where it kept users from joining, and where they were leaving', () => {
    const join = cleanBut(
      { counters: { connections_failed: 4 } },
      { disconnects: [disconnectOf({ ...breach, phase: 'join' })] },
    );
    expect(rulingOf(disconnects, join).because).toBe(`4 attempts to connect failed, most often: ${says}`);
    const close = { ...breach, initiator: 'client', phase: 'close', expected: true } as const;
    const left = rulingOf(disconnects, cleanBut(ill, { disconnects: [disconnectOf(close)] }));
    expect(left).toMatchObject({ standing: 'fail', because: `as 4 connections closed, ${says}` });
  });

  test('is another thing than a close code of the server’s own', () => {
    const closed = disconnectOf({ code: 1002, initiator: 'server', reason: 'no' });
    const run = cleanBut({ counters: { disconnects_unexpected: 1 } }, { disconnects: [closed] });
    expect(rulingOf(disconnects, run).because).toContain('1 by the server with 1002 (protocol error) "no"');
  });
});

describe('disconnects does not know', () => {
  const message = 'no local address and port were left towards the server (EADDRNOTAVAIL): send from further addresses';
  const walls = (count: number) => ({
    disconnects: [disconnectOf({ code: 0, initiator: 'client', phase: 'connect', count })],
    errors: [{ kind: 'wall', message, count, first_ms: 8100, last_ms: 8900 }],
  });

  test('what a limit of the tool’s own machine kept from the server, and says which and how to move it', () => {
    const run = cleanBut({ counters: { connections_failed: 12 } }, walls(12));
    const because = `12 attempts to connect never left this machine: ${message}`;
    expect(rulingOf(disconnects, run)).toEqual(expect.objectContaining({ standing: 'unknown', because }));
    expect(judge(run).verdicts.filter(({ standing }) => standing === 'fail')).toEqual([]);
  });

  test('but what the server refused besides is the server’s', () => {
    const run = cleanBut({ counters: { connections_failed: 15 } }, walls(12));
    const ruling = rulingOf(disconnects, run);
    expect(ruling.standing).toBe('fail');
    expect(ruling.because).toMatch(/^3 attempts to connect failed.*; 12 attempts to connect never left/);
  });

  test.each(['connections_failed:count==0', 'availability:value>0.99'])('and neither does %s', (threshold) => {
    const late = { joined_user_ms: 0, planned_user_ms: 300_000 };
    const plan = { thresholds: [threshold] };
    const own = cleanBut({ counters: { connections_failed: 12 } }, { ...late, ...walls(12) }, plan);
    expect(rulingOf(thresholds, own)).toMatchObject({ standing: 'unknown' });
    const theirs = cleanBut({ counters: { connections_failed: 12 } }, late, plan);
    expect(rulingOf(thresholds, theirs)).toMatchObject({ standing: 'fail' });
  });
});

describe('disconnects fails', () => {
  test('the server throwing somebody out, with the code in words, who and when', () => {
    const run = cleanBut(
      { counters: { disconnects_unexpected: 3 } },
      {
        disconnects: [
          disconnectOf({ code: 1011, initiator: 'server', reason: 'oops\u001b[31m', count: 3, last_ms: 9000 }),
        ],
      },
    );
    const ruling = rulingOf(disconnects, run);
    expect(ruling).toMatchObject({ standing: 'fail' });
    expect(ruling.because).toMatch(
      /^3 of 30 connections ended: 3 by the server with 1011 \(server error: .*\) "oops\uFFFD\[31m" from \d\d:\d\d:11 to \d\d:\d\d:12$/,
    );
    expect(ruling.headline).toMatch(/^3 connections were cut off from .* \(1011\)\.$/);
  });

  test('a 1000 from the server in mid-run like any other', () => {
    const run = cleanBut(
      { counters: { disconnects_unexpected: 1 } },
      { disconnects: [disconnectOf({ code: 1000, initiator: 'server' })] },
    );
    expect(rulingOf(disconnects, run).because).toContain('the server threw this user out');
  });

  test('a server that takes a user for silent who sends heartbeats, and says how long connections last', () => {
    const stays = { ended: [bucketOf(2000), 6], censored: [bucketOf(9000), 24] };
    const run = cleanBut(
      { counters: { disconnects_unexpected: 6 } },
      {
        stays,
        disconnects: [disconnectOf({ code: 1011, initiator: 'server', reason: 'keepalive ping timeout', count: 6 })],
      },
    );
    expect(rulingOf(disconnects, run).because).toMatch(
      /^6 of 30 .* "keepalive ping timeout" at \d\d:\d\d:11, though every user answers pings and sends a heartbeat every 30 s; 80 % last longer than 9 s$/,
    );
    expect(run.survival!.map(({ alive }) => alive)).toEqual([1, 0.8, 0.8]);
  });

  test('and says nothing of how long they last where it is not known of all', () => {
    const stays = { ended: [bucketOf(2000), 6], censored: [] };
    const run = cleanBut(
      { counters: { disconnects_unexpected: 6 } },
      { stays, disconnects: [disconnectOf({ count: 6 })] },
    );
    expect(run.survival).toBeUndefined();
  });

  test('a killed server: everybody, and why nobody came back', () => {
    const run = cleanBut(
      { counters: { disconnects_unexpected: 30, connections_failed: 80 } },
      {
        disconnects: [disconnectOf({ count: 30 }), disconnectOf({ code: 0, phase: 'connect', count: 80 })],
        errors: [
          { kind: 'connect', message: 'connect ECONNREFUSED 127.0.0.1:8765', count: 80, first_ms: 8100, last_ms: 8900 },
        ],
      },
    );
    const ruling = rulingOf(disconnects, run);
    expect(ruling.because).toContain('30 of 30 connections ended: 30 by the network with 1006 (no close frame');
    expect(ruling.because).toContain(
      '80 attempts to connect failed, most often: nothing listens there (connect ECONNREFUSED',
    );
    expect(ruling.headline).toMatch(
      /^Everybody was cut off at \d\d:\d\d:11: no close frame: crash, kill or cut network \(1006\)\.$/,
    );
  });

  test('a server process that is known to have ended is named first', () => {
    const run = cleanBut(
      { counters: { disconnects_unexpected: 30 } },
      {
        disconnects: [disconnectOf({ count: 30 })],
        events: [{ at_ms: 8000, kind: 'server-died', text: 'the server’s process ended (SIGKILL)' }],
      },
    );
    expect(rulingOf(disconnects, run).headline).toMatch(
      /^The server’s process ended \(SIGKILL\) at \d\d:\d\d:11; 30 of 30/,
    );
  });

  test('a server that does not let somebody in', () => {
    const run = cleanBut(
      { counters: { connections_failed: 2 } },
      { disconnects: [disconnectOf({ code: 4013, initiator: 'server', phase: 'join', count: 2 })] },
    );
    const ruling = rulingOf(disconnects, run);
    expect(ruling).toMatchObject({ standing: 'fail' });
    expect(ruling.because).toBe('2 attempts to connect failed, most often with 4013 (full, try again later)');
  });
});

describe('a threshold on disconnects replaces zero', () => {
  const two = { counters: { disconnects_unexpected: 2 } };
  test.each([
    ['disconnect_rate:rate<0.1', 'pass'],
    ['disconnect_rate:rate<0.001', 'fail'],
    ['disconnects_unexpected:count<=2', 'pass'],
    ['disconnects_per_user_hour:value<1', 'fail'],
    ['connections_failed:count<5', 'fail'],
  ] as const)('%s: %s', (threshold, standing) => {
    expect(rulingOf(disconnects, cleanBut(two, {}, { thresholds: [threshold] })).standing).toBe(standing);
  });

  test('but says nothing of those who were not let in', () => {
    const run = cleanBut({ counters: { connections_failed: 2 } }, {}, { thresholds: ['disconnect_rate:rate<0.1'] });
    expect(rulingOf(disconnects, run).standing).toBe('fail');
  });
});

test('disconnects is not claimed where nobody connected', () => {
  expect(unclaimedBy(disconnects, measuredOf([]))).toBe('nobody connected');
});
