import { describe, expect, it } from 'vitest';
import type { Connection as ServerConnection, Peer } from '../../server/connection.ts';
import { parseFaults } from '../../server/faults.ts';
import type { Frame } from '../../server/frames.ts';
import { Hub } from '../../server/hub.ts';
import { DEFAULT_LIMITS } from '../../server/limits.ts';
import { Sabotage } from '../../server/sabotage.ts';
import { Telemetry } from '../../server/telemetry.ts';
import { sessionId, userId } from '../plan/plan.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import churn from '../../scenarios/churn.ts';
import drag from '../../scenarios/drag.ts';
import idle from '../../scenarios/idle.ts';
import steady from '../../scenarios/steady.ts';
import type { Connection, Door } from './ports.ts';
import { planOf, RUN, simulate, type Simulated } from './testing/simulate.ts';
import type { VirtualTime } from './testing/virtual-time.ts';

const DELAY_US = 300;

/** The reference server's own session logic, in virtual time, behind a door in memory. */
function referenceDoor(time: VirtualTime, faults: string[], counts: { faults?: Sabotage['counts'] }): Door {
  const clock = {
    now: () => time.clock() / 1000,
    wall: () => 1_700_000_000 + time.clock() / 1e6,
    after: (ms: number, task: () => void) => time.at(time.clock() + ms * 1000, task),
  };
  const sabotage = faults.length > 0 ? new Sabotage(parseFaults(faults), 1, clock) : undefined;
  if (sabotage) counts.faults = sabotage.counts;
  const hub = new Hub({ limits: DEFAULT_LIMITS, clock, telemetry: new Telemetry(), sabotage });
  return {
    connect(seat, session, user, events) {
      let alive = true;
      let server: ServerConnection | undefined;
      let sent = 0;
      let received = 0;
      /** Each direction keeps its order. */
      const toServer = (call: () => void): void => {
        sent = Math.max(sent, time.clock() + DELAY_US);
        time.at(sent, call);
      };
      const toClient = (call: () => void): void => {
        received = Math.max(received, time.clock() + DELAY_US);
        time.at(received, () => {
          if (alive) call();
        });
      };
      const connection: Connection = {
        send: (text) => toServer(() => server?.receive(Buffer.from(text), false)),
        close: (code, reason) =>
          toServer(() => {
            server?.gone(code);
            toClient(() => over(code, reason, 'client'));
          }),
        cut: () => {
          alive = false;
          toServer(() => server?.gone(1006));
        },
      };
      const over = (code: number, reason: string, initiator: 'client' | 'server'): void => {
        alive = false;
        events.closed(seat, connection, { code, reason, initiator }, time.clock());
      };
      const peer: Peer = {
        send: (frame: Frame) => {
          const bytes = frame.bytes;
          toClient(() => events.message(seat, connection, bytes, frame.header, bytes.length, time.clock()));
        },
        close: (code, reason) => {
          toClient(() => over(code, reason, 'server'));
          server?.gone(code);
        },
        cut: () => toClient(() => over(1006, '', 'server')),
      };
      toServer(() => {
        toClient(() => events.opened(seat, connection, time.clock()));
        server = hub.accept(`/ws/${sessionId(RUN, session)}/${userId(RUN, session, user)}`, peer);
      });
      return connection;
    },
  };
}

const ORACLES = ['lost', 'late', 'duplicated', 'reordered', 'misrouted', 'echoed', 'corrupted', 'invented'];
const found = (run: Simulated): Record<string, number> =>
  Object.fromEntries(ORACLES.map((name) => [name, run.count(name)]).filter(([, count]) => count !== 0));

function against(spec: ScenarioSpec, faults: string[] = []): { run: Simulated; faults: Sabotage['counts'] } {
  const counts: { faults?: Sabotage['counts'] } = {};
  const rate = spec.defaults?.rate === 0 ? 0 : 5;
  const plan = planOf({ users: 8, sessions: 4, rate, items: spec.defaults?.items ?? 20, duration_ms: 20_000 });
  const run = simulate(plan, spec, (time) => referenceDoor(time, faults, counts));
  return { run, faults: counts.faults ?? {} };
}

describe('the reference server in virtual time', () => {
  it.each([steady, drag, idle, churn].map(({ spec }) => [spec.name, spec] as const))(
    'is found right by %s',
    (_name, spec) => {
      const { run } = against(spec);
      expect(found(run)).toEqual({});
      expect(run.finished).toBe(true);
      expect(run.count('disconnects_unexpected') + run.count('connections_failed')).toBe(0);
      expect(run.count('connections')).toBeGreaterThanOrEqual(32);
      expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
      if (spec.name !== 'idle') expect(run.count('deliveries')).toBeGreaterThan(5000);
      expect(new Set(run.intervals.flatMap(({ traits }) => traits)).has('versions')).toBe(spec.name !== 'idle');
    },
  );

  it.each([
    ['drop=0.01', 'drop', 'lost'],
    ['duplicate=0.01', 'duplicate', 'duplicated'],
    ['leak=0.01', 'leak', 'misrouted'],
    ['echo=0.05', 'echo', 'echoed'],
    ['corrupt=0.01', 'corrupt', 'corrupted'],
  ] as const)('is found to commit %s as often as it says, and nothing else', (fault, name, counter) => {
    const { run, faults } = against(steady.spec, [fault]);
    expect(faults[name]).toBeGreaterThan(20);
    expect(found(run)).toEqual({ [counter]: faults[name] });
  });

  it('is found to drop within the interval told, while users come and go', () => {
    const { run, faults } = against(churn.spec, ['drop=0.01']);
    expect(faults.drop).toBeGreaterThan(50);
    expect(run.count('lost')).toBeGreaterThan(20);
    expect(run.count('lost')).toBeLessThanOrEqual(faults.drop!);
    expect(run.count('lost_upper')).toBeGreaterThanOrEqual(faults.drop!);
  });
});
