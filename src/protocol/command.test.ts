import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenHead } from '../core/token.ts';
import { ACTIONS, type Change } from './change.ts';
import { commandText, inspectCommand } from './command.ts';

const text = (change: Change): string =>
  commandText(1, 0, 2, 'lt-abc123-s0000-u0002', change, tokenHead('abc123', 0, 2, 1, change.n, 1000, 5), 1.5);
const changes = fc.record({
  action: fc.constantFrom(...ACTIONS),
  item: fc.record({ user: fc.integer({ min: -1, max: 9 }), k: fc.nat(5) }),
  place: fc.nat(50),
  n: fc.nat(1000),
});

it('P7 has the fields of an item, and is found intact however a server writes it anew (P8)', () => {
  fc.assert(
    fc.property(changes, fc.nat(9), (change, version) => {
      const message = JSON.parse(text(change)) as { command: { item_id: string; data: Record<string, unknown> } };
      expect(message.command.item_id).toMatch(/^[0-9a-f-]{36}$/);
      expect(message.command.data['item_uuid']).toBe(message.command.item_id);
      const anew = JSON.stringify({ version, extra: [], ...message, timestamp: 'later', user_id: 'other' }, null, 2);
      expect(inspectCommand(anew)).toMatchObject({ intact: true, version, action: change.action });
    }),
  );
});

it('P8 is found damaged when any value of ours is another, or gone', () => {
  let tried = 0;
  fc.assert(
    fc.property(changes, (change) => {
      const original = text(change);
      const damage = (edit: (message: Record<string, never>) => void): void => {
        const message = JSON.parse(original) as Record<string, never>;
        edit(message);
        const damaged = JSON.stringify(message);
        if (damaged === JSON.stringify(JSON.parse(original))) return;
        tried++;
        expect(inspectCommand(damaged).intact).toBe(false);
      };
      type Loose = { [key: string]: Loose };
      const data = (message: Loose): Loose => message['command']!['data']!;
      for (const key of Object.keys(data(JSON.parse(original) as Loose))) {
        damage((message) => delete data(message)[key]);
        damage((message) => (data(message)[key] = 17 as never));
        damage((message) => (data(message)[key] = `${String(data(message)[key])}x` as never));
      }
      for (const key of ['action', 'item_type', 'item_id', 'lt_command']) {
        damage((message) => ((message as Loose)['command']![key] = 'x' as never));
      }
      damage((message) => ((message as Loose)['lt_message'] = 'x' as never));
    }),
    { numRuns: 30 },
  );
  expect(tried).toBeGreaterThan(300);
});

it('takes what is no JSON, no object or no command for damaged, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (junk) => {
      expect(inspectCommand(junk).intact).toBe(false);
    }),
  );
  expect(inspectCommand('null').intact).toBe(false);
  expect(inspectCommand('{"type":"command","command":null,"user_id":"u"}')).toMatchObject({
    intact: false,
    userId: 'u',
  });
});
