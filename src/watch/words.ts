import { CLOSE, PING, PONG, TEXT } from '../core/frames.ts';
import { formatBytes } from '../core/units.ts';
import { itemIdOf } from '../protocol/document.ts';
import { abbreviated, digits, integer } from '../reporters/words.ts';
import type { Passed } from './frame-tap.ts';
import type { Items } from './items.ts';
import type { Message } from './message.ts';
import { numberWords, plainWords } from './values.ts';

/** Bytes, characters, and changed fields that are shown. */
const BYTES = 12;
const CHARACTERS = 60;
const FIELDS = 3;
const USERS = 5;
/** What {@link pointWords} tells already. */
const OF_A_PLACE = new Set(['x_mm', 'y_mm', 'angle_deg']);

type Fields = Record<string, unknown>;

/** What is known when a message is put in words. */
export interface Context {
  /** Who sent it, unless it says so itself. */
  speaker: string;
  items: Items;
  /** How long the ping that a pong answers waited, ms. */
  answered_ms?: number;
}

/** A message or control frame in words: `command: u07 moved lens 5f0c…91 to 12.5, −30`. */
export function wordsOf(passed: Passed, message: Message, context: Context): string {
  const { opcode, bytes, fragments, compressed } = passed;
  const notes = [fragments > 1 ? `${fragments} fragments` : '', compressed ? 'compressed' : ''].filter(Boolean);
  const tail = notes.length > 0 ? ` (${notes.join(', ')})` : '';
  if (opcode === PING || opcode === PONG) return `protocol ${opcode === PING ? 'ping' : 'pong'}: ${hexOf(passed)}`;
  if (opcode !== TEXT && opcode !== CLOSE) return `binary: ${hexOf(passed)}${tail}`;
  if (message.text === undefined) return `text: ${integer(bytes)} bytes, too long to be read${tail}`;
  if (!message.fields) return `text: ${quoted(message.text)}${tail}`;
  const says = Object.hasOwn(SAYS, message.type!) && SAYS[message.type!];
  if (!says) return `${quoted(message.type!)}: a type that nobody knows, ${quoted(message.text)}${tail}`;
  return `${message.type}: ${says(message.fields, context)}${tail}`;
}

const SAYS: Readonly<Record<string, (fields: Fields, context: Context) => string>> = {
  command: (fields, { speaker, items }) => changeWords(fields, nameOf(fields, speaker), items),
  'command:ack': ({ item_id: id, version }) => `${idWords(id)} is ${versionWords(version)}`,
  'connection:ack': ackWords,
  'user:joined': (fields) => `${nameOf(fields)} joined`,
  'user:left': (fields) => `${nameOf(fields)} left`,
  ping: () => 'heartbeat',
  pong: (_, { answered_ms: ms }) => (ms === undefined ? 'heartbeat answered' : `answered after ${digits(ms)} ms`),
  'sync:request': ({ local_version: version }) =>
    version === undefined ? 'asks for the whole state' : `asks for the whole state, holding ${versionWords(version)}`,
  'sync:full_state': stateWords,
  'sync:state': stateWords,
  'sync:update': stateWords,
  'session:host': (fields) => `${nameOf(fields, 'you')} is the host now`,
  cursor: (fields, { speaker }) => `${nameOf(fields, speaker)} points at ${pointWords(fields)}`,
  error: ({ code, message }) => `${plainWords(code)}: ${plainWords(message)}`,
};

function changeWords({ command }: Fields, who: string, items: Items): string {
  const { action, item_type: type, item_id: id, data } = objectIn(command);
  const fields = objectIn(data);
  const isNew = !items.knows(plainWords(id));
  const changed = items.change(plainWords(action), plainWords(id), fields);
  const what = `${typeof type === 'string' ? type : 'item'} ${idWords(id)}`;
  switch (action) {
    case 'add_item':
      return `${who} added ${what} at ${pointWords(fields)}`;
    case 'move_item':
      return `${who} moved ${what} to ${pointWords(fields)}${isNew ? '' : others(changed)}`;
    case 'update_item':
      return `${who} updated ${what}${changed.length > 0 ? `: ${listed(changed)}` : ''}`;
    case 'remove_item':
      return `${who} removed ${what}`;
    default:
      return `${who} did ${quoted(plainWords(action))} to ${what}`;
  }
}

