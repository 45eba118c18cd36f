import { isUtf8 as byNode } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUtf8 } from './utf8.ts';

/** Bytes at which a rule of UTF-8 begins or ends. */
const edge = fc.constantFrom(
  0x00,
  0x41,
  0x7f,
  0x80,
  0x8f,
  0x90,
  0x9f,
  0xa0,
  0xbf,
  0xc0,
  0xc1,
  0xc2,
  0xdf,
  0xe0,
  0xed,
  0xef,
  0xf0,
  0xf4,
  0xf5,
);

it('UTF-8 is told from what is none as Node tells it, wherever it lies', () => {
  let good = 0;
  let bad = 0;
  const text = fc.string({ unit: 'binary', maxLength: 8 }).map((made) => [...Buffer.from(made)]);
  const bytes = fc.oneof(fc.array(edge, { maxLength: 6 }), text);
  fc.assert(
    fc.property(bytes, bytes, fc.nat(3), (one, other, around) => {
      const all = Uint8Array.from([...Array<number>(around).fill(0xff), ...one, ...other, 0xff]);
      const is = byNode(all.subarray(around, -1));
      if (is) good++;
      else bad++;
      return isUtf8(all, around, all.length - 1) === is;
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(good, bad)).toBeGreaterThan(100);
});

it('a character that a range cuts off is none', () => {
  const euro = Buffer.from('€');
  expect([0, 1, 2, 3].map((end) => isUtf8(euro, 0, end))).toEqual([true, false, false, true]);
});
