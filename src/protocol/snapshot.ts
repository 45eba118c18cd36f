import { isObject, parseObject } from '../core/json.ts';
import { asciiBytes, textOf } from '../core/text.ts';
import { findToken, readToken, Stamp, TOKEN_LENGTH } from '../core/token.ts';
import { itemIdOf, type Item } from './document.ts';
import { isContentOf } from './command.ts';

/** A state message as far as its tokens tell: which changes made its items what they are. */
export interface Snapshot {
  /** The version it claims to be of; undefined where it names none. */
  version: number | undefined;
  /** A host sent it for one user: it lacks what was on its way to the host, and what it says of a version is its own. */
  isHosts: boolean;
  /** Sender and seq of the change that each item carries the token of, in pairs. */
  changes: number[];
  /**
   * What it holds: `null` is no state at all, which a client ignores where an empty one would wipe its canvas (P11);
   * `unknown` are items none of which has a token, so that they cannot be told apart, or what is no state.
   */
  holds: 'null' | 'nothing' | 'items' | 'unknown';
}

const VERSION = asciiBytes('"version":');
const TARGET = asciiBytes('"target_user":');

const STAMP = new Stamp();
const isOf = (session: number): boolean => STAMP.ours && STAMP.session === session;

/** Reads a state without parsing it: a storm of joiners costs a state each. */
export function readSnapshot(
  bytes: Uint8Array,
  start: number,
  end: number,
  run: Uint8Array,
  session: number,
  isHosts: boolean,
): Snapshot {
  const changes: number[] = [];
  let tokens = 0;
  for (let at = findToken(bytes, start, end, -1); at >= 0; at = findToken(bytes, at + TOKEN_LENGTH, end, -1)) {
    tokens++;
    if (readToken(bytes, at, run, STAMP) && isOf(session)) {
      changes.push(STAMP.sender, STAMP.seq);
    }
  }
  return {
    version: isHosts ? undefined : versionIn(bytes, start, end),
    isHosts,
    changes,
    holds: tokens > 0 ? 'items' : withoutTokens(textOf(bytes, start, end)),
  };
}

/** What a state holds that has no token anywhere. */
function withoutTokens(text: string): Snapshot['holds'] {
  const message = parseObject(text);
  const state = message?.['state'] ?? null;
  if (state === null) return message === undefined ? 'unknown' : 'null';
  return itemsOfState(state)?.length === 0 ? 'nothing' : 'unknown';
}

/** The items of a `state`: a list, or an object by id as some servers have it; undefined where they are neither. */
export function itemsOfState(state: unknown): Item[] | undefined {
  if (!isObject(state)) return undefined;
  const { items } = state;
  if (Array.isArray(items)) return items.filter(isObject);
  if (isObject(items)) {
    return Object.entries(items).flatMap(([id, item]) => (isObject(item) ? { uuid: id, ...item } : []));
  }
  // Without items it is empty, unless it keeps them under another name.
  return Object.values(state).some((value) => typeof value === 'object' && value !== null) ? undefined : [];
}

/** The user for whom a host sent its own state; undefined where it is for whoever gets it (P12). */
export function targetIn(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start; at <= end - TARGET.length; at++) {
    if (bytes[at] !== 0x22 || !TARGET.every((byte, i) => bytes[at + i] === byte)) continue;
    const from = at + TARGET.length + (bytes[at + TARGET.length] === 0x20 ? 1 : 0);
    if (bytes[from] !== 0x22) return undefined;
    let to = from + 1;
    while (to < end && bytes[to] !== 0x22) to++;
    return textOf(bytes, from + 1, to);
  }
  return undefined;
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

/** The items of a state message, the slow way; undefined where it is not JSON. */
function itemsOf(bytes: Uint8Array, start: number, end: number): Item[] | undefined {
  const message = parseObject(textOf(bytes, start, end));
  return message && (itemsOfState(message['state']) ?? []);
}

/**
 * Holds every item of a state against its token's CRC, the slow and certain way.
 * @returns the ids of those whose content is not what was sent
 */
export function damagedItems(bytes: Uint8Array, start: number, end: number): string[] {
  const items = itemsOf(bytes, start, end);
  if (items === undefined) return ['(not JSON)'];
  return items.flatMap((item) => {
    if (typeof item['token'] !== 'string' || isContentOf(item, item['token'])) return [];
    return [itemIdOf(item) ?? '(an item without an id)'];
  });
}

/** An item as a state shows it: whose change made it so, where it has our token, and where it stands. */
export interface ShownItem {
  user: number | undefined;
  seq: number | undefined;
  x: unknown;
  y: unknown;
  angle: unknown;
}

/** The items of a state by their ids, the slow way. */
export function shownItems(
  bytes: Uint8Array,
  start: number,
  end: number,
  run: Uint8Array,
  session: number,
): Map<string, ShownItem> {
  const shown = new Map<string, ShownItem>();
  for (const item of itemsOf(bytes, start, end) ?? []) {
    const id = itemIdOf(item);
    if (id === undefined) continue;
    const { token, x_mm: x, y_mm: y, angle_deg: angle } = item;
    const isOurs = typeof token === 'string' && readToken(asciiBytes(token), 0, run, STAMP) && isOf(session);
    shown.set(id, { user: isOurs ? STAMP.sender : undefined, seq: isOurs ? STAMP.seq : undefined, x, y, angle });
  }
  return shown;
}
