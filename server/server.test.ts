import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { command, connect, join } from './contract/client.ts';
import { createServer, type CollabServer, type ServerOptions } from './server.ts';

const running: CollabServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function start(options: ServerOptions = {}): Promise<CollabServer> {
  const server = await createServer({ port: 0, limits: { closeTimeout: 500 }, ...options });
  running.push(server);
  return server;
}

const get = (server: CollabServer, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${server.url.replace('ws:', 'http:')}${path}`, init);

describe('the server over HTTP', () => {
  it('says at /healthz that it is well', async () => {
    const server = await start();
    await join(server.url, 'room', 'a');
    const response = await get(server, '/healthz');
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: 'ok', connections: 1, sessions: 1, uptime_s: expect.any(Number) },
    ]);
  });

  it('shows at /metrics what it counts, each time anew', async () => {
    const server = await start({ faults: ['duplicate=1'] });
    const [a, b] = [await join(server.url, 'room', 'a'), await join(server.url, 'room', 'b')];
    for (let n = 1; n <= 2; n++) {
      a.send(command('add_item', n));
      await a.upToNow();
      await b.upToNow();
      const response = await get(server, '/metrics');
      expect(response.headers.get('content-type')).toContain('text/plain');
      const lines = (await response.text()).split('\n');
      expect(lines.filter((line) => / (Nan|\d{10}\.\d+)$/i.test(line))).toEqual([]);
      for (const line of [
        'collab_connections 2',
        'collab_sessions 1',
        `collab_messages_received_total{type="command"} ${n}`,
        `collab_messages_sent_total{type="command:ack"} ${n}`,
        `collab_deliveries_total ${2 * n}`,
        `collab_faults_total{fault="duplicate"} ${n}`,
      ]) {
        expect(lines).toContain(line);
      }
      for (const name of ['collab_event_loop_delay_seconds{quantile="0.99"}', 'process_cpu_seconds_total']) {
        expect(lines.find((line) => line.startsWith(name))).toBeDefined();
      }
    }
    await b.leave();
    await a.nextOf('user:left');
    expect(await (await get(server, '/metrics')).text()).toContain('collab_disconnects_total{code="1000"} 1\n');
  });

  it.each([
    ['/', 'GET', 404, '/healthz'],
    ['/toString', 'GET', 404, '/healthz'],
    ['/ws/room/a', 'GET', 426, 'ws://'],
    ['/healthz', 'POST', 405, 'GET'],
  ])('answers other HTTP, here %s by %s, with %i and a sentence', async (path, method, status, hint) => {
    const response = await get(await start(), path, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(new RegExp(`^[A-Z/].*${hint}.*\\.\\n$`));
  });

  it('refuses everybody with HTTP 503 under the fault refuse, counted', async () => {
    const server = await start({ faults: ['refuse'] });
    const ws = new WebSocket(`${server.url}/ws/room/a`);
    const [error] = (await once(ws, 'error')) as [Error];
    expect([error.message, server.counts().faults]).toEqual(['Unexpected server response: 503', { refuse: 1 }]);
  });
});

describe('a server’s port', () => {
  it('that is taken is refused with what to do', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(createServer({ port })).rejects.toMatchObject({
      message: `Port ${port} on 127.0.0.1 is taken by another program.`,
      hint: expect.stringContaining(`--port ${port + 1}`),
      exitCode: 104,
    });
    other.close();
  });

  it('cannot be on an address that is not this machine’s', async () => {
    await expect(createServer({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({ exitCode: 104 });
  });

  it('is named in the address, on IPv6 too', async () => {
    const server = await start({ host: '::1' }).catch(() => undefined);
    if (server) expect(server.url).toBe(`ws://[::1]:${server.port}`);
    expect((await start({ host: '0.0.0.0' })).url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('closing a server', () => {
  it('counts every end, and may be asked for twice', async () => {
    const server = await start();
    await Promise.all(['a', 'b', 'c'].map((user) => join(server.url, 'room', user)));
    const wrong = await connect(server.url, '/nowhere');
    await wrong.closed;
    await Promise.all([server.close(), server.close()]);
    expect(server.counts().disconnects).toEqual({ 1001: 3, 1008: 1 });
  });
});
