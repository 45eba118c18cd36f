import { isObject, type JsonObject } from '../src/core/json.ts';
import { ACTIONS, type Action } from '../src/protocol/change.ts';
import { itemIdOf, type Item } from '../src/protocol/document.ts';

/** What was wrong with a message (P14, P12, P16): the `code` and `message` of the `error` that answers it. */
export class Refusal {
  readonly code: RefusalCode;
  readonly message: string;

  constructor(code: RefusalCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** The codes of `error` messages. */
export type RefusalCode =
  | 'not_json'
  | 'not_an_object'
  | 'too_deep'
  | 'forbidden_key'
  | 'missing_type'
  | 'unknown_type'
  | 'missing_field'
  | 'bad_field'
  | 'unknown_action'
  | 'not_host'
  | 'too_many_items'
  | 'too_many_messages';

/** What a command holds, checked. */
export interface Command {
  action: Action;
  item_type: string;
  item_id: string;
  data: Item;
}

/** Nesting that is still taken; the message itself is the first level. */
const MAX_DEPTH = 64;
const MAX_TYPE_LENGTH = 64;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const ACTION_SET: ReadonlySet<unknown> = new Set(ACTIONS);
/** What the Optiverse client reads as numbers: text in one of them raises its error dialog. */
const COORDINATES = ['x_mm', 'y_mm', 'angle_deg'] as const;

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? `"${value}"` : String(JSON.stringify(value));
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

/** Parses a message. A {@link Refusal} where it is none, or is one that could harm whoever it is passed on to. */
export function parseMessage(text: string): JsonObject | Refusal {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return new Refusal('not_json', 'A message is JSON: this could not be parsed.');
  }
  if (!isObject(message)) return new Refusal('not_an_object', 'A message is a JSON object.');
  const harm = findHarm(message, 1);
  if (harm) return harm;
  if (typeof message['type'] !== 'string') return new Refusal('missing_type', 'A message has a "type", which is text.');
  return message;
}

function findHarm(value: object, depth: number): Refusal | undefined {
  if (depth > MAX_DEPTH) return new Refusal('too_deep', `A message is nested ${MAX_DEPTH} levels deep at most.`);
  for (const key in value) {
    const inner = (value as JsonObject)[key];
    if (key === '__proto__' || (key === 'constructor' && isObject(inner) && Object.hasOwn(inner, 'prototype'))) {
      return new Refusal('forbidden_key', `A message has no key "${key}".`);
    }
    if (typeof inner === 'object' && inner !== null) {
      const harm = findHarm(inner, depth + 1);
      if (harm) return harm;
    }
  }
  return undefined;
}

/** Checks the command of a `command` message (P7). */
export function checkCommand(message: JsonObject): Command | Refusal {
  const command = message['command'];
  if (!isObject(command)) return missing('command', 'an object');
  if (!ACTION_SET.has(command['action'])) {
    if (command['action'] === undefined) return missing('command.action', 'text');
    return new Refusal('unknown_action', `action is one of ${ACTIONS.join(', ')}, not ${shown(command['action'])}.`);
  }
  const type = command['item_type'];
  if (typeof type !== 'string') return missing('command.item_type', 'text');
  if (type.length > MAX_TYPE_LENGTH) {
    return new Refusal('bad_field', `command.item_type has ${MAX_TYPE_LENGTH} characters at most.`);
  }
  const id = command['item_id'];
  if (typeof id !== 'string') return missing('command.item_id', 'a UUID');
  if (!UUID.test(id)) return new Refusal('bad_field', `command.item_id is a UUID, not ${shown(id)}.`);
  const data = command['data'];
  if (!isObject(data)) return missing('command.data', 'an object');
  return checkCoordinates(data, 'command.data') ?? (command as unknown as Command);
}

/** Checks the position of a `cursor` message. */
export function checkCursor(message: JsonObject): Refusal | undefined {
  for (const name of ['x_mm', 'y_mm']) if (message[name] === undefined) return missing(name, 'a number');
  return checkCoordinates(message, 'cursor');
}

/** Checks the state that a host sends (P12): each item has an id, as else nobody could change it any more. */
export function checkState(message: JsonObject): Item[] | Refusal {
  const state = message['state'];
  if (!isObject(state)) return missing('state', 'an object');
  const items = state['items'];
  if (!Array.isArray(items)) return missing('state.items', 'a list');
  for (const item of items as unknown[]) {
    if (!isObject(item)) return new Refusal('bad_field', `An entry of state.items is an object, not ${shown(item)}.`);
    const id = itemIdOf(item);
    if (id === undefined || !UUID.test(id)) {
      return new Refusal('bad_field', 'An entry of state.items has a UUID in uuid, item_uuid or item_id.');
    }
    const wrong = checkCoordinates(item, 'state.items');
    if (wrong) return wrong;
  }
  return items as Item[];
}

const missing = (name: string, kind: string): Refusal => new Refusal('missing_field', `${name} is missing: ${kind}.`);

function checkCoordinates(data: JsonObject, where: string): Refusal | undefined {
  for (const name of COORDINATES) {
    const value = data[name];
    if (value !== undefined && !Number.isFinite(value)) {
      return new Refusal('bad_field', `${name} of ${where} is a number, not ${shown(value)}.`);
    }
  }
  return undefined;
}
