import { describe, expect, it } from 'vitest';
import { BINARY, TEXT } from '../core/frames.ts';
import type { From } from '../recording/recording.ts';
import { Breaches } from './breaches.ts';
import { readMessage } from './message.ts';

const ID = '5f0c1111-2222-4333-8444-555566667791';
const ACK = { type: 'connection:ack', is_host: false, version: 3 };
const command = (change: object = {}, more: object = {}): object => ({
  type: 'command',
  command: { action: 'move_item', item_type: 'lens', item_id: ID, data: {}, ...change },
  ...more,
});

type Said = [From, object | string | Uint8Array];

/** What is found wrong in a conversation of the user u07. */
function found(...conversation: Said[]): string[] {
  const breaches = new Breaches('u07');
  return conversation.flatMap(([from, what], at) => {
    const isBinary = what instanceof Uint8Array && what[0] !== 0x7b;
    const payload =
      what instanceof Uint8Array || typeof what === 'string'
        ? Buffer.from(what as string)
        : Buffer.from(JSON.stringify(what));
    const passed = { payload, bytes: payload.length, fragments: 1, compressed: false, cut: false };
    const one = { ...passed, opcode: isBinary ? BINARY : TEXT };
    return breaches.of(from, readMessage(one), one, at).map(({ rule, from: who, says }) => `${who} ${rule} ${says}`);
  });
}

describe('what breaks the protocol is told by its rule', () => {
  it('and a conversation in order is not', () => {
    expect(
      found(
        ['client', { type: 'sync:request', local_version: 2 }],
        ['server', ACK],
        ['server', { type: 'sync:full_state', from_server: true, state: { items: [], version: 3 } }],
        ['client', { type: 'ping' }],
        ['client', command({}, { user_id: 'u07' })],
        ['server', { type: 'pong' }],
        ['server', { type: 'command:ack', item_id: ID, version: 4 }],
        ['server', command({}, { user_id: 'u03', version: 5 })],
        ['server', { type: 'unheard:of' }],
      ),
    ).toEqual([]);
  });

  it.each<[string, string, Said[]]>([
    ['P14 not JSON', 'client P14 A message is JSON: this could not be parsed', [['client', 'hello']]],
    ['P14 not an object', 'client P14 A message is a JSON object', [['client', '[1]']]],
    ['P14 no type', 'client P14 A message has a "type", which is text', [['client', {}]]],
    ['P14 an unknown type', 'client P14 no client sends messages of the type "wave"', [['client', { type: 'wave' }]]],
    [
      'P14 a forbidden key',
      'client P14 A message has no key "__proto__"',
      [['client', '{"type":"ping","__proto__":{}}']],
    ],
    [
      'P7 an unknown action',
      'client P7 action is one of add_item, move_item, update_item, remove_item, not "fly"',
      [['client', command({ action: 'fly' })]],
    ],
    ['P7 a missing field', 'client P7 command.data is missing: an object', [['client', command({ data: undefined })]]],
    ['P7 an id that is none', 'client P7 command.item_id is a UUID, not "x"', [['client', command({ item_id: 'x' })]]],
    [
      'P7 text in a coordinate, from the server',
      'server P7 x_mm of command.data is a number, not "1"',
      [['server', command({ data: { x_mm: '1' } })]],
    ],
    ['P4 binary', 'client P4 a binary message, which is closed with 1003', [['client', new Uint8Array([0, 1])]]],
    [
      'P4 text that is not UTF-8',
      'client P4 text that is not UTF-8, which is closed with 1007',
      [['client', new Uint8Array([0x7b, 0xff])]],
    ],
    [
      'P4 over 1 MiB',
      'client P4 a message over 1 MiB, which is closed with 1009',
      [['client', { type: 'ping', more: 'x'.repeat(1024 * 1024) }]],
    ],
    [
      'P8 another’s name',
      'client P8 speaks in the name of u03, and the address says u07',
      [['client', { type: 'ping', user_id: 'u03' }]],
    ],
    [
      'a binary message of the server’s',
      'server messages a message came as a binary message, of which a text client reads nothing',
      [['server', Uint8Array.of(1, 2)]],
    ],
    ['P8 an echo', 'server P8 a command comes back to its sender', [['server', command({}, { user_id: 'u07' })]]],
    [
      'P8 another order',
      'server P8 version 4 comes after version 5',
      [
        ['server', command({}, { user_id: 'u03', version: 5 })],
        ['server', command({}, { user_id: 'u03', version: 4 })],
      ],
    ],
    [
      'P10 twice',
      'server P10 version 7 comes again: the state of version 7 holds it',
      [
        ['server', { type: 'sync:full_state', from_server: true, state: { items: [], version: 7 } }],
        ['server', command({}, { user_id: 'u03', version: 7 })],
      ],
    ],
    [
      'P12 a state of a user who is not the host',
      'client P12 a state from a user who is not the host',
      [['client', { type: 'sync:full_state', state: { items: [] } }]],
    ],
    ['a pong without a ping', 'server messages a pong without a ping', [['server', { type: 'pong' }]]],
    [
      'a server’s message that is not JSON',
      'server messages A message is JSON: this could not be parsed',
      [['server', 'X']],
    ],
  ])('%s', (_, breach, conversation) => {
    expect(found(['server', ACK], ...conversation)).toContain(breach);
  });

  it('a command before the acknowledgement, and a server that begins with something else', () => {
    expect(found(['client', command()])).toEqual(['client messages a command before connection:ack']);
    expect(found(['server', { type: 'pong' }])[0]).toBe('server messages the server’s first message is connection:ack');
  });
});
