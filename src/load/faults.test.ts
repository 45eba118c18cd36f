import { describe, expect, it } from 'vitest';
import { against, foundInAll } from './testing/against.ts';
import { Relay } from './testing/relay.ts';
import { EDITORS, planOf, simulate } from './testing/simulate.ts';

describe('planted faults', () => {
  it('finds each lost copy', () => {
    let dropped = 0;
    const run = against({ relay: (_text, _from, _to, nth) => nth % 100 !== 50 || (dropped++, false) });
    expect(dropped).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ lost: dropped });
    expect(run.count('lost_upper')).toBe(dropped);
    expect(run.count('deliveries_expected') - run.count('deliveries')).toBe(dropped);
  });

  it('finds each duplicate', () => {
    let doubled = 0;
    const run = against({
      relay: (text, _from, to, nth) => {
        if (nth % 90 === 40) {
          doubled++;
          to.deliver(text);
        }
        return true;
      },
    });
    expect(doubled).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ duplicated: doubled });
  });

  it('finds duplicates at users who are just joining', () => {
    let doubled = 0;
    const since = new Map<number, number>();
    const slow = simulate(planOf({ rate: 10, ramp_up_ms: 3000 }), EDITORS, (time) => {
      return new Relay(time, {
        join: (client) => {
          since.set(client.seat, time.clock());
          return true;
        },
        relay: (text, _from, to) => {
          to.deliver(text, 600_000);
          if (time.clock() - since.get(to.seat)! < 500_000) {
            doubled++;
            to.deliver(text, 1_500_000);
          }
          return false;
        },
      });
    });
    expect(doubled).toBeGreaterThan(20);
    expect(slow.count('duplicated')).toBe(doubled);
  });

  it('finds each copy in another session, and counts it as nothing else', () => {
    let leaked = 0;
    const run = simulate(planOf(), EDITORS, (time) => {
      const relay: Relay = new Relay(time, {
        relay: (text, from, _to, nth) => {
          const other = [...relay.clients].find((client) => client.session !== from.session && client.joined);
          if (nth % 80 === 20 && other) {
            leaked++;
            other.deliver(text);
          }
          return true;
        },
      });
      return relay;
    });
    expect(leaked).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ misrouted: leaked });
  });

  it('finds each echo', () => {
    let echoed = 0;
    const run = against({
      relay: (text, from, _to, nth) => {
        if (nth % 70 === 10) {
          echoed++;
          from.deliver(text);
        }
        return true;
      },
    });
    expect(echoed).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ echoed });
  });

  it('finds each altered copy, still takes it as delivered, and blames no other copy', () => {
    let altered = 0;
    let nth = 0;
    const run = against({
      rewrite: (text) =>
        nth++ % 60 === 5 && text.includes('"angle_deg"') ? (altered++, text.replace('Ø25', 'Ø26')) : text,
    });
    expect(altered).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ corrupted: altered });
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
  });

  it('finds a damaged token, and copies cut short', () => {
    let nth = 0;
    let altered = 0;
    const run = against({
      rewrite: (text) => {
        if (nth++ % 100 !== 30) return text;
        altered++;
        return altered % 2 ? text.replace(/lt1\.abc123\.0/, 'lt1.abc123.z') : text.replace(/"lt1\.[^"]*"/, '""');
      },
    });
    expect(altered).toBeGreaterThan(3);
    expect(run.count('corrupted')).toBe(altered);
    expect(run.count('misrouted') + run.count('duplicated') + run.count('invented')).toBe(0);
    // A copy that cannot be told apart leaves a doubt, never a false loss.
    expect(run.count('lost')).toBe(0);
  });

  it('finds a change that nobody sent', () => {
    let invented = 0;
    const run = against({
      relay: (text, _from, to, nth) => {
        if (nth % 100 === 60) {
          invented++;
          to.deliver(
            text.replace(/"user_id":"[^"]*"/, '"user_id":"stranger"').replace(/"token":"[^"]*"/, '"token":"x"'),
          );
        }
        return true;
      },
    });
    expect(invented).toBeGreaterThan(3);
    expect(foundInAll(run)).toEqual({ invented });
  });

  it('finds a copy that comes after a later one of the same sender', () => {
    const held = new Map<string, string>();
    let swapped = 0;
    const run = against({
      relay: (text, from, to, nth) => {
        const key = `${from.seat} ${to.seat}`;
        if (held.has(key)) {
          swapped++;
          to.deliver(text);
          to.deliver(held.get(key)!);
          held.delete(key);
          return false;
        }
        if (nth % 150 !== 75 || nth > 400) return true;
        held.set(key, text);
        return false;
      },
    });
    expect(swapped).toBeGreaterThan(1);
    expect(run.count('reordered')).toBe(swapped);
  });

  // The deadline is 2 s, and looked at once a second: also what comes between two looks is late.
  it.each([3_500_000, 2_050_000])('tells a copy that is late by %i µs from a lost one', (us) => {
    let delayed = 0;
    const run = against({
      relay: (text, _from, to, nth) => {
        if (nth !== 200) return true;
        delayed++;
        to.deliver(text, us);
        return false;
      },
    });
    expect(delayed).toBe(1);
    expect(run.count('lost')).toBe(0);
    expect(run.count('late')).toBeGreaterThan(0);
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
  });

  it('counts a pong that does not come, and answers the next ping as before', () => {
    let muted = 0;
    const run = against({ pong: (client) => client.seat !== 3 || (muted++, false) });
    expect(muted).toBeGreaterThan(0);
    expect(foundInAll(run)).toEqual({ heartbeats_missed: muted });
  });

  it('counts a pong that was due when the run ended, and waits no longer than its deadline', () => {
    const run = against({ pong: (client) => client.seat !== 3 }, planOf({ heartbeat_ms: 11_000, duration_ms: 10_000 }));
    expect(foundInAll(run)).toEqual({ heartbeats_missed: 1 });
    expect(run.finished).toBe(true);
  });

  it('tells who was thrown out, and the user comes back', () => {
    let thrown = 0;
    const run = against({
      pong: (client) => {
        if (client.seat === 2 && thrown++ === 0) {
          client.end({ code: 1011, reason: 'boom', initiator: 'server' });
          return false;
        }
        return true;
      },
    });
    expect(foundInAll(run)).toEqual({ disconnects_unexpected: 1 });
    expect(run.count('reconnects')).toBe(1);
    expect(run.values('recovery_time')).toBe(1);
    const told = run.intervals.flatMap((one) => one.disconnects).filter((one) => !one.expected);
    expect(told).toMatchObject([{ code: 1011, reason: 'boom', initiator: 'server', phase: 'steady', count: 1 }]);
  });

  it('gives up on a join that is never acknowledged', () => {
    const run = against({ join: () => false });
    expect(run.count('connections')).toBe(0);
    expect(run.count('connections_failed')).toBeGreaterThan(12);
    expect(run.finished).toBe(true);
  });
});

it('neither leaves as lost nor takes for second copies what comes late, though it is more than can be kept', () => {
  const KEPT = 50_000;
  const FREE_US = 6_500_000;
  let held = 0;
  let doubled = 0;
  const plan = planOf({
    users: 2,
    sessions: 1,
    items: 100,
    rate: 4900,
    ramp_up_ms: 0,
    settle_ms: 0,
    deadline_ms: 1000,
  });
  const run = simulate({ ...plan, duration_ms: 7000, users_total: 2, heartbeat_ms: 60_000 }, EDITORS, (time) => {
    return new Relay(time, {
      relay: (text, _from, to, nth) => {
        if (time.clock() > FREE_US) return true;
        held++;
        to.deliver(text, FREE_US - time.clock());
        if (nth % 1000 === 7) {
          doubled++;
          to.deliver(text, FREE_US - time.clock());
        }
        return false;
      },
    });
  });
  expect(held).toBeGreaterThan(KEPT);
  expect(doubled).toBeGreaterThan(50);
  expect(foundInAll(run)).toEqual({ late: expect.toSatisfy((late) => late > KEPT), duplicated: doubled });
  expect(run.count('lost_upper')).toBe(0);
  expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
});
