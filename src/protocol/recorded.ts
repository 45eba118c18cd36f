import { crc32OfText } from '../core/crc.ts';
import { withCrc } from '../core/token.ts';

/**
 * A recorded `command` as a simulated user sends it again: the application's own content, with a token that covers it.
 * Which fields it covers stands beside the token, so that those which a server adds are lawful, and in a state the fields
 * of earlier changes of the item are told from those of the last.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What names the covered fields, beside the token. */
const NAMES = 'lt_fields';
/** Of `data`: what a state tells in another way, and what is ours. */
const NOT_OF_DATA = new Set(['token', NAMES, 'uuid', 'item_uuid', 'item_id', 'item_type']);
const NOT_OF_COMMAND = new Set(['action', 'item_type', 'item_id', 'data']);
/** Of the message: what a server may set. */
const NOT_OF_MESSAGE = new Set(['type', 'command', 'user_id', 'timestamp', 'version']);

/** A value in one way of writing it: keys in order, numbers by value. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === undefined ? '' : String(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = value as Fields;
  const keys = Object.keys(fields).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`).join(',')}}`;
}

const namesOf = (fields: Fields, without: ReadonlySet<string>): string =>
  Object.keys(fields)
    .filter((name) => !without.has(name))
    .sort()
    .map((name) => name.replaceAll(/[%,;]/g, (sign) => SIGNS[sign]!))
    .join(',');

const SIGNS: Record<string, string> = { '%': '%0', ',': '%1', ';': '%2' };
const PLAIN = ['%', ',', ';'];

/** The values of the fields that a list names. */
const valuesOf = (fields: Fields, names: string): string =>
  names === ''
    ? ''
    : names
        .split(',')
        .map((name) => canonical(fields[name.replaceAll(/%[0-2]/g, (sign) => PLAIN[Number(sign[1])]!)]))
        .join('\n');

const moreOf = (message: Fields, command: Fields, ofCommand: string, ofMessage: string): string =>
  crc32OfText(`${valuesOf(command, ofCommand)}\n${valuesOf(message, ofMessage)}`).toString(36);

const crcOf = (head: string, action: unknown, type: unknown, id: unknown, names: string, data: Fields): number => {
  const [ofData = ''] = names.split(';');
  return crc32OfText(
    `${head}\n${canonical(action)}\n${canonical(type)}\n${canonical(id)}\n${names}\n${valuesOf(data, ofData)}`,
  );
};

/** No item may hold what a state's own version is found by. */
function withoutVersions(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutVersions);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key === 'version' ? 'version_' : key, withoutVersions(one)]),
  );
}

/**
 * The text of a recorded command, sent again.
 * @param message with the ids of the run already in it
 * @param head the token without its CRC
 */
export function recordedText(message: Fields, userId: string, head: string, timestamp: number): string {
  const { version: _, ...own } = message;
  const command = withoutVersions(message['command']) as Fields;
  const { token: __, ...data } = command['data'] as Fields;
  const ofCommand = namesOf(command, NOT_OF_COMMAND);
  const ofMessage = namesOf(own, NOT_OF_MESSAGE);
  const names = `${namesOf(data, NOT_OF_DATA)};${ofCommand};${ofMessage};${moreOf(own, command, ofCommand, ofMessage)}`;
  const { action, item_type: type, item_id: id } = command;
  const token = withCrc(head, crcOf(head, action, type, id, names, data));
  return JSON.stringify({
    type: 'command',
    command: { ...command, data: { token, ...data, [NAMES]: names } },
    user_id: userId,
    ...Object.fromEntries(Object.entries(own).filter(([name]) => !['type', 'command', 'user_id'].includes(name))),
    ...(typeof own['timestamp'] === 'number' && { timestamp }),
  });
}

/** Whether a command, or an item of a state, is of a recorded change. */
export const isRecorded = (data: Fields): boolean => typeof data[NAMES] === 'string';

/** Whether a recorded command has its content exactly as it was sent. */
export function isIntact(message: Fields, command: Fields, data: Fields, token: string): boolean {
  const names = String(data[NAMES]);
  const [, ofCommand = '', ofMessage = '', more] = names.split(';');
  const head = token.slice(0, token.lastIndexOf('.'));
  const { action, item_type: type, item_id: id } = command;
  return (
    more === moreOf(message, command, ofCommand, ofMessage) &&
    token === withCrc(head, crcOf(head, action, type, id, names, data))
  );
}

/** Whether an item of a state holds what the recorded change of this token and kind made of it. */
export function isMadeBy(item: Fields, id: unknown, action: string, token: string): boolean {
  const head = token.slice(0, token.lastIndexOf('.'));
  return token === withCrc(head, crcOf(head, action, item['item_type'], id, String(item[NAMES]), item));
}
