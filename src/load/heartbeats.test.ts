import { expect, it } from 'vitest';
import idle from '../../scenarios/idle.ts';
import { Relay } from './testing/relay.ts';
import { planOf, simulate } from './testing/simulate.ts';

interface Told {
  sent: number;
  missed: number;
  late: number;
  /** Milliseconds from each ping to its own pong. */
  rtt: number[];
}

const NEVER = undefined;

/** One user who pings every 10 s, and a server that answers the n-th after so many seconds, and says other things too. */
function against(answers: (number | undefined)[], deadline_ms: number): Told {
  const duration_ms = answers.length * 10_000;
  const plan = planOf({ users: 1, sessions: 1, heartbeat_ms: 10_000, deadline_ms, duration_ms, ramp_up_ms: 0 });
  let sent = 0;
  const { intervals, count } = simulate(plan, idle.spec, (time) => {
    return new Relay(time, {
      pong: (client) => {
        const after = answers[sent++];
        client.deliver('{"type":"cursor"}');
        if (after !== NEVER) client.deliver('{"type":"pong"}', after * 1e6);
        return false;
      },
    });
  });
  const trends = intervals.flatMap(({ stages }) =>
    Object.values(stages).flatMap((one) => one.trends.heartbeat_rtt ?? []),
  );
  const rtt = trends.filter((one) => one.count > 0).map((one) => Math.round(one.sum_us / one.count / 1000));
  return { sent, missed: count('heartbeats_missed'), late: count('heartbeats_late'), rtt };
}

it.each([
  ['answered in time', [1, 1, 1], { missed: 0, late: 0, rtt: [1000, 1000, 1000] }],
  ['of which the first is never answered', [NEVER, 1, 1], { missed: 1, late: 0, rtt: [1000, 1000] }],
  ['of which two in a row are never answered', [NEVER, NEVER, 1], { missed: 2, late: 0, rtt: [1000] }],
  ['of which one is answered late, while none waits', [6, 1, 1], { missed: 1, late: 1, rtt: [1000, 1000] }],
  ['of which one is answered late, while the next waits', [11, 2, 1], { missed: 1, late: 1, rtt: [2000, 1000] }],
  ['answered all at once after a standstill', [22, 12, 2, 1], { missed: 2, late: 2, rtt: [2000, 1000] }, 30_000],
  ['that may wait until the next', [9, NEVER, 9], { missed: 1, late: 0, rtt: [9000, 9000] }, 30_000],
  ['late, then never, then in time', [6, NEVER, 1], { missed: 2, late: 1, rtt: [1000] }],
])('pings %s are told so', (_what, answers, told, deadline_ms = 4000) => {
  const { sent, ...counted } = against(answers, deadline_ms);
  expect(sent).toBe(answers.length);
  expect(counted).toEqual(told);
});

it('a pong that nobody asked for is nobody’s', () => {
  const plan = planOf({ users: 1, sessions: 1, heartbeat_ms: 10_000, duration_ms: 30_000 });
  const { count } = simulate(plan, idle.spec, (time) => {
    return new Relay(time, {
      pong: (client) => {
        for (let copies = 0; copies < 3; copies++) client.deliver('{"type":"pong"}');
        return false;
      },
    });
  });
  expect([count('heartbeats'), count('heartbeats_missed'), count('heartbeats_late')]).toEqual([3, 0, 0]);
});

it('what a server owed to an earlier connection is not late on the next', () => {
  let connections = 0;
  let pings = 0;
  const plan = planOf({ users: 1, sessions: 1, heartbeat_ms: 3000, duration_ms: 30_000 });
  const { count } = simulate(plan, idle.spec, (time) => {
    return new Relay(time, {
      join: () => (connections++, true),
      pong: (client) => {
        pings++;
        if (connections > 1) return true;
        if (pings === 2) client.end({ code: 1011, reason: '', initiator: 'server' });
        return false;
      },
    });
  });
  expect(connections).toBe(2);
  expect(pings).toBeGreaterThan(6);
  expect([count('heartbeats_missed'), count('heartbeats_late')]).toEqual([1, 0]);
});
