import { createDeflateRaw, constants, type DeflateRaw } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Breach } from '../core/breaches.ts';
import { BINARY, CLOSE, HEADER, maskFrame, PING, PONG, TEXT } from '../core/frames.ts';
import { frame as serverFrame } from '../core/testing/frame-laws.ts';
import { FrameTap, KEPT, type Passed } from './frame-tap.ts';
import { Inflater } from './inflater.ts';

/** A client's frame. */
function clientFrame(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const bytes = Buffer.alloc(HEADER + payload.length);
  bytes.set(payload, HEADER);
  const start = maskFrame(bytes, payload.length, opcode, 0x12345678);
  if (!fin) bytes[start]! &= 0x7f;
  return bytes.subarray(start);
}

interface Seen {
  passed: (Omit<Passed, 'payload'> & { payload: string })[];
  broken: string[];
  tap: FrameTap;
}

function look(fromClient: boolean, chunks: readonly Uint8Array[], inflater?: Inflater): Seen {
  const passed: Seen['passed'] = [];
  const broken: string[] = [];
  const sink = {
    passed: (one: Passed) => void passed.push({ ...one, payload: one.payload.toString('latin1') }),
    broken: ({ section, says }: Breach) => void broken.push(`${section} ${says}`),
  };
  const tap = new FrameTap(fromClient, sink, inflater);
  for (const chunk of chunks) tap.read(Buffer.from(chunk));
  return { passed, broken, tap };
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe('the look at passing frames', () => {
  it('sees every message and control frame, of clients and servers, wherever the stream is cut', () => {
    let frames = 0;
    const message = fc.record({
      opcode: fc.constantFrom(TEXT, BINARY),
      parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      control: fc.option(
        fc.record({ opcode: fc.constantFrom(PING, PONG), payload: fc.uint8Array({ maxLength: 125 }) }),
      ),
    });
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(5000), { maxLength: 20 }),
        (fromClient, messages, cuts) => {
          const frame = fromClient ? clientFrame : serverFrame;
          const stream = messages.flatMap(({ opcode, parts, control }) =>
            parts.flatMap((part, n) => [
              frame(n === 0 ? opcode : 0, part, n === parts.length - 1),
              ...(control && n === 0 ? [frame(control.opcode, control.payload)] : []),
            ]),
          );
          const { passed, broken, tap } = look(fromClient, cutAt(Buffer.concat(stream), cuts));
          const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
          const data = passed.filter(({ opcode }) => opcode < CLOSE);
          expect(data.map(({ opcode, payload, fragments, cut }) => ({ opcode, payload, fragments, cut }))).toEqual(
            messages.map(({ opcode, parts }) => ({
              opcode,
              payload: parts.map(latin).join(''),
              fragments: parts.length,
              cut: false,
            })),
          );
          const controls = passed.filter(({ opcode }) => opcode > CLOSE);
          expect(controls.map(({ opcode, payload }) => [opcode, payload])).toEqual(
            messages.flatMap(({ control }) => (control ? [[control.opcode, latin(control.payload)]] : [])),
          );
          expect([broken, tap.isBetweenFrames]).toEqual([[], true]);
          frames += stream.length;
        },
      ),
      { seed: 3, numRuns: 300 },
    );
    expect(frames).toBeGreaterThan(1000);
  });

  it('keeps the beginning of what is too long, and goes on behind it', () => {
    const long = Buffer.alloc(KEPT + 10, 'x');
    const { passed } = look(false, [serverFrame(TEXT, long), serverFrame(TEXT, Buffer.from('next'))]);
    expect(passed.map(({ bytes, cut, payload }) => [bytes, cut, payload.length])).toEqual([
      [KEPT + 10, true, KEPT],
      [4, false, 4],
    ]);
  });

  it('says what no peer may send, by its section of RFC 6455, and looks no further', () => {
    const bytes = (...all: number[]): Buffer => Buffer.from(all);
    const cases: [boolean, Buffer, string][] = [
      [true, bytes(0x81, 0x01), '5.1 a frame of the client is not masked'],
      [false, bytes(0x81, 0x81), '5.1 a frame of the server is masked'],
      [false, bytes(0xc1, 0x00), '5.2 a frame has a reserved bit set'],
      [false, bytes(0x83, 0x00), '5.2 a frame has the unknown opcode 3'],
      [false, bytes(0x09, 0x00), '5.5 a control frame is fragmented'],
      [false, bytes(0x89, 0x7e), '5.5 a control frame is longer than 125 bytes'],
      [false, bytes(0x80, 0x00), '5.4 a continuation continues nothing'],
      [false, bytes(0x01, 0x00, 0x81, 0x00), '5.4 a message begins within another'],
      [false, bytes(0x88, 0x01, 0x03), '5.5.1 a close frame has half a code'],
      [false, bytes(0x88, 0x02, 0x03, 0xed), '7.4 a close frame has the code 1005, which nobody may send'],
      [true, bytes(0x88, 0x83, 0, 0, 0, 0, 0x03, 0xe8, 0xff), '5.5.1 the reason of a close frame is not UTF-8'],
      [false, bytes(0x82, 0x7e, 0x00, 0x7d), '5.2 the length of a frame is not written in the shortest way'],
      [true, bytes(0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0), '5.2 the length of a frame is not written in'],
    ];
    for (const [fromClient, stream, says] of cases) {
      const { broken, tap } = look(fromClient, [stream, Buffer.from([0x81, 0x00])]);
      expect(broken).toHaveLength(1);
      expect(broken[0]).toContain(says);
      expect(tap.isBetweenFrames).toBe(false);
    }
  });
});

/** Compresses as a peer does that keeps its context over messages. */
async function deflated(texts: readonly string[]): Promise<Buffer[]> {
  const stream: DeflateRaw = createDeflateRaw();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const all: Buffer[] = [];
  for (const text of texts) {
    stream.write(text);
    await new Promise<void>((resolve) => {
      stream.flush(constants.Z_SYNC_FLUSH, () => resolve());
    });
    all.push(Buffer.concat(chunks.splice(0)).subarray(0, -4));
  }
  return all;
}

const compressed = (data: Buffer): Buffer => {
  const frame = serverFrame(TEXT, data);
  frame[0]! |= 0x40;
  return frame;
};

describe('compressed messages', () => {
  it('are read, also where each refers to those before it', async () => {
    const texts = Array.from(
      { length: 200 },
      (_, n) => `{"type":"command","n":${n},"label":"${'Ø25 λ/4 '.repeat(n)}"}`,
    );
    const { passed, broken } = look(false, (await deflated(texts)).map(compressed), new Inflater(KEPT, true));
    expect(broken).toEqual([]);
    expect(passed.map(({ payload }) => Buffer.from(payload, 'latin1').toString())).toEqual(texts);
    expect(passed.every(({ cut, compressed: isCompressed }) => !cut && isCompressed)).toBe(true);
  });

  it('that would grow without end are not read, nor what refers to them', async () => {
    const [bomb, next] = await deflated(['x'.repeat(2 * KEPT), 'xxxx']);
    const { passed } = look(false, [compressed(bomb!), compressed(next!)], new Inflater(KEPT, true));
    expect(passed.map(({ cut }) => cut)).toEqual([true, true]);
  });
});
