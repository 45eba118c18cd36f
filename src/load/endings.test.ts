import { describe, expect, it } from 'vitest';
import churn from '../../scenarios/churn.ts';
import reconnectStorm from '../../scenarios/reconnect-storm.ts';
import slowConsumer from '../../scenarios/slow-consumer.ts';
import { lowestOf } from '../core/buckets.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { Relay, type Meddling } from './testing/relay.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';

const against = (spec: ScenarioSpec, meddling: Meddling = {}): Simulated =>
  simulate(planOf({ users: 10, rate: 4 }), spec, (time) => new Relay(time, meddling));

/** Lengths of stays, ms, each as often as it is counted. */
const staysOf = (run: Simulated, how: 'ended' | 'censored'): number[] =>
  run.intervals.flatMap(({ stays }) => {
    const pairs = stays?.[how] ?? [];
    return pairs.flatMap(
      (bucket, at) => (at % 2 === 0 ? Array(pairs[at + 1]!).fill(lowestOf(bucket)) : []) as number[],
    );
  });

/** Throws the user of one seat out at its first ping. */
function throwing(seat: number, code: number): Meddling {
  let thrown = false;
  return {
    pong: (client) => {
      if (client.seat !== seat || thrown) return true;
      thrown = true;
      client.end({ code, reason: '', initiator: 'server' });
      return false;
    },
  };
}

describe('the endings of connections', () => {
  it('a 1000 that the server sends in mid-run is an unexpected disconnect like any other', () => {
    const run = against(EDITORS, throwing(7, 1000));
    expect(run.count('disconnects_unexpected')).toBe(1);
    const told = run.intervals.flatMap((one) => one.disconnects).filter(({ expected }) => !expected);
    expect(told).toMatchObject([{ code: 1000, initiator: 'server', phase: 'steady', count: 1 }]);
    expect(run.count('reconnects')).toBe(1);
  });

  it('after 4001 and 1008 nobody comes back', () => {
    for (const code of [4001, 1008]) {
      const run = against(EDITORS, throwing(7, code));
      expect([run.count('disconnects_unexpected'), run.count('reconnects')]).toEqual([1, 0]);
    }
  });

  it('is known of each stay, and whether this tool itself ended it', () => {
    const [thrown, ...others] = [
      against(EDITORS, throwing(7, 1011)),
      against(churn.spec),
      against(reconnectStorm.spec),
    ];
    expect(staysOf(thrown, 'ended')).toHaveLength(1);
    expect(staysOf(thrown, 'censored')).toHaveLength(30);
    for (const run of [...others, against(slowConsumer.spec)]) {
      expect(staysOf(run, 'ended')).toEqual([]);
      expect(staysOf(run, 'censored')).toHaveLength(run.count('connections'));
      expect(run.count('connections')).toBeGreaterThanOrEqual(30);
    }
  });

  it('is known to the length of each stay', () => {
    const lengths = staysOf(against(reconnectStorm.spec), 'censored');
    // The window of ten seconds begins at 1.5 s, and the storm is at 5.5 s: one stay before it, one after.
    const before = lengths.filter((ms) => ms < 5600);
    expect(before).toHaveLength(30);
    expect(Math.min(...before)).toBeGreaterThan(4400);
    expect(Math.max(...before)).toBeLessThan(5500);
  });
});
