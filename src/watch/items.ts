import { valueWords } from './values.ts';

/** Items whose last data is remembered, and how many fields of each. What was longest left alone is forgotten first. */
const REMEMBERED = 1000;
const FIELDS = 64;
const LONGEST_ID = 128;
/** Never what a person means by a change. */
const SILENT = new Set(['item_uuid', 'uuid', 'item_id', 'token', 'timestamp']);

/**
 * What one application knows of the items, so that of a whole item that comes again only what changed has to be told.
 */
export class Items {
  readonly #last = new Map<string, Map<string, string>>();

  knows(id: string): boolean {
    return this.#last.has(id);
  }

  /** Takes a change. @returns the fields that it changed, with their new values as a person reads them */
  change(action: string, id: string, data: Readonly<Record<string, unknown>>): [name: string, value: string][] {
    const before = this.#last.get(id);
    this.#last.delete(id);
    if (action === 'remove_item' || id.length > LONGEST_ID) return [];
    const now = Object.entries(data)
      .filter(([name]) => !SILENT.has(name))
      .slice(0, FIELDS)
      .map(([name, value]): [string, string] => [name.slice(0, LONGEST_ID), valueWords(value)]);
    this.#last.set(id, new Map([...(before ?? []), ...now].slice(-FIELDS)));
    if (this.#last.size > REMEMBERED) this.#last.delete(this.#last.keys().next().value!);
    return now.filter(([name, value]) => before?.get(name) !== value);
  }
}
