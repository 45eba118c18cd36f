import { expect, it } from 'vitest';
import type { Change } from '../protocol/change.ts';
import { Edits } from './edits.ts';
import { PURPOSE, streamOf } from './schedule.ts';

const USERS = 10;
const MIX = { add: 1, move: 6, update: 2, remove: 1 };

function changes(user: number, count: number): Change[] {
  const edits = new Edits(USERS, USERS, 20);
  const key = streamOf(5, 0, user, PURPOSE.choice);
  return Array.from({ length: count }, (_, n) => edits.next(user, user, key, MIX, n));
}

it('adds before it edits, keeps at most four items, and never removes its first', () => {
  for (let user = 0; user < USERS; user++) {
    const own = new Set<number>();
    for (const { action, item } of changes(user, 2000)) {
      if (action === 'add_item') own.add(item.k);
      if (action === 'remove_item') {
        expect(item.k).not.toBe(0);
        expect(own.delete(item.k)).toBe(true);
      }
      if (item.user === user) expect(own.has(item.k) || action === 'remove_item').toBe(true);
      expect(own.size).toBeLessThanOrEqual(4);
    }
    expect(own.has(0)).toBe(true);
  }
});

it('edits others’ items one time in ten, and of other users only the first', () => {
  const all = Array.from({ length: USERS }, (_, user) =>
    changes(user, 1000).map((change) => ({ user, ...change })),
  ).flat();
  const foreign = all.filter(({ user, item }) => item.user !== user);
  expect(foreign.length / all.length).toBeGreaterThan(0.06);
  expect(foreign.length / all.length).toBeLessThan(0.11);
  for (const { action, item } of foreign) {
    expect(['move_item', 'update_item']).toContain(action);
    expect(item.user === -1 ? item.k < 20 : item.k === 0).toBe(true);
  }
  expect(foreign.some(({ item }) => item.user === -1)).toBe(true);
});

it('is the same whatever other users do in between', () => {
  expect(changes(3, 100)).toEqual(changes(3, 100));
  expect(changes(3, 100)).not.toEqual(
    changes(4, 100).map((change) => ({ ...change, item: { ...change.item, user: 3 } })),
  );
});

it('drags one item a gesture, an update and a move in turn', () => {
  const edits = new Edits(USERS, USERS, 20);
  const key = streamOf(5, 0, 1, PURPOSE.choice);
  const first = edits.drag(1, 1, key, 0, 0);
  expect(first.action).toBe('add_item');
  const gesture = [2, 3, 4, 5].map((n) => edits.drag(1, 1, key, 1, n));
  expect(gesture.map(({ action }) => action)).toEqual(['update_item', 'move_item', 'update_item', 'move_item']);
  expect(new Set(gesture.map(({ item }) => `${item.user} ${item.k}`)).size).toBe(1);
});
