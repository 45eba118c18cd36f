import fc from 'fast-check';
import * as ws from 'ws';
import { BreachError, LENGTH_NOT_SHORTEST, REASON_NOT_UTF8, type Breach } from '../breaches.ts';
import { BINARY, CLOSE, FrameReader, PING, PONG, TEXT } from '../frames.ts';

/**
 * Our reader of frames held against the one of `ws`, over streams cut anywhere. Both are driven without a turn of the
 * event loop between, so that a million streams take minutes.
 */

/** What a reader hands over, and how its reading stands at the end. */
export interface Reading {
  /** `opcode`, then `bytes`, of each message, ping and pong. */
  frames: { opcode: number; bytes: Buffer }[];
  end: 'open' | 'closed' | 'refused';
}

/** The library's reader, which its types leave out. `_write` is what Node documents for whoever drives a Writable. */
interface LibraryReader {
  on(event: string, listener: (...args: never[]) => void): void;
  _write(chunk: Buffer, encoding: string, done: (error?: Error) => void): void;
}
const { Receiver } = ws as unknown as { Receiver: new (options: object) => LibraryReader };

/** Longer than any message that is made here, so that both readers refuse the same lengths. */
const LONGEST = 2 ** 20;

/** A server's frame. */
export function frame(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** As sockets do it: one buffer for every read, with other bytes around and, later, others in it. */
const shared = Buffer.alloc(LONGEST);
const BEFORE = 6;

/** What our reader makes of a stream that comes in these pieces. */
export function readByUs(pieces: readonly Uint8Array[], longest = LONGEST): Reading & { breach?: Breach } {
  const reader = new FrameReader(longest);
  const frames: Reading['frames'] = [];
  let closed = false;
  const sink = {
    frame: (opcode: number, bytes: Uint8Array, start: number, end: number) => {
      if (opcode === CLOSE) closed = true;
      else frames.push({ opcode, bytes: Buffer.from(bytes.subarray(start, end)) });
      return !closed;
    },
  };
  try {
    for (const piece of pieces) {
      if (closed) break;
      shared.set(piece, BEFORE);
      reader.read(shared, BEFORE, BEFORE + piece.length, sink);
      shared.fill(0xee, 0, BEFORE + piece.length);
    }
  } catch (error) {
    if (error instanceof BreachError) return { frames, end: 'refused', breach: error.breach };
    throw error;
  }
  return { frames, end: closed ? 'closed' : 'open' };
}

/** What the library makes of it: as a client, or of what clients send. */
export function readByLibrary(pieces: readonly Uint8Array[], isServer = false): Reading {
  const receiver = new Receiver({
    isServer,
    allowSynchronousEvents: true,
    skipUTF8Validation: true,
    maxPayload: LONGEST,
  });
  const reading: Reading = { frames: [], end: 'open' };
  const note = (opcode: number, bytes: Buffer): void => void reading.frames.push({ opcode, bytes });
  receiver.on('message', ((bytes: Buffer, binary: boolean) => note(binary ? BINARY : TEXT, bytes)) as never);
  receiver.on('ping', ((bytes: Buffer) => note(PING, bytes)) as never);
  receiver.on('pong', ((bytes: Buffer) => note(PONG, bytes)) as never);
  receiver.on('conclude', (() => (reading.end = 'closed')) as never);
  for (const piece of pieces) {
    if (reading.end !== 'open') break;
    // oxlint-disable-next-line no-underscore-dangle -- so Node names it
    receiver._write(Buffer.from(piece), 'buffer', (error) => {
      if (error) reading.end = 'refused';
    });
  }
  return reading;
}

/** @throws Error where the two differ */
function compare(pieces: readonly Uint8Array[]): Reading {
  const ours = readByUs(pieces);
  const theirs = readByLibrary(pieces);
  // What browsers and Qt refuse, and the library takes.
  const isStricter = ours.breach === LENGTH_NOT_SHORTEST || ours.breach === REASON_NOT_UTF8;
  if (ours.end !== theirs.end && !isStricter) throw new Error(`${ours.end} here, ${theirs.end} in the library`);
  if (ours.frames.length !== theirs.frames.length && !isStricter) throw new Error('another number of frames');
  for (const [i, { opcode, bytes }] of ours.frames.entries()) {
    const other = theirs.frames[i]!;
    if (opcode !== other.opcode || !bytes.equals(other.bytes)) throw new Error(`frame ${i} differs`);
  }
  return ours;
}

const small = fc.uint8Array({ maxLength: 140 });
/** Around the lengths at which a header changes; their bytes need not be random. */
const long = fc
  .tuple(fc.constantFrom(125, 126, 127, 300, 65_535, 65_536), fc.nat(255))
  .map(([length, byte]) => new Uint8Array(length).fill(byte));
const message = fc.record({
  opcode: fc.constantFrom(TEXT, BINARY),
  parts: fc.array(fc.oneof({ weight: 12, arbitrary: small }, { weight: 1, arbitrary: long }), {
    minLength: 1,
    maxLength: 3,
  }),
  ping: fc.boolean(),
});
type Message = { opcode: number; parts: Uint8Array[]; ping: boolean };
const BETWEEN = frame(PING, Buffer.from('between'));

/** Messages in fragments, with pings between those. */
export const streamOf = (messages: readonly Message[]): Buffer =>
  Buffer.concat(
    messages.flatMap(({ opcode, parts, ping }) =>
      parts.flatMap((part, i) => [
        frame(i === 0 ? opcode : 0, part, i === parts.length - 1),
        ...(ping ? [BETWEEN] : []),
      ]),
    ),
  );

export function cutAt(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => stream.subarray(from, places[i] ?? stream.length));
}

