import { describe, expect, it } from 'vitest';
import {
  closeCodeBreach,
  CONTINUES_NOTHING,
  FRAGMENTED_CONTROL,
  HALF_A_CODE,
  LENGTH_NOT_SHORTEST,
  LONG_CONTROL,
  MASKED_BY_SERVER,
  MESSAGE_WITHIN,
  REASON_NOT_UTF8,
  RESERVED_BIT,
  tooLong,
  tooManyFragments,
  tooMuchUnfinished,
  unknownOpcode,
  type Breach,
} from './breaches.ts';
import { BINARY, CLOSE, closeIn, FrameReader, HEADER, maskFrame, MAX_FRAGMENTS, PING, TEXT } from './frames.ts';
import { Unfinished } from './unfinished.ts';
import { frame, FRAME_LAWS, readByLibrary, readByUs, streamOf } from './testing/frame-laws.ts';

/** Ten thousand over all laws; `npm run prove` takes a million. */
const CASES = 10_000;
const NONE = Buffer.alloc(0);
const LONG = 2 ** 20;

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

  it.each<[string, readonly Buffer[], Breach]>([
    ['a message over the limit', [frame(TEXT, Buffer.alloc(11))], tooLong(10)],
    ['fragments over the limit', [frame(TEXT, Buffer.alloc(6), false), frame(0, Buffer.alloc(6))], tooLong(10)],
    ['a reserved bit', [Buffer.from([0xc1, 0])], RESERVED_BIT],
    ['a mask', [Buffer.from([0x81, 0x80, 0, 0, 0, 0])], MASKED_BY_SERVER],
    ['an opcode of nothing', [Buffer.from([0x83, 0])], unknownOpcode(3)],
    ['a control opcode of nothing', [Buffer.from([0x8b, 0])], unknownOpcode(11)],
    ['a fragmented ping', [Buffer.from([0x09, 0])], FRAGMENTED_CONTROL],
    ['a ping of 126 bytes', [Buffer.from([0x89, 126])], LONG_CONTROL],
    ['a continuation of nothing', [frame(0, Buffer.from('x'))], CONTINUES_NOTHING],
    ['a message within another', [frame(TEXT, Buffer.from('x'), false), frame(TEXT, NONE)], MESSAGE_WITHIN],
    ['a short length in two bytes', [Buffer.from([0x81, 126, 0, 125])], LENGTH_NOT_SHORTEST],
    ['a short length in eight bytes', [Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255])], LENGTH_NOT_SHORTEST],
    ['half a close code, before it is there', [Buffer.from([0x88, 1])], HALF_A_CODE],
    ['a reason that is not UTF-8', [frame(CLOSE, Buffer.from([3, 0xe8, 0xc3]))], REASON_NOT_UTF8],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, Buffer[], Breach] => [
      `the close code ${code}`,
      [frame(CLOSE, Buffer.from([code >> 8, code & 255]))],
      closeCodeBreach(code),
    ]),
  ])('with %s are refused', (_what, stream, breach) => {
    expect(readByUs([Buffer.concat([...stream])], 10)).toEqual({ frames: [], end: 'refused', breach });
  });

  it.each([1000, 1003, 1007, 1014, 3000, 4999])('may close with %i', (code) => {
    const close = frame(CLOSE, Buffer.from([code >> 8, code & 255, 0xc3, 0xa9]));
    expect(readByUs([close])).toEqual({ frames: [], end: 'closed' });
    expect(closeIn(close, 2, close.length)).toEqual({ code, reason: 'é' });
  });

  it('may be empty, and text may be cut within a character', () => {
    const [one, two] = [Buffer.from('Ø').subarray(0, 1), Buffer.from('Ø').subarray(1)];
    const stream = [
      frame(TEXT, NONE),
      frame(TEXT, one, false),
      frame(0, NONE, false),
      frame(PING, NONE),
      frame(0, two),
    ];
    expect(readByUs(stream).frames).toEqual([
      { opcode: TEXT, bytes: NONE },
      { opcode: PING, bytes: NONE },
      { opcode: TEXT, bytes: Buffer.from('Ø') },
    ]);
  });

  it('come in so many fragments and no more', () => {
    const fragments = Buffer.concat(Array.from({ length: MAX_FRAGMENTS }, () => Buffer.from([0, 0])));
    const stream = [frame(TEXT, NONE, false), fragments];
    expect(readByUs(stream)).toMatchObject({ end: 'refused', breach: tooManyFragments(MAX_FRAGMENTS) });
    expect(readByUs([stream[0]!, fragments.subarray(2)]).end).toBe('open');
  });

  it('that are not finished share their room, and give it back', () => {
    const nobody = { frame: () => true };
    const unfinished = new Unfinished(1_000_000);
    const begun = frame(TEXT, Buffer.alloc(600_000)).subarray(0, 500_000);
    const cut = new FrameReader(LONG, unfinished);
    cut.read(begun, 0, begun.length, nobody);
    const other = new FrameReader(LONG, unfinished);
    const fragment = frame(TEXT, Buffer.alloc(500_000), false);
    expect(() => other.read(fragment, 0, fragment.length, nobody)).toThrow(tooMuchUnfinished(1_000_000).says);
    other.end();
    const small = new FrameReader(LONG, unfinished);
    small.read(begun, 0, 5000, nobody);
    cut.end();
    for (let time = 0; time < 5; time++) {
      const again = new FrameReader(LONG, unfinished);
      again.read(fragment, 0, fragment.length, nobody);
      const end = frame(0, Buffer.alloc(20));
      again.read(end, 0, end.length, nobody);
    }
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
