import fc from 'fast-check';
import { expect, it } from 'vitest';
import { foundIn, live, lively } from './testing/history.ts';
import type { Guest, ReferenceServer } from './testing/reference.ts';

/** A server that keeps a state and gives no versions: what is wrong with a state is known by what is in it. */

type Item = Record<string, unknown>;

/** A state as it is when nobody meddles with it, and what else its server knows. */
interface Moment {
  items: Item[];
  /** Items that have been as they are for a second and longer. */
  settled: Item[];
  /** What settled items were before, by id; and items that were removed, a second ago and longer. */
  before: ReadonlyMap<string, Item>;
  removed: readonly Item[];
  /** Items of another session. */
  others: Item[];
}

const SETTLED_US = 1_000_000;
const idOf = (item: Item): string => String(item['uuid']);
const ITEMS = /^(.*"items":)(\[.*\])\}\}$/s;
const VERSION = /"version":\d+,|,"version":\d+/g;

/** Follows the states of all sessions as their server keeps them. */
class Watched {
  readonly #now = new Map<number, Map<string, { item: Item; since: number }>>();
  readonly #before = new Map<string, Item>();
  readonly #gone: { item: Item; session: number; since: number }[] = [];

  #of(session: number): Map<string, { item: Item; since: number }> {
    const items = this.#now.get(session) ?? new Map<string, { item: Item; since: number }>();
    this.#now.set(session, items);
    return items;
  }

  /** A command on its way to somebody: taken just now, if it is the first copy. */
  command(session: number, text: string, at: number): void {
    const { command } = JSON.parse(text) as { command: { action: string; item_id: string; data: Item } };
    const items = this.#of(session);
    const old = items.get(command.item_id);
    if (command.action === 'remove_item') {
      if (old) this.#gone.push({ item: old.item, session, since: at });
      items.delete(command.item_id);
    } else if (old?.item['token'] !== command.data['token'] && (old || command.action === 'add_item')) {
      if (old) this.#before.set(command.item_id, old.item);
      items.set(command.item_id, { item: { ...command.data, uuid: command.item_id }, since: at });
    }
  }

  moment(session: number, items: Item[], at: number): Moment {
    const now = this.#of(session);
    const isOld = ({ since }: { since: number }): boolean => at - since > SETTLED_US;
    return {
      items,
      settled: items.filter((item) => now.has(idOf(item)) && isOld(now.get(idOf(item))!)),
      before: this.#before,
      removed: this.#gone.filter((one) => one.session === session && isOld(one)).map(({ item }) => item),
      others: [...this.#of(session === 0 ? 1 : 0).values()].map(({ item }) => item),
    };
  }
}

/** What is made of a state's items; nothing where this one does not serve. */
type Fault = (moment: Moment) => Item[] | undefined;

const swapped = (items: readonly Item[], item: Item): Item[] =>
  items.map((one) => (idOf(one) === idOf(item) ? item : one));

const FAULTS: Record<string, { fault: Fault; note: RegExp }> = {
  'that lacks an item': {
    fault: ({ items, settled: [item] }) => item && items.filter((one) => one !== item),
    note: /^its state lacks 1 of the \d+ items? that everybody had when it was asked for$/,
  },
  'that is empty': {
    fault: ({ settled }) => (settled.length > 0 ? [] : undefined),
    note: /^its state is empty, though everybody had \d+ items? when it was asked for$/,
  },
  'that is older by one change': {
    fault({ items, settled, before }) {
      const old = settled.map((item) => before.get(idOf(item))).find((item) => item !== undefined);
      return old && swapped(items, old);
    },
    note: /^its state holds 1 item older than everybody had when it was asked for$/,
  },
  'with an item that was removed': {
    fault: ({ items, removed: [item] }) => item && [...items, item],
    note: /^its state holds 1 item that everybody knew to be removed when it was asked for$/,
  },
  'of another session': {
    fault: ({ settled, others }) => (settled.length > 0 && others.length > 0 ? others : undefined),
    note: /^its state lacks (\d+) of the \1 items? that everybody had when it was asked for$/,
  },
};

const isOfTheServer = (text: string): boolean => text.startsWith('{"type":"sync:full_state"');

it.each(Object.keys(FAULTS))('a state %s is found where nothing names its version', (name) => {
  const { fault, note } = FAULTS[name]!;
  let tried = 0;
  fc.assert(
    fc.property(lively, fc.nat(8), (of, nth) => {
      const watched = new Watched();
      let isDone = false;
      let states = 0;
      const outgoing = (text: string, to: Guest, server: ReferenceServer): boolean => {
        if (text.startsWith('{"type":"command",')) watched.command(to.session, text, server.now);
        const [, head, items] = (isOfTheServer(text) && ITEMS.exec(text)) || [];
        let told = text.replaceAll(VERSION, '');
        if (head !== undefined && !isDone && server.now > 3_000_000 && to.session === 0 && states++ >= nth) {
          const wrong = fault(watched.moment(0, JSON.parse(items!) as Item[], server.now));
          if (wrong) told = `${head.replaceAll(VERSION, '')}${JSON.stringify(wrong)}}}`;
          isDone = wrong !== undefined;
        }
        to.deliver(told, 300);
        return false;
      };
      const many = { users: of.users + 2, sessions: 2, rate: of.rate + 3, stays: 1.2, away: 0.05 };
      const run = live({ ...of, ...many, cutEvery: 1e9 }, { outgoing }, { duration_ms: 6000 });
      if (!isDone) return;
      tried++;
      const { diverged_replicas = 0, diverged_by_protocol: _, ...found } = foundIn(run);
      expect(found).toEqual({ stale_snapshots: 1 });
      expect(run.count('empty_snapshots')).toBe(name === 'that is empty' ? 1 : 0);
      expect(run.count('diverged_by_snapshot')).toBe(diverged_replicas);
      const [example] = run.intervals.flatMap(({ examples }) => examples);
      expect(example).toMatchObject({ kind: 'stale_snapshots', note: expect.stringMatching(note) });
      expect(example!.session).toMatch(/^lt-abc123-s0000$/);
      expect(example!.item_id).toMatch(/^[\da-f-]{36}$/);
    }),
    { numRuns: 8, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(7);
});
