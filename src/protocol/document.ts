import type { Action } from './change.ts';

/** An item as it stands in a state: its `data`, with `item_type` and `uuid` beside its fields (docs/protocol.md, P7). */
export type Item = Readonly<Record<string, unknown>>;

interface Entry {
  item: Item;
  /** The item's JSON, made when it is first asked for. */
  json: string | undefined;
}

/** The id of an item, wherever its writer put it (P7). */
export function itemIdOf(item: Item): string | undefined {
  const id = item['uuid'] ?? item['item_uuid'] ?? item['item_id'];
  return typeof id === 'string' ? id : undefined;
}

/**
 * The state of a session: what its changes, in their order, add up to (P9). Serialised at most once per version, and
 * each item at most once per change of it, so that a storm of joiners costs no more than one.
 */
export class Document {
  /** How many changes were taken. */
  version = 0;
  readonly #entries = new Map<string, Entry>();
  #json: string | undefined = '[]';

  /** How many items there are. */
  get size(): number {
    return this.#entries.size;
  }

  has(itemId: string): boolean {
    return this.#entries.has(itemId);
  }

  /** Every item, in the order in which they were added. */
  items(): Item[] {
    return Array.from(this.#entries.values(), (entry) => entry.item);
  }

  /**
   * Takes one change, which is the next version: also one on an item that is not there, which changes no item.
   * Spreading makes new objects, so items that were handed out stay as they were, and a key `__proto__` is only a key.
   */
  apply(action: Action, itemType: string, itemId: string, data: Item): void {
    this.version++;
    const entry = this.#entries.get(itemId);
    if (action === 'add_item') {
      this.#entries.set(itemId, { item: { ...data, item_type: itemType, uuid: itemId }, json: undefined });
    } else if (entry === undefined) {
      return;
    } else if (action === 'remove_item') {
      this.#entries.delete(itemId);
    } else {
      entry.item = { ...entry.item, ...data, item_type: entry.item['item_type'], uuid: itemId };
      entry.json = undefined;
    }
    this.#json = undefined;
  }

  /** Replaces all items as one change (P12). Items without an id are left out. */
  replace(items: readonly Item[]): void {
    this.version++;
    this.#entries.clear();
    for (const item of items) {
      const id = itemIdOf(item);
      if (id !== undefined) this.#entries.set(id, { item, json: undefined });
    }
    this.#json = undefined;
  }

  /** All items as a JSON array. */
  itemsJson(): string {
    if (this.#json === undefined) {
      const parts: string[] = [];
      for (const entry of this.#entries.values()) parts.push((entry.json ??= JSON.stringify(entry.item)));
      this.#json = `[${parts.join(',')}]`;
    }
    return this.#json;
  }
}
