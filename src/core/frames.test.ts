import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { BINARY, CLOSE, FrameError, FrameReader, HEADER, maskFrame, PING, PONG, TEXT } from './frames.ts';

/** The library's own reader, which its types leave out. */
const { Receiver } = ws as unknown as {
  Receiver: new (
    options: object,
  ) => NodeJS.WritableStream & { on(event: string, listener: (...args: never[]) => void): void };
};
const CASES = Number(process.env['FRAME_CASES'] ?? 2500);

/** `opcode:payload`, each byte a character: quick to compare. */
type Written = string;
const written = (opcode: number, payload: Uint8Array): Written =>
  `${opcode}:${Buffer.from(payload).toString('latin1')}`;

/** A server's frame. */
function frame(opcode: number, payload: Buffer, fin = true): Buffer {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** What our reader makes of a stream that comes in these pieces. */
function read(pieces: Buffer[], longest = 2 ** 26): Written[] | { code: number } {
  const reader = new FrameReader(longest);
  const found: Written[] = [];
  let closed = false;
  const sink = {
    frame: (opcode: number, bytes: Uint8Array, start: number, end: number) => {
      found.push(written(opcode, bytes.subarray(start, end)));
      closed ||= opcode === CLOSE;
      return !closed;
    },
  };
  try {
    for (const piece of pieces) {
      if (closed) break;
      // As sockets do it: one buffer for every read, with other bytes around and, later, others in it.
      const shared = Buffer.concat([Buffer.from('before'), piece, Buffer.from('behind')]);
      reader.read(shared, 6, 6 + piece.length, sink);
      shared.fill(0xee);
    }
  } catch (error) {
    if (error instanceof FrameError) return { code: error.code };
    throw error;
  }
  return found;
}

/** What the library makes of it. */
async function readByLibrary(pieces: Buffer[]): Promise<Written[] | 'error'> {
  const receiver = new Receiver({
    isServer: false,
    allowSynchronousEvents: true,
    skipUTF8Validation: true,
    maxPayload: 2 ** 26,
  });
  const found: Written[] = [];
  let failed = false;
  const note = (opcode: number) => (data: Buffer) => void found.push(written(opcode, data));
  receiver.on('message', ((data: Buffer, binary: boolean) => note(binary ? BINARY : TEXT)(data)) as never);
  receiver.on('ping', note(PING) as never);
  receiver.on('pong', note(PONG) as never);
  receiver.on('error', (() => (failed = true)) as never);
  for (const piece of pieces) receiver.write(Buffer.from(piece));
  // A stream tells its error in the next turn.
  await new Promise(setImmediate);
  return failed ? 'error' : found;
}

function cutAt(stream: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => stream.subarray(from, places[i] ?? stream.length));
}

const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 140 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(length)),
  },
);
const message = fc.record({
  opcode: fc.constantFrom(TEXT, BINARY),
  parts: fc.array(payload, { minLength: 1, maxLength: 3 }),
  ping: fc.boolean(),
});
const streamOf = (messages: { opcode: number; parts: Uint8Array[]; ping: boolean }[]): Buffer =>
  Buffer.concat(
    messages.flatMap(({ opcode, parts, ping }) =>
      parts.flatMap((part, i) => [
        frame(i === 0 ? opcode : 0, Buffer.from(part), i === parts.length - 1),
        ...(ping ? [frame(PING, Buffer.from('between'))] : []),
      ]),
    ),
  );

describe('frames', () => {
  it('are read as the library reads them, however the stream is cut', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(200_000), { maxLength: 12 }),
        async (messages, cuts) => {
          const pieces = cutAt(streamOf(messages), cuts);
          const found = read(pieces);
          expect(found).toEqual(await readByLibrary(pieces));
          seen += (found as Written[]).length;
        },
      ),
      { numRuns: CASES / 5 },
    );
    expect(seen).toBeGreaterThan(CASES / 5);
  });

  it('are refused where the library refuses them: any bytes at all', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 5 }), async (pieces) => {
        const buffers = pieces.map((piece) => Buffer.from(piece));
        // A close frame ends the library's reading; ours goes on to the layer above.
        const found = read(buffers);
        const closes = Array.isArray(found) && found.some((one) => one.startsWith(`${CLOSE}:`));
        if (closes) return;
        const theirs = await readByLibrary(buffers);
        expect(Array.isArray(found) ? found : 'error').toEqual(theirs);
        if (!Array.isArray(found)) refused++;
      }),
      { numRuns: CASES },
    );
    expect(refused).toBeGreaterThan(CASES / 10);
  });

  it('cut at every byte are read all the same', () => {
    const stream = streamOf([
      { opcode: TEXT, parts: [Buffer.from('Ø25'), Buffer.from('λ/4')], ping: true },
      { opcode: BINARY, parts: [Buffer.alloc(300, 7)], ping: false },
    ]);
    const whole = read([stream]);
    expect(read([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(read([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole);
    }
  });

  it.each([
    ['a message over the limit', [frame(TEXT, Buffer.alloc(11))], 1009],
    ['fragments over the limit', [frame(TEXT, Buffer.alloc(6), false), frame(0, Buffer.alloc(6))], 1009],
    ['a reserved bit', [Buffer.from([0xc1, 0])], 1002],
    ['a mask', [Buffer.from([0x81, 0x80, 0, 0, 0, 0])], 1002],
    ['a fragmented ping', [Buffer.from([0x09, 0])], 1002],
  ] as const)('with %s are refused', (_what, stream, code) => {
    expect(read([Buffer.concat([...stream])], 10)).toEqual({ code });
  });

  it('that we write are read by the library, at every kind of length', () => {
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]) {
      const text = Buffer.alloc(length, 'x');
      const bytes = new Uint8Array(HEADER + length);
      bytes.set(text, HEADER);
      const start = maskFrame(bytes, length, TEXT, 0xdeadbeef);
      const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true, maxPayload: 2 ** 26 });
      let found: Buffer | undefined;
      receiver.on('message', ((data: Buffer) => (found = Buffer.from(data))) as never);
      receiver.write(Buffer.from(bytes.subarray(start)));
      expect(found?.equals(text)).toBe(true);
    }
  });
});
