import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from './due-queue.ts';

it('gives out slots by their latest due time, whatever was set and moved before', () => {
  const settings = fc.array(fc.tuple(fc.nat(19), fc.oneof(fc.nat(1000), fc.constant(Infinity))), { maxLength: 200 });
  fc.assert(
    fc.property(settings, (steps) => {
      const queue = new DueQueue(20);
      const model = new Map<number, number>();
      for (const [slot, due] of steps) {
        queue.set(slot, due);
        if (due === Infinity) model.delete(slot);
        else model.set(slot, due);
      }
      const expected = [...model.values()].sort((a, b) => a - b);
      const popped: number[] = [];
      while (queue.earliest !== Infinity) {
        expect(queue.second).toBe(expected[popped.length + 1] ?? Infinity);
        const slot = queue.pop();
        expect(queue.dueOf(slot)).toBe(model.get(slot));
        popped.push(queue.dueOf(slot));
      }
      expect(popped).toEqual(expected);
    }),
  );
});
