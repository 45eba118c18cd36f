import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS, type Action } from './change.ts';
import { Document, itemIdOf, type Item } from './document.ts';

interface Command {
  action: Action;
  id: string;
  data: Item;
}

/** The law, as plainly as it can be put: what a list of commands adds up to. */
function fold(commands: Command[]): Record<string, Item> {
  return commands.reduce<Record<string, Item>>((items, { action, id, data }) => {
    const { [id]: old, ...others } = items;
    if (action === 'add_item') return { ...items, [id]: { ...data, item_type: 'lens', uuid: id } };
    if (old === undefined) return items;
    if (action === 'remove_item') return others;
    return { ...items, [id]: { ...old, ...data } };
  }, {});
}

const command = fc.record({
  action: fc.constantFrom(...ACTIONS),
  id: fc.constantFrom('a', 'b', 'c'),
  data: fc.dictionary(fc.constantFrom('x_mm', 'y_mm', 'label', 'more'), fc.jsonValue()),
});

describe('a document', () => {
  it('P9 is what its commands add up to, at every version, and as JSON too', () => {
    let steps = 0;
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const document = new Document();
        commands.forEach((change, at) => {
          document.apply(change.action, 'lens', change.id, change.data);
          const expected = fold(commands.slice(0, at + 1));
          expect(document.version).toBe(at + 1);
          expect(document.size).toBe(Object.keys(expected).length);
          for (const item of document.items()) expect(item).toEqual(expected[itemIdOf(item)!]);
          const parsed = JSON.parse(document.itemsJson()) as Item[];
          expect(parsed).toEqual(JSON.parse(JSON.stringify(document.items())));
          steps++;
        });
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(steps).toBeGreaterThan(500);
  });

  it('P9 gives a version also to a command on an item that is not there', () => {
    const document = new Document();
    document.apply('move_item', 'lens', 'a', { x_mm: 1 });
    document.apply('remove_item', 'lens', 'a', {});
    expect([document.version, document.size, document.itemsJson()]).toEqual([2, 0, '[]']);
  });

  it('serialises once per version', () => {
    const document = new Document();
    document.apply('add_item', 'lens', 'a', { x_mm: 1 });
    const json = document.itemsJson();
    expect(json).toBe('[{"x_mm":1,"item_type":"lens","uuid":"a"}]');
    document.apply('move_item', 'lens', 'b', { x_mm: 2 });
    expect(document.itemsJson()).toBe(json);
  });

  it('P7 keeps the id and the type whatever the data say', () => {
    const document = new Document();
    document.apply('add_item', 'lens', 'a', { uuid: 'x', item_type: 'y' });
    document.apply('update_item', 'mirror', 'a', { uuid: 'z', item_type: 'w' });
    expect(document.items()).toEqual([{ uuid: 'a', item_type: 'lens' }]);
  });

  it('P7 finds an id in uuid, item_uuid or item_id', () => {
    expect([{ uuid: 'a' }, { item_uuid: 'b' }, { item_id: 'c' }, {}].map(itemIdOf)).toEqual(['a', 'b', 'c', undefined]);
  });

  it('P12 takes a whole state as one change, and leaves out what has no id', () => {
    const document = new Document();
    document.apply('add_item', 'lens', 'a', {});
    document.replace([{ item_uuid: 'b', x_mm: 1 }, { x_mm: 2 }]);
    expect(document.version).toBe(2);
    expect(document.itemsJson()).toBe('[{"item_uuid":"b","x_mm":1}]');
    expect([document.has('a'), document.has('b')]).toEqual([false, true]);
  });

  it('is not polluted by a key __proto__', () => {
    const document = new Document();
    document.apply('add_item', 'lens', 'a', JSON.parse('{"__proto__":{"polluted":1}}') as Item);
    document.apply('update_item', 'lens', 'a', JSON.parse('{"__proto__":{"polluted":2}}') as Item);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(document.items()[0]!['polluted']).toBeUndefined();
  });
});
