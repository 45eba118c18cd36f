import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asciiBytes } from './text.ts';
import { findToken, readToken, Stamp, TOKEN_LENGTH, tokenHead, withCrc } from './token.ts';

const RUN = 'abc123';
const fields = fc.record({
  session: fc.nat(36 ** 4 - 1),
  sender: fc.nat(36 ** 4 - 1),
  epoch: fc.nat(36 ** 3 - 1),
  seq: fc.nat(36 ** 6 - 1),
  due: fc.nat(2 ** 45),
  lag: fc.nat(36 ** 6 - 1),
  crc: fc.nat(2 ** 32 - 1),
});

it('is of one width and reads back as it was written, wherever it stands', () => {
  fc.assert(
    fc.property(fields, fc.nat(50), ({ session, sender, epoch, seq, due, lag, crc }, offset) => {
      const token = withCrc(tokenHead(RUN, session, sender, epoch, seq, due, lag), crc);
      expect(token).toHaveLength(TOKEN_LENGTH);
      const bytes = asciiBytes(`${'l'.repeat(offset)}${token}"}`);
      const at = findToken(bytes, 0, bytes.length, 7);
      expect(at).toBe(offset);
      const stamp = new Stamp();
      expect(readToken(bytes, at, asciiBytes(RUN), stamp)).toBe(true);
      expect({ ...stamp }).toEqual({ ours: true, session, sender, epoch, seq, due, lag });
    }),
  );
});

it('does not read what is damaged or cut, and knows another run’s', () => {
  const token = withCrc(tokenHead(RUN, 1, 2, 3, 4, 5, 6), 7);
  const stamp = new Stamp();
  const run = asciiBytes(RUN);
  expect(readToken(asciiBytes(token.replace('.0001.', '.0-01.')), 0, run, stamp)).toBe(false);
  expect(readToken(asciiBytes(token.replace('.0001.', 'x0001.')), 0, run, stamp)).toBe(false);
  expect(readToken(asciiBytes(token.replace(RUN, 'zzzzzz')), 0, run, stamp)).toBe(true);
  expect(stamp.ours).toBe(false);
  const cut = asciiBytes(token.slice(0, -1));
  expect(findToken(cut, 0, cut.length, 0)).toBe(-1);
});
