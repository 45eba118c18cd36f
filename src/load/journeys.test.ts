import { describe, expect, it } from 'vitest';
import { journey, type JourneyUser } from '../scenario/journey.ts';
import { foundIn } from './testing/history.ts';
import { ReferenceServer } from './testing/reference.ts';
import { Relay } from './testing/relay.ts';
import { planOf, simulateJourney } from './testing/simulate.ts';
import type { VirtualTime } from './testing/virtual-time.ts';

const PLAN = planOf({
  users: 4,
  sessions: 2,
  items: 3,
  rate: 0,
  model: 'closed',
  duration_ms: 10_000,
  heartbeat_ms: 1000,
});
const reference = (time: VirtualTime): ReferenceServer => new ReferenceServer(time);

const visit = journey(async (u) => {
  await u.join();
  const lens = u.add();
  await u.sleep('500ms');
  u.move();
  u.update(lens);
  await u.sleep(250);
  u.remove(lens);
  await u.leave();
  await u.sleep('250ms');
});

describe('a journey', () => {
  it.each([
    ['the reference server', reference],
    ['a mere relay', (time: VirtualTime) => new Relay(time)],
  ])(
    'is walked again and again by everybody until the window is over, and goes by every oracle, on %s',
    async (_, door) => {
      const run = await simulateJourney(PLAN, visit, door);
      expect(foundIn(run)).toEqual({});
      expect(run.finished).toBe(true);
      // A visit takes 1 s and what joining and leaving take.
      expect(run.count('connections')).toBeGreaterThan(8 * 9);
      expect(run.count('connections')).toBeLessThanOrEqual(8 * 12);
      expect(run.count('commands_sent')).toBeGreaterThan(8 * 9 * 3.5);
      expect(run.count('commands_skipped_offline')).toBe(0);
      expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
      expect(run.count('disconnects_unexpected')).toBe(0);
    },
  );

  it('keeps to the schedule of its sleeps: what is done is due when the last one was to end', async () => {
    const dues: number[] = [];
    const door = (time: VirtualTime): Relay =>
      new Relay(time, {
        relay(text) {
          dues.push(parseInt(/"token":"(?:[^.]+\.){6}([^.]+)/.exec(text)![1]!, 36));
          return true;
        },
      });
    const walk = journey(async (u) => {
      await u.join();
      for (let n = 0; n < 5; n++) {
        await u.sleep('1s');
        if (u.nth === 0) u.add();
      }
    });
    await simulateJourney(
      planOf({ ...PLAN, sessions: 1, users: 2, users_total: 2, items: 0, duration_ms: 5000 }),
      walk,
      door,
    );
    expect(dues.length).toBeGreaterThan(3);
    expect(dues.slice(1).map((due, n) => due - dues[n]!)).toEqual(dues.slice(1).map(() => 1_000_000));
  });

  it('waits for a message, and goes on with it', async () => {
    const seen: unknown[] = [];
    const walk = journey(async (u) => {
      await u.join();
      if (u.nth === 0) {
        await u.sleep('2s');
        u.add();
        await u.sleep('1h');
      } else {
        const { command } = (await u.expect(({ type }) => type === 'command', '9s')) as { command: { action: string } };
        seen.push([u.nth, command.action]);
        await u.sleep('1h');
      }
    });
    const run = await simulateJourney({ ...PLAN, sessions: 1, users_total: 4, items: 0 }, walk, reference);
    expect(seen).toEqual([
      [1, 'add_item'],
      [2, 'add_item'],
      [3, 'add_item'],
    ]);
    expect(foundIn(run)).toEqual({});
  });

  it('is out of the way of one that is thrown out: it is back, and what it does meanwhile is skipped and counted', async () => {
    let ended = false;
    const door = (time: VirtualTime): Relay => {
      const relay = new Relay(time);
      time.at(5_000_000, () => {
        ended = true;
        for (const client of relay.clients) client.end({ code: 1011, reason: '', initiator: 'server' });
      });
      return relay;
    };
    const walk = journey(async (u) => {
      await u.join();
      u.add();
      for (;;) {
        await u.sleep('10ms');
        u.move();
      }
    });
    const run = await simulateJourney(PLAN, walk, door);
    expect(ended).toBe(true);
    expect(run.count('disconnects_unexpected')).toBe(8);
    expect(run.count('reconnects')).toBe(8);
    expect(run.count('commands_skipped_offline')).toBeGreaterThan(0);
  });
});

const FIRST = (u: JourneyUser): boolean => u.nth === 0 && u.session.endsWith('s0000');

describe('what a journey throws', () => {
  it.each<[string, (u: JourneyUser) => Promise<void> | void, string]>([
    [
      'an error of its own',
      () => {
        throw new Error('no lens here');
      },
      'no lens here',
    ],
    ['something that is no error', () => Promise.reject('gone'), 'gone'],
    [
      'a message that does not come',
      async (u) => void (await u.expect(() => false, '1s')),
      'nothing of what was expected came within 1 s',
    ],
    [
      'what it makes of a message',
      async (u) =>
        void (await u.expect(() => {
          throw new Error('odd');
        })),
      'odd',
    ],
    [
      'a time that is none',
      async (u) => u.sleep('soon'),
      'a time of a journey takes a time with its unit such as 500ms, 30s, 5m, 8h or 1h30m, not soon.',
    ],
    ['no item', (u) => u.move(), 'this user has no item: add one first'],
    [
      'an item that was removed',
      (u) => {
        const item = u.add();
        u.remove(item);
        u.update(item);
      },
      'is none of this user’s, or was removed',
    ],
    [
      'too many items',
      (u) => {
        for (let n = 0; n < 17; n++) u.add();
      },
      'a user has 16 items at most: remove one before the next is added',
    ],
  ])('%s ends the journey of that user, and of no other', async (_, goWrong, says) => {
    const thrown: unknown[] = [];
    const walk = journey(async (u) => {
      await u.join();
      if (FIRST(u)) await goWrong(u);
      await u.sleep('1s');
      u.add();
      await u.leave();
    });
    const run = await simulateJourney(PLAN, walk, reference, (error) => thrown.push(error));
    expect(thrown.map((error) => (error as Error).message)).toEqual([expect.stringContaining(says)]);
    expect(foundIn(run)).toEqual({});
    expect(run.finished).toBe(true);
    expect(run.count('commands_sent')).toBeGreaterThan(7 * 8);
  });

  it('an end at which it waited for nothing, as it would begin anew for ever', async () => {
    const thrown: string[] = [];
    const run = await simulateJourney(
      PLAN,
      journey(async () => {}),
      reference,
      (error) => thrown.push((error as Error).message),
    );
    expect(new Set(thrown)).toEqual(new Set(['it ended without waiting for anything, and would begin again for ever']));
    expect([thrown.length, run.finished]).toEqual([8, true]);
  });
});
