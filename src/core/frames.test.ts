import { describe, expect, it } from 'vitest';
import { BINARY, HEADER, maskFrame, TEXT } from './frames.ts';
import { frame, FRAME_LAWS, readByLibrary, readByUs, streamOf } from './testing/frame-laws.ts';

/** Ten thousand over all laws; `npm run prove` takes a million. */
const CASES = 10_000;

describe('frames', () => {
  it.each(Object.entries(FRAME_LAWS))('%s', (_name, law) => {
    const cases = Math.ceil(CASES / Object.keys(FRAME_LAWS).length);
    const { streams, frames, refused } = law(cases);
    expect(streams).toBe(cases);
    expect(frames + refused).toBeGreaterThan(cases / 10);
  });

  it('cut at every byte are read all the same', () => {
    const stream = streamOf([
      { opcode: TEXT, parts: [Buffer.from('Ø25'), Buffer.from('λ/4')], ping: true },
      { opcode: BINARY, parts: [Buffer.alloc(300, 7)], ping: false },
    ]);
    const whole = readByUs([stream]);
    expect(whole.frames).toHaveLength(4);
    expect(readByUs([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(readByUs([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole);
    }
  });

  it.each([
    ['a message over the limit', [frame(TEXT, Buffer.alloc(11))], 1009],
    ['fragments over the limit', [frame(TEXT, Buffer.alloc(6), false), frame(0, Buffer.alloc(6))], 1009],
    ['a reserved bit', [Buffer.from([0xc1, 0])], 1002],
    ['a mask', [Buffer.from([0x81, 0x80, 0, 0, 0, 0])], 1002],
    ['a fragmented ping', [Buffer.from([0x09, 0])], 1002],
    ['half a close code, before it is there', [Buffer.from([0x88, 1])], 1002],
  ] as const)('with %s are refused', (_what, stream, code) => {
    expect(readByUs([Buffer.concat([...stream])], 10)).toEqual({ frames: [], end: 'refused', code });
  });

  it('that we write are read by the library, at every kind of length', () => {
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]) {
      const text = Buffer.alloc(length, 'x');
      const bytes = new Uint8Array(HEADER + length);
      bytes.set(text, HEADER);
      const start = maskFrame(bytes, length, TEXT, 0xdeadbeef);
      const { frames, end } = readByLibrary([bytes.subarray(start)], true);
      expect({ frames, end }).toEqual({ frames: [{ opcode: TEXT, bytes: text }], end: 'open' });
    }
  });
});
