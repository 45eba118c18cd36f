import { describe, expect, it } from 'vitest';
import { against, foundInAll } from './testing/against.ts';
import { Relay } from './testing/relay.ts';
import { EDITORS, planOf, simulate } from './testing/simulate.ts';

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
    expect(foundInAll(run)).toEqual({});
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
    expect(foundInAll(run)).toEqual({});
    expect(run.count('deliveries')).toBeGreaterThan(500);
  });

  it('takes copies that differ from receiver to receiver', () => {
    const run = against({
      rewrite: (text, to) => text.replace('{"type":"command",', `{"type":"command","to":${to.seat},`),
    });
    expect(foundInAll(run)).toEqual({});
    expect(run.count('deliveries')).toBeGreaterThan(500);
  });

  it('is sound while users leave with changes on their way and come back', () => {
    const churn = { ...EDITORS, users: [{ ...EDITORS.users[0]!, leaves: { after_s: 1, away_s: 0.3 } }] };
    const plan = planOf({ rate: 20, users: 6 });
    const run = simulate(plan, churn, (time) => new Relay(time));
    expect(foundInAll(run)).toEqual({});
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
    const { disconnects_unexpected, ...others } = foundInAll(run);
    expect(disconnects_unexpected).toBeGreaterThan(5);
    expect(others).toEqual({});
  });
});
