import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ADD, EDIT, isThere, REMOVE } from './cell.ts';
import { Contents, type Step } from './contents.ts';
import { History, markOf } from './history.ts';

const PLACES = 6;
const USERS = 3;
/** Versions that can be looked back at, for so few users. */
const WINDOW = 64;

/** An item of the plain model: by whose change it is as it is. */
interface Item {
  place: number;
  item: number;
  user: number;
  seq: number;
}

/** What the changes of the first so many versions add up to, as a server keeps it: items by their own ids (P9). */
class Plain {
  readonly items = new Map<string, Item>();
  /** The item that was last added in each place. */
  readonly placed = new Map<number, number>();
  /** Places in which an item was added, or another changed, while one was there that nobody had removed. */
  readonly odd = new Set<number>();

  constructor(steps: readonly Step[], version: number) {
    for (const step of steps.slice(0, version)) this.#take(step);
  }

  shownIn(place: number): Item | undefined {
    return this.items.get(`${place}/${this.placed.get(place)}`);
  }

  #take({ place, item, user, seq, action }: Step): void {
    const id = `${place}/${item}`;
    const shown = this.shownIn(place);
    if (shown !== undefined && shown.item !== item) this.odd.add(place);
    else if (shown === undefined && action === ADD) this.odd.delete(place);
    if (action === ADD) this.placed.set(place, item);
    if (action === REMOVE) this.items.delete(id);
    else if (action === ADD || this.items.has(id)) this.items.set(id, { place, item, user, seq });
  }
}

/** How far every version is known, one after the other. */
function knownOf(told: ReadonlySet<number>): number {
  let known = 0;
  while (told.has(known + 1)) known++;
  return known;
}

/** What a user does in a place: as a client does, or after having missed the last removal, or addition, there. */
type Deed = 'add' | 'edit' | 'remove' | 'add over' | 'edit the next';
const deeds = fc.array(
  fc.record({
    place: fc.nat(PLACES - 1),
    user: fc.nat(USERS - 1),
    deed: fc.constantFrom<Deed>('add', 'edit', 'edit', 'edit', 'remove', 'add', 'edit', 'add over', 'edit the next'),
  }),
  { minLength: 20, maxLength: 150 },
);

/** The changes of a session in the order of their versions, the first of which is 1. */
function stepsOf(done: readonly { place: number; user: number; deed: Deed }[]): Step[] {
  const seqs = new Uint32Array(USERS);
  const items = new Uint32Array(PLACES);
  const there = new Set<number>();
  const steps: Step[] = [];
  for (const { place, user, deed } of done) {
    const isThereNow = there.has(place);
    if (deed === 'add' && isThereNow) continue;
    if (deed === 'add' || deed === 'add over') items[place]!++;
    if (deed === 'add' || deed === 'add over') there.add(place);
    if (deed === 'remove') there.delete(place);
    const action = deed === 'remove' ? REMOVE : deed.startsWith('add') ? ADD : EDIT;
    const item = items[place]! + (deed === 'edit the next' ? 1 : 0);
    steps.push({ place, action, item, user, seq: seqs[user]!++ });
  }
  return steps;
}

/** The versions 1 to `count` in an order in which none comes much too late. */
const ordersOf = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(12), { minLength: count, maxLength: count }).map((late) =>
    late
      .map((by, nth) => ({ version: nth + 1, at: nth + by }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ version }) => version),
  );

const marksOf = (items: Iterable<Item>): number => {
  let marks = 0;
  for (const { user, seq } of items) marks = (marks + markOf(user, seq)) >>> 0;
  return marks;
};

/** Holds what can be looked back at against the plain model. @returns items that were compared */
function compare(history: History, steps: readonly Step[], version: number): number {
  const plain = new Plain(steps, version);
  const { size } = plain.items;
  const marks = marksOf(plain.items.values());
  expect(history.matches(version, marks, size)).toBe(true);
  expect(history.matches(version, marks + 1, size)).toBe(false);
  const then = new Contents(PLACES);
  history.at(version, then);
  for (let place = 0; place < PLACES; place++) {
    const shown = plain.shownIn(place);
    expect(isThere(then.cells[place]!)).toBe(shown !== undefined);
    if (shown === undefined) continue;
    expect([then.users[place], then.seqs[place], then.items[place]]).toEqual([shown.user, shown.seq, shown.item]);
  }
  // What stayed though its place was taken has no place any more.
  for (const item of plain.items.values()) {
    if (plain.shownIn(item.place) !== item) expect(history.isOrphan(item.user, item.seq)).toBe(true);
  }
  return size;
}

it('adds up changes as a plain model does, in whatever order their versions are learnt', () => {
  let compared = 0;
  let outOfOrder = 0;
  let odds = 0;
  fc.assert(
    fc.property(
      deeds.chain((done) => {
        const steps = stepsOf(done);
        return fc.tuple(fc.constant(steps), ordersOf(steps.length));
      }),
      ([steps, order]) => {
        const history = new History(PLACES, USERS);
        history.begin(0);
        const told = new Set<number>();
        for (const [nth, version] of order.entries()) {
          expect(history.record(version, steps[version - 1]!, nth + 1)).toBe(true);
          told.add(version);
          const known = knownOf(told);
          expect(history.known).toBe(known);
          expect(history.stuckSince > 0).toBe(told.size > known);
          if (told.size > known) outOfOrder++;
          const missing = Array.from({ length: version }, (_, v) => v + 1).filter((v) => !told.has(v));
          expect(history.onlyMissing(version)).toBe(missing.length === 1 ? missing[0] : 0);
          const awaited = [...told].filter((v) => v > known && steps[v - 1]!.user === 0).toSorted((a, b) => a - b);
          expect(history.placesAwaited(0)).toEqual(awaited.map((v) => steps[v - 1]!.place));
        }
        expect(history.isMurky).toBe(false);
        const known = steps.length;
        const { odd } = new Plain(steps, known);
        for (let place = 0; place < PLACES; place++) expect(history.isOdd(place)).toBe(odd.has(place));
        odds += odd.size;
        expect(history.reaches(known - WINDOW)).toBe(false);
        expect(history.reaches(known + 1)).toBe(false);
        for (let version = Math.max(0, known - WINDOW + 1); version <= known; version += 5) {
          expect(history.reaches(version)).toBe(true);
          compared += compare(history, steps, version);
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(compared).toBeGreaterThan(2000);
  expect(outOfOrder).toBeGreaterThan(2000);
  expect(odds).toBeGreaterThan(100);
});

it('says when a version is another change’s, and which are given up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20 }), (before, gap) => {
      const history = new History(PLACES, USERS);
      history.begin(0);
      const step = (seq: number): Step => ({ place: 0, action: EDIT, user: 0, seq, item: 0 });
      for (let version = 1; version <= before; version++) history.record(version, step(version), version);
      expect(history.record(before, step(999), before)).toBe(false);
      const next = before + gap + 1;
      history.record(next, step(next), next);
      expect(history.record(next, step(999), next)).toBe(false);
      expect(history.known).toBe(before);
      expect(history.stuckSince).toBe(next);
      expect(history.skip(next)).toBe(gap);
      expect([history.known, history.isMurky, history.stuckSince]).toEqual([next, true, 0]);
      // One of those that were given up may come all the same.
      expect(history.record(before + 1, step(before + 1), next)).toBe(true);
    }),
  );
});
