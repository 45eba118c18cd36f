import { describe, expect, it } from 'vitest';
import { against, foundInAll } from './testing/against.ts';
import { Relay } from './testing/relay.ts';
import { EDITORS, planOf, simulate } from './testing/simulate.ts';

describe('a whole run in virtual time', () => {
  it('finds nothing wrong with a mere relay, and everything that was sent arrives', () => {
    const run = against({});
    expect(foundInAll(run)).toEqual({});
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
    expect(foundInAll(run)).toEqual({});
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
  });
});
