import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { frameOf } from './frames.ts';

/** In the library, and not in its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** What another implementation reads in a frame. */
function read(bytes: Buffer): string {
  const receiver = new Receiver({ isServer: false, binaryType: 'nodebuffer', maxPayload: 0 });
  let text: string | undefined;
  receiver.on('message', (data: Buffer) => (text = data.toString()));
  receiver.write(bytes);
  return text!;
}

describe('a frame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('of %i bytes is read as it was written', (length) => {
    const text = 'x'.repeat(length);
    const frame = frameOf(text);
    expect(read(frame.bytes)).toBe(text);
    expect(frame.payload.toString()).toBe(text);
    expect(frame.droppable).toBe(false);
  });

  it('counts bytes, not characters', () => {
    const text = 'Ø25 µ λ/4 😀'.repeat(10);
    expect(read(frameOf(text, true).bytes)).toBe(text);
  });
});