/** Fields that a move changed besides the place. */
function others(changed: readonly (readonly [name: string, value: string])[]): string {
  const more = changed.filter(([name]) => !OF_A_PLACE.has(name));
  return more.length > 0 ? `, ${listed(more)}` : '';
}

function listed(changed: readonly (readonly [name: string, value: string])[]): string {
  const shown = changed.slice(0, FIELDS).map(([name, value]) => `${name} ${value}`);
  const left = changed.length - shown.length;
  return [...shown, ...(left > 0 ? [`${left} more`] : [])].join(', ');
}

function ackWords({ user_id: user, session_id: session, is_host: isHost, users, version }: Fields): string {
  const who = typeof user === 'string' ? `${user} is in` : 'you are in';
  const where = typeof session === 'string' ? ` session ${session}` : '';
  const parts = [`${who}${where}${isHost === true ? ', as its host' : ''}`];
  if (Array.isArray(users)) {
    const ids = users.map((one: unknown) => text(typeof one === 'string' ? one : objectIn(one)['user_id']));
    const shown = ids.slice(0, USERS).join(', ');
    parts.push(`${integer(ids.length)} there: ${shown}${ids.length > USERS ? ', …' : ''}`);
  }
  if (version !== undefined) parts.push(versionWords(version));
  return parts.join('; ');
}

function stateWords({ state, target_user: target }: Fields): string {
  const whom = typeof target === 'string' ? `, for ${text(target)}` : '';
  if (state === null || state === undefined) return `no state${whom}`;
  const { items, version } = objectIn(state);
  const count = Array.isArray(items) ? items.length : 0;
  const ids = Array.isArray(items) && count > 0 && count <= FIELDS ? `: ${items.map(itemWords).join(', ')}` : '';
  const known = version === undefined ? '' : `, ${versionWords(version)}`;
  return `whole state, ${integer(count)} ${count === 1 ? 'item' : 'items'}${known}${whom}${ids}`;
}

const itemWords = (item: unknown): string => {
  const fields = objectIn(item);
  return `${typeof fields['item_type'] === 'string' ? fields['item_type'] : 'item'} ${idWords(itemIdOf(fields))}`;
};

const objectIn = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '?');
const nameOf = (fields: Fields, otherwise = '?'): string =>
  typeof fields['user_id'] === 'string' ? fields['user_id'] : otherwise;
const idWords = (id: unknown): string => (typeof id === 'string' ? abbreviated(id) : '?');
const versionWords = (version: unknown): string => `version ${plainWords(version)}`;

function pointWords({ x_mm: x, y_mm: y, angle_deg: angle }: Fields): string {
  if (x === undefined && y === undefined) return 'no place';
  const turned = angle === undefined || angle === 0 ? '' : `, ${numberWords(angle)}°`;
  return `${numberWords(x)}, ${numberWords(y)}${turned}`;
}

const quoted = (message: string): string => {
  const all = message.length > CHARACTERS ? `${message.slice(0, CHARACTERS)}…` : message;
  return `“${all}”${message.length > CHARACTERS ? `, ${integer(message.length)} characters` : ''}`;
};

/** `01 02 ff …, 1,024 bytes` */
function hexOf({ payload, bytes }: Passed): string {
  if (payload.length === 0) return 'empty';
  const shown = (payload.subarray(0, BYTES).toString('hex').match(/../g) ?? []).join(' ');
  const size =
    bytes < 1024 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${integer(bytes)} bytes (${formatBytes(bytes)})`;
  return `${shown}${payload.length > BYTES ? ' …' : ''}, ${size}`;
}
