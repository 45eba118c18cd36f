import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyIn, foundIn, live, lively } from './testing/history.ts';
import type { Guest } from './testing/reference.ts';

/** A state as the reference server words it, up to its items, and the items. */
const STATE = /^(\{"type":"sync:full_state".*"state":\{"version":)(\d+)(,.*"items":)(\[.*\])\}\}$/s;

interface State {
  version: number;
  items: Record<string, unknown>[];
  /** The same message with another version, or other items. */
  say(version: number, items: readonly unknown[]): string;
}

function stateIn(text: string): State | undefined {
  const [, before, version, middle, items] = STATE.exec(text) ?? [];
  if (items === undefined) return undefined;
  return {
    version: Number(version),
    items: JSON.parse(items) as Record<string, unknown>[],
    say: (other, content) => `${before}${other}${middle}${JSON.stringify(content)}}}`,
  };
}

const idOf = (item: Record<string, unknown>): string => String(item['uuid'] ?? item['item_uuid']);

/** What is made of a state, or nothing where this one does not serve. `older` is what its items were in earlier states. */
type Twist = (state: State, older: ReadonlyMap<string, Record<string, unknown>>) => string | undefined;

const TWISTS: Record<string, { twist: Twist; also: string[]; most?: number }> = {
  'with one item missing': {
    twist: ({ version, items, say }) => (items.length > 0 ? say(version, items.slice(1)) : undefined),
    also: [],
  },
  'with one older item': {
    twist({ version, items, say }, older) {
      const nth = items.findIndex((item) => older.get(idOf(item))?.['token'] !== item['token']);
      const old = nth < 0 ? undefined : older.get(idOf(items[nth]!));
      return old && say(version, items.with(nth, old));
    },
    also: [],
  },
  // What it holds beyond its version seems to be missing, as the server does not send it again.
  'under a lower version': {
    twist: ({ version, items, say }) => (version > 1 ? say(version - 1, items) : undefined),
    also: ['lost', 'missed_at_join', 'version_errors'],
  },
  // The next change seems to be in it already, and the next state to be older.
  'under a higher version': {
    twist: ({ version, items, say }) => say(version + 1, items),
    also: ['overlapped'],
    most: 3,
  },
};

