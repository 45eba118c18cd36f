import { expect, it } from 'vitest';
import type { Connection, Door, Ending } from './ports.ts';
import { Relay } from './testing/relay.ts';
import { EDITORS, planOf, simulate } from './testing/simulate.ts';
import type { VirtualTime } from './testing/virtual-time.ts';

const AT_A_WALL: Ending = { code: 0, reason: '', initiator: 'client', error: 'no port (X): wait', wall: true };

/** A machine that has a port for the first users only. */
function narrow(time: VirtualTime, ports: number): Door {
  const server = new Relay(time);
  const nothing = (): void => {};
  const nobody: Connection = {
    send: nothing,
    close: nothing,
    fail: nothing,
    cut: nothing,
    pause: nothing,
    resume: nothing,
    halfClose: nothing,
  };
  let used = 0;
  return {
    connect(seat, session, user, events) {
      if (used++ < ports) return server.connect(seat, session, user, events);
      const connection = { ...nobody };
      time.at(time.clock() + 10, () => events.closed(seat, connection, AT_A_WALL, time.clock()));
      return connection;
    },
  };
}

it('who meets a limit of this machine is counted apart from what the server refuses, and tries again', () => {
  const { intervals, count } = simulate(planOf({ users: 5, sessions: 2 }), EDITORS, (time) => narrow(time, 7));
  const errors = intervals.flatMap((one) => one.errors);
  expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['wall']));
  const walls = errors.reduce((sum, one) => sum + one.count, 0);
  expect(walls).toBeGreaterThan(3);
  expect(count('connections_failed')).toBe(walls);
  expect(count('connections')).toBe(7);
});
