import { itemId, itemKey, ownerOf } from '../protocol/change.ts';
import type { ShownItem, Snapshot } from '../protocol/snapshot.ts';
import { changeKey } from './history.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Told } from './told.ts';

export interface StateContentsOptions {
  seed: number;
  /** Items of each session at the start, and places of its document. */
  items: number;
  places: number;
}

/** A state that came, and what it is held against. */
export interface Given {
  /** Index of its session in the whole run. */
  session: number;
  snapshot: Snapshot;
  recent: RecentChanges;
  /** When its user had asked for it, or had begun to connect, µs. */
  floor: number;
  /** Whether a place's item may be removed by one user while another changes it. */
  isContended(place: number): boolean;
  /** The items by their ids: read only where something seems wrong. */
  shown(): ReadonlyMap<string, ShownItem>;
}

/** What came of it. */
export interface Finding {
  /** Items that everybody had before the state was asked for, and that nobody has removed. */
  required: number;
  /** What is wrong with it, and what it should have held. */
  wrong?: Pick<Told, 'note' | 'step' | 'item_id'>;
}

/** Places whose item a state lacks, or shows as of an older change; and the ids of items that were removed. */
interface Faults {
  lacking: number[];
  older: number[];
  removed: string[];
}

/**
 * Holds a state against what everybody had when it was asked for, where no version says which changes it is to be made
 * of: each item that everybody had, and that nobody has removed since, has to be in it; no item may be as of a change
 * after which everybody had another one; and none may be there that everybody knew to be removed. What was on its way
 * may be in it or not.
 */
export class StateContents {
  readonly #options: StateContentsOptions;

  constructor(options: StateContentsOptions) {
    this.#options = options;
  }

  judge(given: Given): Finding {
    const { snapshot, recent, floor } = given;
    const held = new Set<number>();
    for (let i = 0; i < snapshot.changes.length; i += 2) {
      held.add(changeKey(snapshot.changes[i]!, snapshot.changes[i + 1]!));
    }
    let required = 0;
    const suspects: number[] = [];
    for (let place = 0; place < this.#options.places; place++) {
      if (!recent.isFollowed(place) || given.isContended(place)) continue;
      const isRequired = recent.isRequired(place, floor);
      if (isRequired) required++;
      const isOutdated = recent.isShownOutdated(held, place, floor);
      if (isOutdated ?? isRequired) suspects.push(place);
    }
    if (suspects.length + held.size === 0) return { required };
    const faults = this.#examine(given, suspects, held);
    const note = noteOf(faults, required, snapshot);
    const [place] = [...faults.lacking, ...faults.older];
    const [item_id] = faults.removed;
    if (place !== undefined) return { required, wrong: { note, step: recent.expected(place, floor) } };
    return { required, ...(item_id !== undefined && { wrong: { note, item_id } }) };
  }

  /** Looks at the items themselves: what seems wrong may be forgotten here. */
  #examine(given: Given, suspects: readonly number[], held: ReadonlySet<number>): Faults {
    const { recent, floor } = given;
    const faults: Faults = { lacking: [], older: [], removed: [] };
    const shown = given.shown();
    for (const place of suspects) {
      const id = this.#idOf(given, place);
      const item = shown.get(id);
      const isRequired = recent.isRequired(place, floor);
      if (item === undefined) {
        if (isRequired) faults.lacking.push(place);
      } else if (isOfOlderChange(recent, place, item, floor)) {
        if (isRequired) faults.older.push(place);
        else faults.removed.push(id);
      }
    }
    if (held.size > 0) faults.removed.push(...this.#strangers(given, shown));
    return faults;
  }

  /** The ids of items that no place has any more, and that everybody knew to be removed. */
  #strangers(given: Given, shown: ReadonlyMap<string, ShownItem>): string[] {
    const { recent, floor } = given;
    const places = Array.from({ length: this.#options.places }, (_, place) => place);
    const known = new Set(places.flatMap((place) => (recent.itemOf(place) < 0 ? [] : this.#idOf(given, place))));
    return [...shown].flatMap(([id, { user, seq }]) => {
      if (user === undefined || seq === undefined || known.has(id)) return [];
      const place = places.find((one) => recent.isOutdated(one, user, seq, floor) !== undefined);
      if (place === undefined) return recent.areGone(floor) ? id : [];
      const isFollowed = recent.isFollowed(place) && !given.isContended(place);
      return isFollowed && recent.isOutdated(place, user, seq, floor) === true ? id : [];
    });
  }

  #idOf({ session, recent }: Given, place: number): string {
    const { seed, items } = this.#options;
    return itemId(itemKey(seed, session, { user: ownerOf(place, items), k: recent.itemOf(place) }));
  }
}

/** Whether an item is surely as of an older change than everybody had; not where it has no token. */
function isOfOlderChange(recent: RecentChanges, place: number, { user, seq }: ShownItem, floor: number): boolean {
  if (user === undefined || seq === undefined) return false;
  return recent.isOutdated(place, user, seq, floor) ?? recent.isLongOutdated(place, user, seq, floor);
}

function noteOf({ lacking, older, removed }: Faults, required: number, { holds }: Snapshot): string {
  const items = (count: number): string => `${count} ${count === 1 ? 'item' : 'items'}`;
  const by = 'when it was asked for';
  if (holds === 'nothing') return `is empty, though everybody had ${items(required)} ${by}`;
  const wrong = [
    ...(lacking.length > 0 ? [`lacks ${lacking.length} of the ${items(required)} that everybody had ${by}`] : []),
    ...(older.length > 0 ? [`holds ${items(older.length)} older than everybody had ${by}`] : []),
    ...(removed.length > 0 ? [`holds ${items(removed.length)} that everybody knew to be removed ${by}`] : []),
  ];
  return wrong.join(', and ');
}