/** Any byte, and more often one that means something in a header. */
const byte = fc.oneof(
  fc.nat(255),
  fc.constantFrom(0, 1, 2, 8, 9, 10, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 125, 126, 127, 0xfe),
);
const messages = fc.array(message, { maxLength: 5 });
const cuts = fc.array(fc.nat(200_000), { maxLength: 10 });

/** A stream that is mostly lawful: frames of any two bytes, close frames of any code, text of any bytes. */
export const oddStream: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: message.map((one) => streamOf([one])) },
      { weight: 1, arbitrary: fc.tuple(byte, byte, small).map(([a, b, rest]) => Buffer.from([a, b, ...rest])) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.oneof(fc.integer({ min: 990, max: 1020 }), fc.nat(65_535)), fc.uint8Array({ maxLength: 4 }))
          .map(([code, reason]) => frame(CLOSE, Buffer.from([code >> 8, code & 255, ...reason]))),
      },
    ),
    { maxLength: 5 },
  )
  .map((parts) => Buffer.concat(parts));

/** How many streams were held against the library, how many frames came out, how many streams were refused. */
export interface Held {
  streams: number;
  frames: number;
  refused: number;
}
const check = <Ts extends [unknown, ...unknown[]]>(
  cases: number,
  arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  pieces: (...made: Ts) => readonly Uint8Array[],
): Held => {
  const held: Held = { streams: 0, frames: 0, refused: 0 };
  const property = fc.property(...(arbitraries as [fc.Arbitrary<Ts[0]>]), ((...made: Ts) => {
    const { frames, end } = compare(pieces(...made));
    held.streams++;
    held.frames += frames.length;
    if (end === 'refused') held.refused++;
  }) as never);
  fc.assert(property, { numRuns: cases });
  return held;
};

/** Each law takes a number of cases, and throws with the smallest stream that breaks it. */
export const FRAME_LAWS: Record<string, (cases: number) => Held> = {
  'are read as the library reads them, however the stream is cut': (cases) =>
    check<[Message[], number[]]>(cases, [messages, cuts], (made, at) => cutAt(streamOf(made), at)),

  'are refused where the library refuses them: lawful streams with a few bytes altered': (cases) =>
    check<[Message[], number[], [number, number][]]>(
      cases,
      [messages, cuts, fc.array(fc.tuple(fc.nat(600), byte), { minLength: 1, maxLength: 3 })],
      (made, at, changes) => {
        const stream = streamOf(made);
        for (const [place, other] of changes) if (stream.length > 0) stream[place % stream.length] = other;
        return cutAt(stream, at);
      },
    ),

  'are refused where the library refuses them: any bytes at all': (cases) =>
    check<[number[][]]>(
      cases,
      [fc.array(fc.array(byte, { minLength: 1, maxLength: 30 }), { maxLength: 5 })],
      (pieces) => pieces.map((piece) => Uint8Array.from(piece)),
    ),
};
