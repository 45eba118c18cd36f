import { describe, expect, it } from 'vitest';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Replay, ReplayCommand } from '../scenario/replay.ts';
import { foundIn } from './testing/history.ts';
import { ReferenceServer } from './testing/reference.ts';
import { Relay } from './testing/relay.ts';
import { planOf, RUN, simulate } from './testing/simulate.ts';

const ID = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;

const command = (
  at_ms: number,
  action: ReplayCommand['action'],
  item: number,
  data: object = { x_mm: at_ms },
): ReplayCommand => ({
  at_ms,
  action,
  item,
  message: {
    type: 'command',
    command: { action, item_type: 'lens', item_id: ID[item], data: { item_uuid: ID[item], ...data } },
    user_id: 'app',
    origin: 'optics',
  },
});

const TALK: Replay = {
  length_ms: 4000,
  left_out: {},
  sessions: [
    {
      id: 'optics',
      items: [
        { id: ID[0], contended: true },
        { id: ID[1], contended: false },
      ],
      users: [
        {
          id: 'a',
          visits: [{}],
          commands: [
            command(0, 'add_item', 0),
            command(500, 'update_item', 0, { label: 'b', peer: 'b' }),
            command(2000, 'remove_item', 0),
          ],
          cursors: [
            { at_ms: 100, x: 1, y: 2 },
            { at_ms: 200, x: 3, y: 4 },
          ],
          asides: [{ at_ms: 900 }, { at_ms: 950, message: { type: 'wave', to: 'b', at: ID[0] } }],
        },
        {
          id: 'b',
          visits: [{}],
          commands: [command(1000, 'move_item', 0), command(2001, 'move_item', 0)],
          cursors: [],
          asides: [],
        },
        {
          id: 'c',
          visits: [{ joins_ms: 700, leaves_ms: 2500 }],
          commands: [command(800, 'add_item', 1), command(1200, 'move_item', 1)],
          cursors: [],
          asides: [],
        },
      ],
    },
  ],
};
const SPEC: ScenarioSpec = {
  name: 'talk',
  about: '',
  users: [{ kind: 'recorded', share: 1 }],
  thresholds: [],
  replay: TALK,
};
const PLAN = planOf({ users: 8, sessions: 2, items: 0, duration_ms: 4000, heartbeat_ms: 1000 });

describe('a recording that is played', () => {
  it.each([
    ['the reference server', (): 'versions' => 'versions'],
    ['a mere relay', (): 'none' => 'none'],
  ])('as many users in several sessions goes by every oracle, on %s', (_, kind) => {
    const run = simulate(PLAN, SPEC, (time) => (kind() === 'versions' ? new ReferenceServer(time) : new Relay(time)));
    expect(foundIn(run)).toEqual({});
    expect(run.finished).toBe(true);
    // Of 8 users in 2 sessions 3 play a, 3 play b and 2 play c.
    expect(run.count('commands_scheduled')).toBe(2 * (3 * 3 + 3 * 2 + 2 * 2));
    expect(run.count('commands_sent')).toBe(run.count('commands_scheduled'));
    expect(run.count('cursors_sent')).toBe(2 * 3 * 2);
    expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
    expect(run.count('deliveries')).toBeGreaterThan(200);
    expect(run.count('heartbeats')).toBeGreaterThan(50);
    expect(run.count('connections')).toBe(16);
    expect(run.count('replicas_compared')).toBeGreaterThan(0);
  });

  it('says what was said, at its offsets, with the ids of the run in place of the recorded ones', () => {
    const heard: { at: number; text: string; seat: number }[] = [];
    simulate({ ...PLAN, sessions: 1, users: 3, users_total: 3 }, SPEC, (time) => {
      const relay = new Relay(time);
      return {
        connect(seat, ...rest) {
          const connection = relay.connect(seat, ...rest);
          const { send } = connection;
          connection.send = (text) => {
            heard.push({ at: time.clock(), text, seat });
            send(text);
          };
          return connection;
        },
      };
    });
    const all = heard.map(({ text }) => text).join('\n');
    for (const recorded of [...ID, '"optics"']) expect(all).not.toContain(recorded);
    const commands = heard.filter(({ text }) => text.startsWith('{"type":"command"'));
    const first = commands[0]!.at;
    expect(commands.map(({ at, seat }) => [Math.round((at - first) / 1000), seat])).toEqual([
      [0, 0],
      [500, 0],
      [800, 2],
      [1000, 1],
      [1200, 2],
      [2000, 0],
      [2001, 1],
    ]);
    const [added, updated] = commands.map(({ text }) => JSON.parse(text));
    expect(added.command.item_id).toBe(added.command.data.item_uuid);
    expect(updated).toMatchObject({ origin: `lt-${RUN}-s0000`, user_id: `lt-${RUN}-s0000-u0000` });
    expect(updated.command).toMatchObject({ item_id: added.command.item_id, data: { label: `lt-${RUN}-s0000-u0001` } });
    const wave = JSON.parse(heard.find(({ text }) => text.includes('"wave"'))!.text);
    expect(wave).toEqual({ type: 'wave', to: `lt-${RUN}-s0000-u0001`, at: added.command.item_id });
    // At the join, and once more: as recorded.
    expect(heard.filter(({ seat, text }) => seat === 0 && text.includes('sync:request'))).toHaveLength(2);
  });

  it('has users come back where the recorded ones did, also those who were hardly away', () => {
    const visits = [{ leaves_ms: 600 }, { joins_ms: 600, leaves_ms: 1400 }, { joins_ms: 2500 }];
    const [session] = TALK.sessions;
    const [first, ...rest] = session!.users;
    const replay = { ...TALK, sessions: [{ ...session!, users: [{ ...first!, visits }, ...rest] }] };
    const commands = [command(0, 'add_item', 0), command(1000, 'move_item', 0), command(3000, 'remove_item', 0)];
    replay.sessions[0]!.users[0]!.commands = commands;
    const run = simulate(PLAN, { ...SPEC, replay }, (time) => new ReferenceServer(time));
    expect(foundIn(run)).toEqual({});
    // Of 8 users in 2 sessions 3 play who comes back twice.
    expect(run.count('reconnects')).toBe(2 * 3 * 2);
    expect(run.count('connections')).toBe(16 + 2 * 3 * 2);
    expect(run.count('commands_sent')).toBe(run.count('commands_scheduled'));
    expect(run.count('commands_skipped_offline')).toBe(0);
    expect(run.count('disconnects_unexpected')).toBe(0);
  });

  it('finds what a server does wrong: a copy that is dropped, and one that is altered', () => {
    let dropped = 0;
    let altered = 0;
    const run = simulate(
      PLAN,
      SPEC,
      (time) =>
        new Relay(time, {
          relay: (_text, _from, _to, nth) => nth !== 20 || dropped++ > 0,
          rewrite: (text) => (text.includes('"x_mm":1200') && altered++ === 0 ? text.replace('1200', '1201') : text),
        }),
    );
    expect([dropped, altered > 0]).toEqual([1, true]);
    expect(foundIn(run)).toMatchObject({ lost: 1, corrupted: 1 });
  });

  it('does not take for a divergence what two did at once to an item that one of them removed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const run = simulate(
        { ...PLAN, seed },
        SPEC,
        (time) => new ReferenceServer(time, { delay: (n) => 300 + ((n * 7919 * seed) % 200_000) }),
      );
      expect(foundIn(run)).toEqual({});
    }
  });
});