it.each(Object.keys(TWISTS))('P10 a state %s is always found', (name) => {
  const { twist, also, most = 1 } = TWISTS[name]!;
  const isSameEitherWay = name.endsWith('version');
  let tried = 0;
  fc.assert(
    fc.property(lively, fc.nat(15), (of, nth) => {
      const older = new Map<string, Record<string, unknown>>();
      let states = 0;
      let isDone = false;
      const run = live(
        { ...of, cutEvery: 1e9, users: of.users + 2, rate: of.rate + 4, stays: 1e6, delay: 301 },
        {
          outgoing(text, to, server) {
            if (isDone || server.now > 4_000_000) return true;
            const state = stateIn(text);
            if (state === undefined || to.session !== 0) return true;
            const twisted = states++ < nth + 4 ? undefined : twist(state, older);
            for (const item of state.items) if (!older.has(idOf(item))) older.set(idOf(item), item);
            if (twisted === undefined) return true;
            isDone = true;
            to.deliver(twisted, 300);
            return false;
          },
        },
      );
      if (!isDone) return;
      const { stale_snapshots = 0, diverged_replicas = 0, ...found } = foundIn(run);
      // The change in question was of what is not there: with it or without, the document is the same.
      if (stale_snapshots === 0 && isSameEitherWay) return;
      tried++;
      expect(stale_snapshots).toBeGreaterThan(0);
      expect(stale_snapshots).toBeLessThanOrEqual(most);
      expect(Object.keys(found).filter((counter) => !also.includes(counter))).toEqual([]);
      expect(diverged_replicas).toBeLessThanOrEqual(1);
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(4);
});

/** How long a message takes, µs: so long the server thinks a user in who does not know it yet. */
const WAY_US = 60_000;

it('P10 a change past the state of a joiner, sent before its join was read, is missed where it does not come', () => {
  let tried = 0;
  fc.assert(
    fc.property(lively, fc.nat(10), (of, nth) => {
      const joiners = new Map<Guest, { version: number; at: number }>();
      const fresh = { version: Infinity, at: 0 };
      let isDone = false;
      let chances = 0;
      const run = live(
        { ...of, cutEvery: 1e9, users: of.users + 4, rate: 8, stays: 1e6 },
        {
          delay: () => WAY_US,
          outgoing(text, to, { now }) {
            if (text.startsWith('{"type":"connection:ack"')) joiners.set(to, fresh);
            const state = stateIn(text);
            // One state each: a second one would hold what is kept back.
            if (state && joiners.get(to) !== fresh) return false;
            if (state) joiners.set(to, { version: state.version, at: now });
            const copy = copyIn(text);
            // Its sender sent it before this user could have read that it is in.
            const { version, at } = joiners.get(to) ?? fresh;
            if (isDone || copy === undefined || copy.version <= version || now - at > WAY_US) return true;
            if (chances++ < nth) return true;
            isDone = true;
            return false;
          },
        },
      );
      if (!isDone) return;
      tried++;
      const found = foundIn(run);
      expect(found).toMatchObject({ missed_at_join: 1, lost: 1 });
      expect(run.count('diverged_by_loss')).toBe(found['diverged_replicas'] ?? 0);
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(5);
});

it('P10 a change that never came to a joiner, and that its next state holds, is at most lost', () => {
  let tried = 0;
  fc.assert(
    fc.property(lively, fc.nat(10), (of, nth) => {
      const states = new Map<Guest, number>();
      let isDone = false;
      let chances = 0;
      const run = live(
        { ...of, cutEvery: 1e9, users: of.users + 4, rate: 8, stays: 1e6 },
        {
          delay: () => WAY_US,
          outgoing(text, to) {
            if (stateIn(text)) states.set(to, (states.get(to) ?? 0) + 1);
            // Between the state for joining and the one that was asked for.
            if (isDone || copyIn(text) === undefined || states.get(to) !== 1 || chances++ < nth) return true;
            isDone = true;
            return false;
          },
        },
      );
      if (!isDone) return;
      const { lost = 0, diverged_replicas, ...found } = foundIn(run);
      expect([found, diverged_replicas ?? 0]).toEqual([{}, 0]);
      expect(run.count('lost_upper')).toBe(1);
      expect(lost).toBeLessThanOrEqual(1);
      if (lost === 0) tried++;
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(5);
});

it('P10 a change that the state of a joiner held is found where it comes again', () => {
  let tried = 0;
  fc.assert(
    fc.property(lively, fc.nat(20), (of, nth) => {
      const last = new Map<number, string>();
      let states = 0;
      let isDone = false;
      const run = live(
        { ...of, cutEvery: 1e9, users: of.users + 2, rate: of.rate + 4, stays: 1e6, delay: 301 },
        {
          outgoing(text, to) {
            if (copyIn(text)) last.set(to.session, text);
            const old = last.get(to.session);
            if (isDone || old === undefined || stateIn(text) === undefined || states++ < nth) return true;
            if (copyIn(old)!.sender === to.user.toString(36).padStart(4, '0')) return true;
            isDone = true;
            to.aside(old, 100_000);
            return true;
          },
        },
      );
      if (!isDone) return;
      const { overlapped = 0, duplicated = 0, reordered = 0, ...found } = foundIn(run);
      // Where it had arrived before the state did, it has come twice.
      if (overlapped === 0) expect(duplicated).toBe(1);
      else tried++;
      expect(overlapped + duplicated).toBe(1);
      expect(reordered).toBeLessThanOrEqual(1);
      expect(found).toEqual({});
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(5);
});
