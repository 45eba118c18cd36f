import { describe, expect, it } from 'vitest';
import { foundOf, OF_COPIES } from './testing/found.ts';
import { Relay, type Meddling } from './testing/relay.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';

const FAULTS = [...OF_COPIES, 'heartbeats_missed', 'disconnects_unexpected'] as const;

/** Every oracle's counter that is not zero. */
const found = (run: Simulated) => foundOf(run, FAULTS);

const against = (meddling: Meddling, plan = planOf()): Simulated =>
  simulate(plan, EDITORS, (time) => new Relay(time, meddling));

describe('a whole run in virtual time', () => {
  it('finds nothing wrong with a mere relay, and everything that was sent arrives', () => {
    const run = against({});
    expect(found(run)).toEqual({});
    expect(run.finished).toBe(true);
    expect(run.count('commands_sent')).toBeGreaterThan(200);
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
    expect(run.count('deliveries')).toBeGreaterThan(3 * 200);
    expect(run.count('connections')).toBe(12);
    expect(run.count('lost_upper')).toBe(0);
    expect(run.values('heartbeat_rtt')).toBeGreaterThan(12);
  });

  it('measures from the due time to the receipt', () => {
    const run = against({});
    const trends = run.intervals.flatMap((one) => one.stages.steady?.trends.broadcast_latency ?? []);
    expect(Math.min(...trends.map((trend) => trend.min_us))).toBeGreaterThanOrEqual(800);
    expect(Math.max(...trends.map((trend) => trend.max_us))).toBeLessThanOrEqual(1000);
  });

  it('sends the same changes at the same due times however the sessions are dealt out', () => {
    const plan = planOf();
    const heard = (sessions: number[][]): string[] => {
      const texts: string[] = [];
      for (const some of sessions) {
        simulate(
          plan,
          EDITORS,
          (time) =>
            new Relay(time, {
              relay: (text, _from, to) => {
                const token = /lt1\.[a-z0-9.]+/.exec(text)![0].split('.');
                const { command } = JSON.parse(text) as { command: { data: { token: string } } };
                const change = { ...command, data: { ...command.data, token: '' } };
                if (to.user === 0) texts.push(`${token.slice(1, 7).join('.')} ${JSON.stringify(change)}`);
                return true;
              },
            }),
          some,
        );
      }
      return texts.sort();
    };
    const whole = heard([[0, 1, 2]]);
    expect(whole.length).toBeGreaterThan(100);
    expect(heard([[2], [0, 1]])).toEqual(whole);
  });
});

describe('planted faults', () => {
  it('finds each lost copy', () => {
    let dropped = 0;
    const run = against({ relay: (_text, _from, _to, nth) => nth % 100 !== 50 || (dropped++, false) });
    expect(dropped).toBeGreaterThan(3);
    expect(found(run)).toEqual({ lost: dropped });
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
    expect(found(run)).toEqual({ duplicated: doubled });
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
    expect(found(run)).toEqual({ misrouted: leaked });
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
    expect(found(run)).toEqual({ echoed });
  });

  it('finds each altered copy, still takes it as delivered, and blames no other copy', () => {
    let altered = 0;
    let nth = 0;
    const run = against({
      rewrite: (text) =>
        nth++ % 60 === 5 && text.includes('"angle_deg"') ? (altered++, text.replace('Ø25', 'Ø26')) : text,
    });
    expect(altered).toBeGreaterThan(3);
    expect(found(run)).toEqual({ corrupted: altered });
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
    expect(found(run)).toEqual({ invented });
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
    expect(found(run)).toEqual({ heartbeats_missed: muted });
  });

  it('counts a pong that was due when the run ended, and waits no longer than its deadline', () => {
    const run = against({ pong: (client) => client.seat !== 3 }, planOf({ heartbeat_ms: 11_000, duration_ms: 10_000 }));
    expect(found(run)).toEqual({ heartbeats_missed: 1 });
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
    expect(found(run)).toEqual({ disconnects_unexpected: 1 });
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

describe('lawful oddity', () => {
  it('takes JSON that was written anew, in another key order and with fields of the server’s', () => {
    const rewrite = (text: string): string => {
      const { type, command, ...rest } = JSON.parse(text) as { type: string; command: Record<string, unknown> };
      const { data, ...other } = command;
      return JSON.stringify(
        { ...rest, server: 'x', timestamp: 'now', command: { data, extra: 1, ...other }, type },
        null,
        1,
      );
    };
    const run = against({ rewrite });
    expect(found(run)).toEqual({});
    expect(run.count('deliveries')).toBeGreaterThan(500);
  });

  it('takes an added field that holds the token of another change', () => {
    let last = 'none';
    const run = against({
      rewrite: (text) => {
        const before = last;
        last = /lt1\.[a-z0-9.]+/.exec(text)![0];
        return text.replace('{"type":"command",', `{"type":"command","previous":"${before}",`);
      },
    });
    expect(found(run)).toEqual({});
    expect(run.count('deliveries')).toBeGreaterThan(500);
  });

  it('takes copies that differ from receiver to receiver', () => {
    const run = against({
      rewrite: (text, to) => text.replace('{"type":"command",', `{"type":"command","to":${to.seat},`),
    });
    expect(found(run)).toEqual({});
    expect(run.count('deliveries')).toBeGreaterThan(500);
  });

  it('is sound while users leave with changes on their way and come back', () => {
    const churn = { ...EDITORS, users: [{ ...EDITORS.users[0]!, leaves: { after_s: 1, away_s: 0.3 } }] };
    const plan = planOf({ rate: 20, users: 6 });
    const run = simulate(plan, churn, (time) => new Relay(time));
    expect(found(run)).toEqual({});
    expect(run.count('reconnects')).toBeGreaterThan(50);
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
    expect(run.count('commands_skipped_offline')).toBeGreaterThan(50);
  });

  it('is sound while users are thrown out with changes on their way', () => {
    let nth = 0;
    const run = simulate(planOf({ rate: 20, users: 6 }), EDITORS, (time) => {
      const relay: Relay = new Relay(time, {
        relay: (_text, from) => {
          if (nth++ % 400 === 399) from.end({ code: 1006, reason: '', initiator: 'network' });
          return true;
        },
      });
      return relay;
    });
    const { disconnects_unexpected, ...others } = found(run);
    expect(disconnects_unexpected).toBeGreaterThan(5);
    expect(others).toEqual({});
  });
});

describe('the end of a run', () => {
  it('sends nothing after it was stopped, waits for what is on its way, and leaves', () => {
    const run = simulate(
      planOf(),
      EDITORS,
      (time) => new Relay(time),
      undefined,
      (time, population) => {
        time.at(4_000_000, () => population.stop());
      },
    );
    expect(run.finished).toBe(true);
    expect(run.ended_us).toBeLessThan(8_000_000);
    expect(found(run)).toEqual({});
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
  });
});
