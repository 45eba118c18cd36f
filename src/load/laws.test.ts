import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ScenarioSpec } from '../scenario/define.ts';
import { foundOf, OF_COPIES } from './testing/found.ts';
import { Relay, type Meddling } from './testing/relay.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';

const found = (run: Simulated) => foundOf(run, OF_COPIES);

const history = fc.record({
  seed: fc.nat(1e6),
  users: fc.integer({ min: 2, max: 10 }),
  sessions: fc.integer({ min: 1, max: 3 }),
  rate: fc.double({ min: 0.5, max: 10, noNaN: true }),
  stays: fc.double({ min: 0.3, max: 5, noNaN: true }),
  away: fc.double({ min: 0.01, max: 1, noNaN: true }),
  /** Every so many relayed copies the sender, or the receiver, is cut off. */
  cutEvery: fc.integer({ min: 50, max: 2000 }),
  delay: fc.integer({ min: 0, max: 400_000 }),
});
type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** A run in which users come, go and are cut off, and copies take their time: all of it lawful. */
function live(of: History, meddling: Meddling = {}): Simulated {
  const churn: ScenarioSpec = {
    ...EDITORS,
    users: [
      { ...EDITORS.users[0]!, leaves: { after_s: of.stays, away_s: of.away } },
      { ...EDITORS.users[0]!, kind: 'stays' },
    ],
  };
  const plan = planOf({ seed: of.seed, users: of.users, sessions: of.sessions, rate: of.rate, duration_ms: 4000 });
  let cuts = 0;
  return simulate(plan, churn, (time) => {
    return new Relay(time, {
      ...meddling,
      relay(text, from, to, nth) {
        if (nth % of.cutEvery === of.cutEvery - 1) {
          (cuts++ % 2 ? from : to).end({ code: 1006, reason: '', initiator: 'network' });
        }
        if (meddling.relay && !meddling.relay(text, from, to, nth)) return false;
        to.deliver(text, 400 + ((nth * 7919) % (of.delay + 1)));
        return false;
      },
    });
  });
}

it('never blames a lawful server, whoever comes, goes or is cut off, and however slow it is', () => {
  let copies = 0;
  let cut = 0;
  fc.assert(
    fc.property(history, (of) => {
      const run = live(of);
      expect(found(run)).toEqual({});
      expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
      copies += run.count('deliveries');
      cut += run.count('disconnects_unexpected');
    }),
    { numRuns: 60 },
  );
  expect(copies).toBeGreaterThan(5000);
  expect(cut).toBeGreaterThan(25);
});

/** A history in which nobody leaves, so that every copy must arrive. */
const still = history.map((of) => ({ ...of, stays: 1e6, cutEvery: 1e9, rate: Math.max(of.rate, 5) }));

it.each([
  ['lost', (): boolean => false],
  ['duplicated', (deliver: (us: number) => void): boolean => (deliver(400), true)],
  ['duplicated', (deliver: (us: number) => void): boolean => (deliver(900_000), true)],
])('always finds a single copy %s', (counter, commit) => {
  let tried = 0;
  fc.assert(
    fc.property(still, fc.nat(100), (of, nth) => {
      let committed = 0;
      const run = live(of, {
        relay: (text, _from, to, at) => {
          // Not before everybody is in: until then copies may arrive, and need not.
          const due = parseInt(/lt1(?:\.[a-z0-9]+){5}\.([a-z0-9]+)/.exec(text)![1]!, 36);
          if (committed > 0 || due < 1_500_000 || at < nth) return true;
          committed++;
          return commit((us) => to.deliver(text, us));
        },
      });
      if (committed === 0) return;
      tried++;
      expect(found(run)).toEqual({ [counter]: 1 });
    }),
    { numRuns: 40 },
  );
  expect(tried).toBeGreaterThan(25);
});
