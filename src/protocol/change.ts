import { draw, keyOf, uuidOf, whole } from '../core/random.ts';

/** What kind of change a `command` is (docs/protocol.md, P7). */
export const ACTIONS = ['add_item', 'move_item', 'update_item', 'remove_item'] as const;
export type Action = (typeof ACTIONS)[number];

const ITEM_TYPES = [
  'lens',
  'mirror',
  'beamsplitter',
  'dichroic',
  'waveplate',
  'slm',
  'component',
  'source',
  'ruler',
  'text',
] as const;

/** Which item a change is about: the `k`-th of a user, or of the session's own at the start where `user` is −1. */
export interface ItemRef {
  user: number;
  k: number;
}

/** One change, as far as it does not depend on when it is sent: a pure function of the seed. */
export interface Change {
  action: Action;
  item: ItemRef;
  /** The item's place in its session's document, below {@link placesOf}; used again once the item is removed. */
  place: number;
  /** Number of the change within (session, user): its values are drawn from it. */
  n: number;
  /** The whole message of a change that is played again, with the run's own ids in it. */
  recorded?: Readonly<Record<string, unknown>>;
}

/** Items a user keeps of its own; the first is never removed, as others edit it. */
export const OWN_ITEMS = 4;

/** How many places a session's document has: for the items at the start, then for each user's own. */
export const placesOf = (items: number, users: number): number => items + users * OWN_ITEMS;

/** Whose item a place holds, {@link ItemRef}'s `user`. */
export const ownerOf = (place: number, items: number): number =>
  place < items ? -1 : Math.floor((place - items) / OWN_ITEMS);

const ITEM_PURPOSE = 0x17e4;
const VALUE_PURPOSE = 0x7a1e;

/** The key from which an item's id and lasting traits are drawn. */
export const itemKey = (seed: number, session: number, item: ItemRef): number =>
  keyOf(seed, session, item.user, item.k, ITEM_PURPOSE);

/** An item's id: a UUID-shaped hash of (seed, session, user, k). */
export const itemId = (key: number): string => uuidOf(key);

/** The kind of optical component an item is, for life. */
export const itemType = (key: number): string => ITEM_TYPES[draw(key, 10) % ITEM_TYPES.length]!;

/**
 * Position and angle of a change. Multiples of an eighth, which are exact in binary and in decimal: no server can
 * reprint them as another number.
 */
export function valuesOf(
  seed: number,
  session: number,
  user: number,
  n: number,
): { x: number; y: number; angle: number } {
  const key = keyOf(seed, session, user, VALUE_PURPOSE);
  return {
    x: whole(key, n * 3, -8000, 8000) / 8,
    y: whole(key, n * 3 + 1, -8000, 8000) / 8,
    angle: whole(key, n * 3 + 2, 0, 2879) / 8,
  };
}
