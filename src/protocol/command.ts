import { crc32OfText } from '../core/crc.ts';
import { withCrc } from '../core/token.ts';
import { itemId, itemKey, itemType, valuesOf, type Change } from './change.ts';
import { isIntact, isMadeBy, isRecorded, recordedText } from './recorded.ts';

/**
 * A `command` message as simulated users send it (docs/protocol.md, P7, and "The token"): the content that the CRC covers
 * holds a non-ASCII label and, in each of message, command and data, one field that no server knows.
 */

/** The content the CRC covers, in a fixed order. Anything a server may lawfully set is not among it. */
const contentOf = (
  head: string,
  action: unknown,
  itemTypeName: unknown,
  id: unknown,
  uuid: unknown,
  family: unknown,
  x: unknown,
  y: unknown,
  angle: unknown,
  label: unknown,
  dataMark: unknown,
  commandMark: unknown,
  messageMark: unknown,
): string =>
  `${head}\n${s(action)}\n${s(itemTypeName)}\n${s(id)}\n${s(uuid)}\n${s(family)}\n${n(x)}\n${n(y)}\n${n(angle)}\n${s(label)}\n${s(dataMark)}\n${s(commandMark)}\n${s(messageMark)}`;

/** Values by type, so that a number that became a string is seen; numbers by value, as servers may reprint them. */
const s = (value: unknown): string => (typeof value === 'string' ? `"${value}` : value === undefined ? '' : '?');
const n = (value: unknown): string => (typeof value === 'number' ? String(value) : value === undefined ? '' : '?');

/** The text of a command. `head` is the token without its CRC (core/token.ts). */
export function commandText(
  seed: number,
  session: number,
  sender: number,
  senderId: string,
  change: Change,
  head: string,
  timestamp: number,
): string {
  if (change.recorded) return recordedText(change.recorded, senderId, head, timestamp);
  const key = itemKey(seed, session, change.item);
  const id = itemId(key);
  const type = itemType(key);
  const mark = `lt-${change.n.toString(36)}`;
  // A removal carries no values: the applications send `data: {}` (ours needs its token).
  if (change.action === 'remove_item') {
    const content = contentOf(
      head,
      change.action,
      type,
      id,
      id,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      mark,
      mark,
      mark,
    );
    const token = withCrc(head, crc32OfText(content));
    return `{"type":"command","command":{"action":"remove_item","item_type":"${type}","item_id":"${id}","data":{"token":"${token}","item_uuid":"${id}","lt_data":"${mark}"},"lt_command":"${mark}"},"user_id":"${senderId}","timestamp":${timestamp},"lt_message":"${mark}"}`;
  }
  const { x, y, angle } = valuesOf(seed, session, sender, change.n);
  const family = type === 'source' ? 'source' : 'component';
  const label = `${type} Ø25 µ λ/4 № ${change.item.k}`;
  const content = contentOf(head, change.action, type, id, id, family, x, y, angle, label, mark, mark, mark);
  const token = withCrc(head, crc32OfText(content));
  return `{"type":"command","command":{"action":"${change.action}","item_type":"${type}","item_id":"${id}","data":{"token":"${token}","item_uuid":"${id}","_type":"${family}","x_mm":${x},"y_mm":${y},"angle_deg":${angle},"label":"${label}","lt_data":"${mark}"},"lt_command":"${mark}"},"user_id":"${senderId}","timestamp":${timestamp},"lt_message":"${mark}"}`;
}

/** What a received command says of itself, read the slow and certain way. */
export interface Inspection {
  /** Whether it is JSON at all, and a `command` with our content exactly as it was sent. */
  intact: boolean;
  /** The sender the server names, where it names one. */
  userId: string | undefined;
  /** The token in its place: another field may hold one of another change. */
  token: string;
  itemId: string | undefined;
  action: string | undefined;
  version: number | undefined;
}

const NOTHING: Inspection = {
  intact: false,
  userId: undefined,
  token: '',
  itemId: undefined,
  action: undefined,
  version: undefined,
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Parses a command and holds its content against its token's CRC. */
export function inspectCommand(json: string): Inspection {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return NOTHING;
  }
  const command = message?.['command'] as Record<string, unknown> | undefined;
  const data = command?.['data'] as Record<string, unknown> | undefined;
  if (typeof command !== 'object' || command === null || typeof data !== 'object' || data === null) {
    return { ...NOTHING, userId: text(message?.['user_id']) };
  }
  const token = text(data['token']) ?? '';
  const head = token.slice(0, token.lastIndexOf('.'));
  const content = contentOf(
    head,
    command['action'],
    command['item_type'],
    command['item_id'],
    data['item_uuid'],
    data['_type'],
    data['x_mm'],
    data['y_mm'],
    data['angle_deg'],
    data['label'],
    data['lt_data'],
    command['lt_command'],
    message['lt_message'],
  );
  const version = message['version'];
  return {
    intact: isRecorded(data) ? isIntact(message, command, data, token) : token === withCrc(head, crc32OfText(content)),
    userId: text(message['user_id']),
    token,
    itemId: text(command['item_id']),
    action: text(command['action']),
    version: typeof version === 'number' && Number.isFinite(version) ? version : undefined,
  };
}

/** Whether an item of a state holds what one of our changes, the one whose token it carries, made of it. */
export function isContentOf(item: Readonly<Record<string, unknown>>, token: string): boolean {
  const head = token.slice(0, token.lastIndexOf('.'));
  const mark = item['lt_data'];
  const id = item['uuid'] ?? item['item_uuid'] ?? item['item_id'];
  // A state says nothing of the message that its items came by: what we put there is known, but for the action.
  return ['move_item', 'update_item', 'add_item'].some((action) => {
    if (isRecorded(item)) return isMadeBy(item, id, action, token);
    const content = contentOf(
      head,
      action,
      item['item_type'],
      id,
      item['item_uuid'],
      item['_type'],
      item['x_mm'],
      item['y_mm'],
      item['angle_deg'],
      item['label'],
      mark,
      mark,
      mark,
    );
    return token === withCrc(head, crc32OfText(content));
  });
}
