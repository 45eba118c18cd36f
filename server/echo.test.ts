import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createEchoServer, type EchoServer } from './echo.ts';

let server: EchoServer;

afterEach(() => server.close());

async function connect(path = ''): Promise<WebSocket> {
  server = await createEchoServer({ port: 0 });
  const ws = new WebSocket(`${server.url}${path}`);
  await once(ws, 'open');
  return ws;
}

describe('the echo server', () => {
  it.each(['', '/', '/ws/room/user?x=1'])('answers X with Echo: X at "%s"', async (path) => {
    const ws = await connect(path);
    ws.send('Grüße 😀');
    const [data, isBinary] = (await once(ws, 'message')) as [Buffer, boolean];
    expect([String(data), isBinary, ws.extensions]).toEqual(['Echo: Grüße 😀', false, '']);
    expect(server.counts()).toEqual({ connections: 1, messages: 1 });
  });

  it('answers pings and closes as RFC 6455 demands', async () => {
    const ws = await connect();
    ws.ping('p');
    expect(String((await once(ws, 'pong'))[0])).toBe('p');
    ws.close(4000, 'bye');
    expect(await once(ws, 'close')).toEqual([4000, Buffer.from('bye')]);
  });

  it('closes everybody with 1001 when it stops', async () => {
    const ws = await connect();
    const [[code]] = await Promise.all([once(ws, 'close'), server.close()]);
    expect(code).toBe(1001);
  });

  it('says at /healthz that it is well', async () => {
    await connect();
    const response = await fetch(`${server.url.replace('ws:', 'http:')}/healthz`);
    expect(await response.json()).toEqual({ status: 'ok', connections: 1 });
  });
});
