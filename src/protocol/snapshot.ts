import { asciiBytes, textOf } from '../core/text.ts';
import { findToken, readToken, Stamp, TOKEN_LENGTH } from '../core/token.ts';
import { itemIdOf, type Item } from './document.ts';
import { isContentOf } from './command.ts';

/** A state message as far as its tokens tell: which changes made its items what they are. */
export interface Snapshot {
  /** The version it claims to be of; undefined where it names none. */
  version: number | undefined;
  /** Sender and seq of the change that each item carries the token of, in pairs. */
  changes: number[];
  /** Whether it says nothing: it is null, or it holds items and none with a token, which cannot be told apart. */
  isOpaque: boolean;
}

const VERSION = asciiBytes('"version":');
/** A state smaller than this holds no item: `{"type":"sync:full_state","state":{"items":[],"version":…}}` and a bit. */
export const EMPTY_STATE = 200;

/** No state at all, which a client ignores: an empty one would wipe its canvas (P11). */
const NULL = /"state"\s*:\s*null/;

const STAMP = new Stamp();

/** Reads a state without parsing it: a storm of joiners costs a state each. */
export function readSnapshot(
  bytes: Uint8Array,
  start: number,
  end: number,
  run: Uint8Array,
  session: number,
): Snapshot {
  const changes: number[] = [];
  let tokens = 0;
  for (let at = findToken(bytes, start, end, -1); at >= 0; at = findToken(bytes, at + TOKEN_LENGTH, end, -1)) {
    tokens++;
    if (readToken(bytes, at, run, STAMP) && STAMP.ours && STAMP.session === session) {
      changes.push(STAMP.sender, STAMP.seq);
    }
  }
  return {
    version: versionIn(bytes, start, end),
    changes,
    isOpaque: tokens === 0 && (end - start > EMPTY_STATE || NULL.test(textOf(bytes, start, end))),
  };
}

/** The number behind the last `"version":` of a message; items hold none. */
export function versionIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = end - VERSION.length; at >= start; at--) {
    if (bytes[at] === 0x22 && VERSION.every((byte, i) => bytes[at + i] === byte))
      return numberFrom(bytes, at + VERSION.length, end);
  }
  return undefined;
}

/** A whole number at `at`, after spaces. */
function numberFrom(bytes: Uint8Array, at: number, end: number): number | undefined {
  let place = at;
  while (place < end && bytes[place] === 0x20) place++;
  const first = place;
  let value = 0;
  for (; place < end; place++) {
    const digit = bytes[place]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return place > first ? value : undefined;
}

/**
 * Holds every item of a state against its token's CRC, the slow and certain way.
 * @returns the ids of those whose content is not what was sent
 */
export function damagedItems(bytes: Uint8Array, start: number, end: number): string[] {
  let items: unknown;
  try {
    const message = JSON.parse(textOf(bytes, start, end)) as { state?: { items?: unknown } | null };
    items = message.state?.items;
  } catch {
    return ['(not JSON)'];
  }
  if (!Array.isArray(items)) return [];
  const isItem = (item: unknown): item is Item => typeof item === 'object' && item !== null;
  return items.filter(isItem).flatMap((item) => {
    if (typeof item['token'] !== 'string' || isContentOf(item, item['token'])) return [];
    return [itemIdOf(item) ?? '(an item without an id)'];
  });
}
