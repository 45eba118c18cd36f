import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BINARY, CLOSE, TEXT } from '../core/frames.ts';
import { frame } from '../core/testing/frame-laws.ts';
import { upgradeFor } from '../engine/testing/upgrade.ts';
import { diagnose } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import type { Scene } from './causes/rule.ts';
import { causes, failures, lookAt } from './testing/servers.ts';

// What a server lacks is waited for in vain.
vi.setConfig({ testTimeout: 60_000 });

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A server that says this to everybody who connects. */
async function saying(...frames: Buffer[]): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (request) => {
      socket.write(upgradeFor(request.toString()));
      socket.write(Buffer.concat(frames));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ACK = Buffer.from('{"type":"connection:ack","users":[]}');

describe('frames that no text client takes are the cause, and say so:', () => {
  it.each<[string, Buffer[], string, RegExp]>([
    ['a close code that nobody may send', [frame(CLOSE, Buffer.from([3, 0xee]))], 'breaks-websocket', /the code 1006/],
    ['text that is not UTF-8', [frame(TEXT, Buffer.from([0xff]))], 'breaks-websocket', /text message is not UTF-8/],
    ['an acknowledgement in binary', [frame(BINARY, ACK)], 'sends-binary', /sends connection:ack as binary/],
  ])('%s', async (_what, frames, cause, what) => {
    const url = await saying(...frames);
    const result = await lookAt({ target: { urls: [url], headers: {}, subprotocols: [] }, wait_ms: 300, for_ms: 300 });
    expect([result.outcome, causes(result)]).toEqual(['fail', [cause]]);
    expect(result.summary).toMatch(what);
    expect(failures(result).join('\n')).toMatch(cause === 'sends-binary' ? /binary message/ : /RFC 6455, /);
  });
});

describe('the diagnosis of facts', () => {
  const scene = { again: () => 'again', holder: '', port: 1, url: 'ws://a', at: '' } satisfies Scene;
  const foundIn = (facts: Facts): string[] => diagnose(facts, scene).map(({ cause }) => cause);
  const isIn = { join: { outcome: 'acknowledged' } } as const;

  it('does not call missing what came as binary, and names what is missing besides', () => {
    expect(foundIn({ ...isIn, binary: ['command', 'pong'], relayed: false, heartbeat: 'forgotten' })).toEqual([
      'sends-binary',
    ]);
    expect(foundIn({ ...isIn, binary: ['pong'], relayed: false })).toEqual(['sends-binary', 'no-relay']);
  });

  it('names a flood as one', () => {
    expect(foundIn({ breach: { code: 1008, says: 'sends without end: more than 3 messages' } })).toEqual(['floods']);
  });
});
