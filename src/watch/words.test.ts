import { describe, expect, it } from 'vitest';
import { BINARY, PING, TEXT } from '../core/frames.ts';
import type { Passed } from './frame-tap.ts';
import { Items } from './items.ts';
import { readMessage } from './message.ts';
import { wordsOf } from './words.ts';

const passedOf = (payload: string | Uint8Array, opcode = TEXT, more: Partial<Passed> = {}): Passed => {
  const bytes = Buffer.from(payload as string);
  return { opcode, payload: bytes, bytes: bytes.length, fragments: 1, compressed: false, cut: false, ...more };
};
const say = (passed: Passed, items = new Items()): string =>
  wordsOf(passed, readMessage(passed), { speaker: 'u07', items });
const sayJson = (message: object, items?: Items): string => say(passedOf(JSON.stringify(message)), items);

const ID = '5f0c1111-2222-4333-8444-555566667791';
const command = (action: string, data: object): object => ({
  type: 'command',
  command: { action, item_type: 'lens', item_id: ID, data },
});

describe('a message in words', () => {
  it.each<[object, string]>([
    [command('add_item', { x_mm: 12.5, y_mm: -30 }), 'command: u07 added lens 5f0c…91 at 12.5, −30'],
    [command('move_item', { x_mm: 12.5, y_mm: -30.00001 }), 'command: u07 moved lens 5f0c…91 to 12.5, −30'],
    [command('move_item', { x_mm: 1, y_mm: 2, angle_deg: 45 }), 'command: u07 moved lens 5f0c…91 to 1, 2, 45°'],
    [command('remove_item', {}), 'command: u07 removed lens 5f0c…91'],
    [{ ...command('remove_item', {}), user_id: 'u03' }, 'command: u03 removed lens 5f0c…91'],
    [{ type: 'command' }, 'command: u07 did “undefined” to item ?'],
    [{ type: 'command:ack', item_id: ID, version: 12 }, 'command:ack: 5f0c…91 is version 12'],
    [
      {
        type: 'connection:ack',
        user_id: 'u07',
        session_id: 's',
        is_host: true,
        users: [{ user_id: 'u07' }],
        version: 3,
      },
      'connection:ack: u07 is in session s, as its host; 1 there: u07; version 3',
    ],
    [{ type: 'user:left', user_id: 'u03' }, 'user:left: u03 left'],
    [{ type: 'ping' }, 'ping: heartbeat'],
    [{ type: 'sync:request', local_version: 4 }, 'sync:request: asks for the whole state, holding version 4'],
    [{ type: 'sync:full_state', state: null }, 'sync:full_state: no state'],
    [
      { type: 'sync:full_state', state: { items: [{ uuid: ID, item_type: 'lens' }], version: 9 } },
      'sync:full_state: whole state, 1 item, version 9: lens 5f0c…91',
    ],
    [{ type: 'session:host', user_id: 'u07' }, 'session:host: u07 is the host now'],
    [{ type: 'cursor', x_mm: 1, y_mm: -2.5 }, 'cursor: u07 points at 1, −2.5'],
    [{ type: 'error', code: 'not_json', message: 'No.' }, 'error: not_json: No.'],
    [{ type: 'error', code: { toString: 1 }, message: [2] }, 'error: {"toString":1}: [2]'],
    [{ type: '__proto__' }, '“__proto__”: a type that nobody knows, “{"type":"__proto__"}”'],
    [{ type: 'toString' }, '“toString”: a type that nobody knows, “{"type":"toString"}”'],
    [
      { type: 'command', command: { action: { valueOf: 1 }, item_id: { toString: 1 } } },
      'command: u07 did “{"valueOf":1}” to item ?',
    ],
    [{ type: 'wave' }, '“wave”: a type that nobody knows, “{"type":"wave"}”'],
  ])('%j', (message, words) => {
    expect(sayJson(message)).toBe(words);
  });

  it('tells of a whole item that comes again only what changed', () => {
    const items = new Items();
    const item = { item_uuid: ID, _type: 'component', x_mm: 1, y_mm: 2, label: 'a', power: 3, more: [1], n: null };
    expect(sayJson(command('add_item', item), items)).toContain('added');
    expect(sayJson(command('update_item', { ...item, label: 'b' }), items)).toBe(
      'command: u07 updated lens 5f0c…91: label "b"',
    );
    expect(sayJson(command('move_item', { ...item, x_mm: 5, label: 'c' }), items)).toBe(
      'command: u07 moved lens 5f0c…91 to 5, 2, label "c"',
    );
    expect(sayJson(command('update_item', { a: 1, b: 2, c: 3, d: 4, e: 5 }), items)).toBe(
      'command: u07 updated lens 5f0c…91: a 1, b 2, c 3, 2 more',
    );
  });

  it('shows what is no message of the protocol too', () => {
    expect(say(passedOf('hello'))).toBe('text: “hello”');
    expect(say(passedOf('x'.repeat(2000)))).toBe(`text: “${'x'.repeat(60)}…”, 2,000 characters`);
    expect(say(passedOf(new Uint8Array([1, 2, 255]), BINARY))).toBe('binary: 01 02 ff, 3 bytes');
    expect(say(passedOf(new Uint8Array(2048), BINARY, { fragments: 2, compressed: true }))).toBe(
      'binary: 00 00 00 00 00 00 00 00 00 00 00 00 …, 2,048 bytes (2 KiB) (2 fragments, compressed)',
    );
    expect(say(passedOf('', PING))).toBe('protocol ping: empty');
    expect(say(passedOf('xx', TEXT, { cut: true, bytes: 9e6 }))).toBe('text: 9,000,000 bytes, too long to be read');
  });
});
