import { parseObject } from '../core/json.ts';
import { asciiBytes, textOf } from '../core/text.ts';

/** The message types that a client can be sent, as small numbers; {@link UNSEEN} where the first key is not `type`. */
export const UNSEEN = -1;
export const OTHER = 0;
export const COMMAND = 1;
export const COMMAND_ACK = 2;
export const CURSOR = 3;
export const PONG = 4;
export const USER_JOINED = 5;
export const USER_LEFT = 6;
export const CONNECTION_ACK = 7;
export const STATE = 8;
export const SESSION_HOST = 9;
export const ERROR = 10;

const NAMES: readonly [string, number][] = [
  ['command', COMMAND],
  ['command:ack', COMMAND_ACK],
  ['cursor', CURSOR],
  ['pong', PONG],
  ['user:joined', USER_JOINED],
  ['user:left', USER_LEFT],
  ['connection:ack', CONNECTION_ACK],
  ['sync:full_state', STATE],
  ['sync:state', STATE],
  ['sync:update', STATE],
  ['session:host', SESSION_HOST],
  ['error', ERROR],
];

const BY_NAME = new Map(NAMES);
const PATTERNS = NAMES.map(([name, type]) => ({ bytes: asciiBytes(`${name}"`), type }));
const KEY = asciiBytes('{"type":');
const USER_ID = asciiBytes('"user_id":');
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const ASCII = 0x80;

/** The name of the type of a message, where it is one of these. */
export function scanTypeName(bytes: Uint8Array, start: number, end: number): string | undefined {
  const type = scanType(bytes, start, end);
  if (type !== UNSEEN) return NAMES.find(([, one]) => one === type)?.[0];
  const name = parseObject(textOf(bytes, start, end))?.['type'];
  return typeof name === 'string' && BY_NAME.has(name) ? name : undefined;
}

/** The type a name stands for. */
export const typeNamed = (name: unknown): number => (typeof name === 'string' ? (BY_NAME.get(name) ?? OTHER) : OTHER);

const startsWith = (bytes: Uint8Array, at: number, end: number, pattern: Uint8Array): boolean => {
  if (at + pattern.length > end) return false;
  for (let i = 0; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
};

/**
 * The type of a message without parsing it, where `type` is its first key, as servers nearly always write it.
 * {@link UNSEEN} otherwise: then it has to be parsed.
 */
export function scanType(bytes: Uint8Array, start: number, end: number): number {
  if (!startsWith(bytes, start, end, KEY)) return UNSEEN;
  let at = start + KEY.length;
  if (bytes[at] === SPACE) at++;
  if (bytes[at] !== QUOTE) return UNSEEN;
  at++;
  for (const { bytes: pattern, type } of PATTERNS) if (startsWith(bytes, at, end, pattern)) return type;
  return OTHER;
}

/**
 * Where the id begins in a message whose second key is `user_id`, and whose id is plain ASCII without escapes; −1
 * otherwise: then it has to be parsed. To be asked of messages whose type was found by {@link scanType}.
 */
export function scanUserId(bytes: Uint8Array, start: number, end: number): number {
  let at = start + KEY.length;
  if (bytes[at] === SPACE) at++;
  at++;
  while (at < end && bytes[at] !== QUOTE) at++;
  at++;
  if (bytes[at] !== COMMA) return -1;
  at++;
  if (bytes[at] === SPACE) at++;
  if (!startsWith(bytes, at, end, USER_ID)) return -1;
  at += USER_ID.length;
  if (bytes[at] === SPACE) at++;
  if (bytes[at] !== QUOTE) return -1;
  const id = ++at;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return id;
    if (byte === BACKSLASH || byte >= ASCII) return -1;
  }
  return -1;
}
