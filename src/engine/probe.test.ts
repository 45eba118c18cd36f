import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import type { Target } from '../plan/plan.ts';
import { execute } from './execute.ts';
import { at, requestOf } from './testing/request.ts';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe.each(['net', 'ws'] as const)('a target that lets nobody in, by the %s door', (transport) => {
  const refused = (target: Target): Promise<unknown> => execute(requestOf({ deadline_ms: 500, transport }, { target }));

  it('because nothing listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(/nothing listens there.*ECONNREFUSED/),
    });
  });

  it.each([401, 404, 503])('because it answers %i', async (status) => {
    const server = createHttpServer((_request, response) => response.writeHead(status).end());
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const port = await listening(server);
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringContaining(`HTTP ${status}`),
    });
  });

  it('because it redirects, and says what to type, and shows nobody’s secret', async () => {
    const port = await listening(
      createTcpServer((socket) =>
        socket.once('data', (asked) => {
          const path = asked.toString().split(' ')[1];
          socket.end(`HTTP/1.1 308 Moved\r\nLocation: https://app.example${path}\r\n\r\nmoved, Bearer s3cret`);
        }),
      ),
    );
    const target = { ...at(port), headers: { Authorization: 'Bearer s3cret' } };
    target.urls[0] += '?token=t0ps3cret';
    await expect(refused(target)).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(
        /^Nobody could join ws:\/\/127\.0\.0\.1:\d+: it redirects to https:\/\/app\.example\/ws\/\S+\?…, and .* \(HTTP 308 Moved, “moved, …”\)\.$/,
      ),
      hint: 'Write --url wss://app.example, with the query that yours has.',
    });
  });

  it('because it never answers', async () => {
    const sockets: { destroy(): void }[] = [];
    const port = await listening(createTcpServer((socket) => sockets.push(socket)));
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringContaining('never answered'),
    });
    for (const socket of sockets) socket.destroy();
  });

  it('because it closes before connection:ack, with the code and what it means', async () => {
    const server = await createServer({ port: 0, faults: ['refuse=1008'] });
    closing.push(() => server.close());
    await expect(refused(at(server.port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(/before connection:ack, code 1008 \(policy/),
    });
  });

  it('because one of several servers does, and says which', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const gone = createTcpServer();
    const port = await listening(gone);
    gone.close();
    await once(gone, 'close');
    await expect(refused(at(server.port, port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(new RegExp(`^Nobody could join ws://127.0.0.1:${port}: nothing listens`)),
    });
  });

  it('because the started command ends', async () => {
    const start = `"${process.execPath}" -e "console.error('no such module'); process.exit(3)" {port}`;
    await expect(execute(requestOf({}, { start }))).rejects.toMatchObject({
      message: expect.stringMatching(/ended \(exit 3\): no such module/),
    });
  });
});
