import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as core from '../core/breaches.ts';
import { CLOSE, MAX_FRAGMENTS, PING, TEXT } from '../core/frames.ts';
import { cutAt, frame, oddStream, readByUs } from '../core/testing/frame-laws.ts';
import { endingBy, type Connection, type Ending } from '../load/ports.ts';
import type { Target } from '../plan/plan.ts';
import { netDoor } from './net-door.ts';
import { MAX_UNANSWERED } from './pongs.ts';
import { upgradeFor } from './testing/upgrade.ts';
import { wsDoor } from './ws-door.ts';

/** What the server says to whom it lets in next. */
let says: (socket: Socket) => void = () => {};
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('data', (request) => {
    socket.write(upgradeFor(request.toString()));
    says(socket);
  });
});
let target: Target;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  target = { urls: [`ws://127.0.0.1:${port}`], headers: {}, subprotocols: [] };
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const DOORS = { net: netDoor, ws: wsDoor };

/** What came through a door until its end. */
interface Visit {
  messages: string[];
  ending: Ending;
}

function visit(name: keyof typeof DOORS, act: (connection: Connection) => void = () => {}): Promise<Visit> {
  return new Promise((resolve) => {
    const messages: string[] = [];
    const note = (kind: string, bytes: Uint8Array, start: number, end: number): void =>
      void messages.push(`${kind} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
    DOORS[name](target, 'abc123', () => 0).connect(0, 1, 2, {
      opened: (_seat, connection) => act(connection),
      message: (_seat, _connection, bytes, start, end) => note('text', bytes, start, end),
      binary: (_seat, _connection, bytes, start, end) => note('binary', bytes, start, end),
      closed: (_seat, _connection, ending) => {
        delete ending.quiet_us;
        resolve({ messages, ending });
      },
    });
  });
}

const closeFrame = (code: number, reason: Buffer = Buffer.alloc(0)): Buffer =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]));
const bytes = (...all: number[]): Buffer => Buffer.from(all);
const SAID = frame(TEXT, Buffer.from('a'));

describe('both doors name what no server may send, and close with its code:', () => {
  it.each<[string, Buffer, core.Breach]>([
    ['RSV1', bytes(0xc1, 0), core.RESERVED_BIT],
    ['RSV3 of a ping', bytes(0x99, 0), core.RESERVED_BIT],
    ['a mask', bytes(0x82, 0x81, 1, 2, 3, 4, 5), core.MASKED_BY_SERVER],
    ['opcode 5', bytes(0x85, 0), core.unknownOpcode(5)],
    ['opcode 15', bytes(0x8f, 0), core.unknownOpcode(15)],
    ['a close frame in fragments', bytes(0x08, 2), core.FRAGMENTED_CONTROL],
    ['a pong of 126 bytes', bytes(0x8a, 126, 0, 126), core.LONG_CONTROL],
    ['a continuation of nothing', bytes(0x80, 1, 97), core.CONTINUES_NOTHING],
    ['binary within text', bytes(0x01, 1, 97, 0x82, 1, 98), core.MESSAGE_WITHIN],
    ['a length of 2 in two bytes', bytes(0x81, 126, 0, 2, 97, 98), core.LENGTH_NOT_SHORTEST],
    ['a length of 126 in eight', bytes(0x02, 127, 0, 0, 0, 0, 0, 0, 0, 126), core.LENGTH_NOT_SHORTEST],
    ['half a close code', bytes(0x88, 1, 3), core.HALF_A_CODE],
    ['the close code 1005', closeFrame(1005), core.closeCodeBreach(1005)],
    ['the close code 1006', closeFrame(1006, Buffer.from('cut')), core.closeCodeBreach(1006)],
    ['the close code 1015', closeFrame(1015), core.closeCodeBreach(1015)],
    ['the close code 2000', closeFrame(2000), core.closeCodeBreach(2000)],
    ['the close code 0', closeFrame(0), core.closeCodeBreach(0)],
    ['the close code 5000', closeFrame(5000), core.closeCodeBreach(5000)],
    ['half a character as reason', closeFrame(1000, bytes(0xe2, 0x82)), core.REASON_NOT_UTF8],
    ['more than 64 MiB', bytes(0x81, 127, 0, 0, 0, 0, 4, 0, 0, 1), core.tooLong(2 ** 26)],
    ['more than 2⁶³', bytes(0x81, 127, 255, 0, 0, 0, 0, 0, 0, 1), core.tooLong(2 ** 26)],
    [
      'a message in very many fragments',
      Buffer.concat([bytes(1, 0), ...Array.from({ length: MAX_FRAGMENTS }, () => bytes(0, 0))]),
      core.tooManyFragments(MAX_FRAGMENTS),
    ],
  ])('%s', async (_what, stream, breach) => {
    for (const name of ['net', 'ws'] as const) {
      const answered = new Promise<Buffer>((resolve) => {
        says = (socket) => {
          socket.once('data', (data) => resolve(Buffer.from(data)));
          socket.write(Buffer.concat([SAID, stream]));
        };
      });
      expect({ name, ...(await visit(name)) }).toEqual({ name, messages: ['text 61'], ending: endingBy(breach) });
      const answer = await answered;
      expect(answer[0]).toBe(0x88);
      // The library answers a good code before anybody looks at the reason.
      const code = (answer[6]! ^ answer[2]!) * 256 + (answer[7]! ^ answer[3]!);
      if (breach !== core.REASON_NOT_UTF8) expect({ name, code }).toEqual({ name, code: breach.code });
    }
  });

  it('and only once, where this end was closing already', async () => {
    for (const name of ['net', 'ws'] as const) {
      says = (socket) => {
        socket.once('data', () => socket.write(closeFrame(1006)));
      };
      const { ending } = await visit(name, (connection) => connection.close(1000, 'enough'));
      expect(ending).toEqual(endingBy(core.closeCodeBreach(1006), true));
    }
  });
});

it('any stream of frames is the same at both doors, however it comes', async () => {
  const ends = new Set<string>();
  await fc.assert(
    fc.asyncProperty(oddStream, fc.array(fc.nat(300), { maxLength: 2 }), async (stream, cuts) => {
      says = (socket) => {
        const pieces = cutAt(stream, cuts);
        const next = (): unknown => {
          const piece = pieces.shift();
          return piece === undefined ? socket.end() : socket.write(piece, () => setImmediate(next));
        };
        next();
      };
      const net = await visit('net');
      expect(await visit('ws')).toEqual(net);
      const { end, breach } = readByUs([stream], 2 ** 26);
      ends.add(net.ending.error ?? `${net.ending.code}`);
      expect(net.ending.breach).toBe(end === 'refused' ? true : undefined);
      if (breach) expect(net.ending).toEqual(endingBy(breach));
    }),
    { numRuns: 120, endOnFailure: true },
  );
  expect(ends.size).toBeGreaterThan(5);
}, 30_000);

it.each(['net', 'ws'] as const)(
  'a server that pings without end and reads nothing is given up by the %s door',
  async (name) => {
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(PING, Buffer.alloc(125, 97))));
    let left = 1000;
    says = (socket) => {
      socket.pause();
      const flood = (): void => {
        if (!socket.destroyed && left-- > 0) socket.write(pings, () => setImmediate(flood));
      };
      flood();
    };
    const { ending } = await visit(name);
    left = 0;
    expect(ending).toEqual(endingBy(core.unansweredPings(MAX_UNANSWERED)));
  },
);
