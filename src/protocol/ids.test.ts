import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ids } from './ids.ts';
import { scanUserId } from './scan.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const idIn = (text: string, ids = new Ids()): string | undefined => {
  const bytes = bytesOf(`..${text}`);
  const from = scanUserId(bytes, 2, bytes.length);
  return from < 0 ? undefined : ids.text(bytes, from, bytes.length);
};

describe('the id of a notice', () => {
  it.each([
    ['as the reference server writes it', '{"type":"user:joined","user_id":"u7","timestamp":1.5}', 'u7'],
    ['with spaces, as Python writes it', '{"type": "user:left", "user_id": "u7"}', 'u7'],
    ['that is empty', '{"type":"user:left","user_id":""}', ''],
    ['after another key', '{"type":"user:left","timestamp":1,"user_id":"u7"}', undefined],
    ['with an escape', '{"type":"user:left","user_id":"u\\u0037"}', undefined],
    ['beyond ASCII', '{"type":"user:left","user_id":"ü"}', undefined],
    ['that is no text', '{"type":"user:left","user_id":7}', undefined],
    ['that never ends', '{"type":"user:left","user_id":"u7', undefined],
    ['that is not there', '{"type":"user:left"}', undefined],
  ])('is read %s, or has to be parsed', (_how, text, id) => {
    expect(idIn(text)).toBe(id);
  });

  it('is the right one, whatever was read before', () => {
    const ids = new Ids();
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{0,30}$/), (id) => {
        expect(idIn(`{"type":"user:left","user_id":"${id}"}`, ids)).toBe(id);
      }),
      { numRuns: 5000 },
    );
  });

  it('is kept although what it was read from is used again', () => {
    const ids = new Ids();
    const buffer = Buffer.from('u0001"');
    expect(ids.text(buffer, 0, 6)).toBe('u0001');
    buffer.write('u0002"');
    expect(ids.text(buffer, 0, 6)).toBe('u0002');
    buffer.write('u0001"');
    expect(ids.text(buffer, 0, 6)).toBe('u0001');
  });
});
