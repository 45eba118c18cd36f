import { describe, expect, it } from 'vitest';
import type { Sabotage } from '../../server/sabotage.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import churn from '../../scenarios/churn.ts';
import drag from '../../scenarios/drag.ts';
import idle from '../../scenarios/idle.ts';
import joinStorm from '../../scenarios/join-storm.ts';
import lateJoin from '../../scenarios/late-join.ts';
import reconnectStorm from '../../scenarios/reconnect-storm.ts';
import slowConsumer from '../../scenarios/slow-consumer.ts';
import steady from '../../scenarios/steady.ts';
import { foundOf, OF_COPIES, OF_DOCUMENTS } from './testing/found.ts';
import { ReferenceServer } from './testing/reference.ts';
import { planOf, simulate, type Simulated } from './testing/simulate.ts';

const OF_STATE = [...OF_DOCUMENTS, 'presence_errors', 'diverged_by_protocol', 'heartbeats_missed'] as const;
const SCENARIOS = [steady, drag, idle, churn, joinStorm, reconnectStorm, lateJoin, slowConsumer];

function against(spec: ScenarioSpec, faults: string[] = []): { run: Simulated; faults: Sabotage['counts'] } {
  let server: ReferenceServer | undefined;
  const rate = spec.defaults?.rate === 0 ? 0 : 5;
  const plan = planOf({ users: 8, sessions: 4, rate, items: spec.defaults?.items ?? 20, duration_ms: 20_000 });
  const run = simulate(plan, spec, (time) => (server = new ReferenceServer(time, { faults })));
  return { run, faults: server?.sabotage?.counts ?? {} };
}

describe('the reference server in virtual time', () => {
  it.each(SCENARIOS.map(({ spec }) => [spec.name, spec] as const))('is found right by %s', (_name, spec) => {
    const { run } = against(spec);
    expect(foundOf(run, [...OF_COPIES, ...OF_STATE])).toEqual({});
    expect(run.finished).toBe(true);
    expect(run.count('disconnects_unexpected') + run.count('connections_failed')).toBe(0);
    expect(run.count('connections')).toBeGreaterThanOrEqual(32);
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
    if (spec.name !== 'idle') expect(run.count('deliveries')).toBeGreaterThan(5000);
    expect(new Set(run.intervals.flatMap(({ traits }) => traits)).has('versions')).toBe(spec.name !== 'idle');
  });

  it.each([
    ['drop=0.01', 'drop', 'lost'],
    ['duplicate=0.01', 'duplicate', 'duplicated'],
    ['leak=0.01', 'leak', 'misrouted'],
    ['echo=0.05', 'echo', 'echoed'],
    ['corrupt=0.01', 'corrupt', 'corrupted'],
  ] as const)('is found to commit %s as often as it says, and nothing else', (fault, name, counter) => {
    const { run, faults } = against(steady.spec, [fault]);
    expect(faults[name]).toBeGreaterThan(20);
    expect(foundOf(run, OF_COPIES)).toEqual({ [counter]: faults[name] });
  });

  it('is found to drop within the interval told, while users come and go', () => {
    const { run, faults } = against(churn.spec, ['drop=0.01']);
    expect(faults.drop).toBeGreaterThan(50);
    expect(run.count('lost')).toBeGreaterThan(20);
    expect(run.count('lost')).toBeLessThanOrEqual(faults.drop!);
    expect(run.count('lost_upper')).toBeGreaterThanOrEqual(faults.drop!);
  });
});
