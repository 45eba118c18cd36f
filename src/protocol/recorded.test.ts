import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenHead } from '../core/token.ts';
import { commandText, inspectCommand, isContentOf } from './command.ts';
import { Document } from './document.ts';

const ID = '5f0c1111-2222-4333-8444-555566667791';
const HEAD = tokenHead('abc123', 0, 1, 1, 7, 1000, 0);

/** What is on the wire of a recorded command that is sent again. */
function sent(data: object, more: { command?: object; message?: object; action?: string } = {}): string {
  const { command, message, action = 'update_item' } = more;
  const recorded = {
    type: 'command',
    command: { action, item_type: 'lens', item_id: ID, data, ...command },
    user_id: 'somebody',
    timestamp: 12,
    ...message,
  };
  const change = { action: action as 'update_item', item: { user: 0, k: 0 }, place: 0, n: 0, recorded };
  return commandText(1, 0, 1, 'lt-abc123-s0000-u0001', change, HEAD, 1_700_000_000);
}

const altered = (text: string, change: (message: any) => void): string => {
  const message: unknown = JSON.parse(text);
  change(message);
  return JSON.stringify(message);
};

const ITEM = {
  item_uuid: ID,
  x_mm: 12.5,
  y_mm: -30,
  label: 'Ø25',
  spec: { b: 1, a: [1, null, true] },
  'a,b;c%': 'odd',
};

describe('a recorded command, sent again', () => {
  it('has the user’s own name and time, a token, and everything that the application said', () => {
    const message = JSON.parse(sent(ITEM, { message: { origin: 'app' }, command: { note: 'n' } }));
    expect(message).toMatchObject({
      type: 'command',
      user_id: 'lt-abc123-s0000-u0001',
      timestamp: 1_700_000_000,
      origin: 'app',
      command: { action: 'update_item', item_type: 'lens', item_id: ID, note: 'n', data: ITEM },
    });
    expect(message.command.data.token).toMatch(/^lt1\.abc123\./);
  });

  it('is intact as it was sent, also once a server has written it anew and added fields of its own', () => {
    const text = sent(ITEM, { message: { origin: 'app' }, command: { note: 'n' } });
    expect(inspectCommand(text)).toMatchObject({ intact: true, itemId: ID, action: 'update_item' });
    const again = altered(text, (message) => {
      message.version = 9;
      message.user_id = 'other';
      message.timestamp = 0;
      message.served_by = 'x';
      message.command.more = 1;
      const { token, ...data } = message.command.data;
      message.command.data = { added: true, ...Object.fromEntries(Object.entries(data).toReversed()), token };
    });
    expect(inspectCommand(again)).toMatchObject({ intact: true, version: 9, userId: 'other' });
  });

  it.each<[string, (message: any) => void]>([
    ['a value of data', ({ command }) => (command.data.x_mm = 12.6)],
    ['a number that became a text', ({ command }) => (command.data.x_mm = '12.5')],
    ['a nested value', ({ command }) => (command.data.spec.a[2] = false)],
    ['a field that is lost', ({ command }) => delete command.data.label],
    ['a field with an odd name', ({ command }) => delete command.data['a,b;c%']],
    ['the action', ({ command }) => (command.action = 'move_item')],
    ['the item', ({ command }) => (command.item_id = ID.replace('5', '6'))],
    ['the item’s type', ({ command }) => (command.item_type = 'mirror')],
    ['a field of the command', ({ command }) => delete command.note],
    ['a field of the message', (message) => (message.origin = 'else')],
    ['the list of what is covered', ({ command }) => (command.data.lt_fields = ';;;0')],
    ['no list', ({ command }) => delete command.data.lt_fields],
    [
      'the token',
      ({ command }) => (command.data.token = command.data.token.replace('.1.', '.2.').replace('001', '002')),
    ],
  ])('is not intact where %s is another', (_, change) => {
    const text = sent(ITEM, { message: { origin: 'app' }, command: { note: 'n' } });
    expect(inspectCommand(altered(text, change)).intact).toBe(false);
  });

  it('whatever an application says, comes back intact from JSON', () => {
    let fields = 0;
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (data, more) => {
          const text = sent(data, { message: { more } });
          expect(inspectCommand(JSON.stringify(JSON.parse(text))).intact).toBe(true);
          fields += Object.keys(data).length;
        },
      ),
      { seed: 5, numRuns: 500 },
    );
    expect(fields).toBeGreaterThan(500);
  });

  it('P9 is found again in the item that it made, beside the fields of earlier changes', () => {
    const document = new Document();
    const apply = (action: 'add_item' | 'move_item', data: object): void => {
      const { command } = JSON.parse(sent(data, { action }));
      document.apply(action, command.item_type, command.item_id, command.data);
    };
    apply('add_item', ITEM);
    apply('move_item', { x_mm: 1, y_mm: 2 });
    const item = document.items()[0]!;
    expect(isContentOf(item, String(item['token']))).toBe(true);
    expect(
      isContentOf({ ...item, label: 'of the addition, which the last change does not cover' }, String(item['token'])),
    ).toBe(true);
    expect(isContentOf({ ...item, y_mm: 3 }, String(item['token']))).toBe(false);
  });

  it('holds no field that could be taken for the version of a state', () => {
    const text = sent({ version: 7, deep: [{ version: 8 }] }, { message: { version: 9 } });
    expect(text).not.toContain('"version":');
    expect(inspectCommand(text).intact).toBe(true);
  });
});
