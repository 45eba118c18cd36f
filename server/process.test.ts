import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect as tcp, createServer as createTcpServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { join } from './contract/client.ts';
import { forkSource, isAlive, program, said, startProcess, type ServerProcess } from './testing/process.ts';

const CLIENTS = 500;
/** Windows has no signals: there a parent asks by its channel. */
const hasSignals = process.platform !== 'win32';
const started: (() => void)[] = [];

afterEach(() => {
  for (const end of started.splice(0)) end();
});

async function start(options: object = {}): Promise<ServerProcess> {
  const server = await startProcess(options);
  started.push(() => server.child.kill('SIGKILL'));
  return server;
}

interface Alone {
  child: ChildProcess;
  url: string;
  port: number;
  output(): string;
  ended: Promise<number>;
}

/** The server as a shell starts it: without a parent that decides for it. */
async function startAlone(options: object = {}): Promise<Alone> {
  const args = ['--import', 'tsx', fileURLToPath(program), JSON.stringify({ port: 0, ...options })];
  const child = spawn(process.execPath, args);
  started.push(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  const ended = once(child, 'close').then(([code]) => code as number);
  while (!output.includes('listening')) await once(child.stdout, 'data');
  const url = /^Clients can connect to: (ws:\S+)\/ws\/\{session_id\}\/\{user_id\}$/m.exec(output)![1]!;
  return { child, url, port: Number(new URL(url).port), output: () => output, ended };
}

const handshake = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;

/** A client that never answers a close, nor anything else. */
async function joinMute(port: number): Promise<Socket> {
  const socket = tcp(port, '127.0.0.1');
  socket.on('error', () => {});
  started.push(() => socket.destroy());
  socket.write(handshake('/ws/room/mute'));
  await once(socket, 'data');
  return socket;
}

/** Resolved once somebody else could listen there. */
async function takePort(port: number): Promise<void> {
  const successor = createTcpServer().listen(port, '127.0.0.1');
  await once(successor, 'listening');
  successor.close();
}

describe('the server as a process', () => {
  it.runIf(hasSignals)(
    'P5 frees its port at once on SIGTERM with 500 clients, one of which never answers, and exits 0',
    async () => {
      const { child, url, port, ended, output } = await startAlone({ limits: { closeTimeout: 500 } });
      await joinMute(port);
      const clients = await Promise.all(
        Array.from({ length: CLIENTS - 1 }, (_, n) => join(url, `room${n % 10}`, `user${n}`)),
      );
      child.kill('SIGTERM');
      const closes = await Promise.all(clients.map(({ closed }) => closed));
      expect(new Set(closes.map(({ code }) => code))).toEqual(new Set([1001]));
      await takePort(port);
      expect(child.exitCode).toBeNull();
      expect(await ended).toBe(0);
      expect(output()).toMatch(/stopped {2}connections=500 .*disconnects=\{"1001":500\}/);
    },
  );

  it.runIf(hasSignals)(
    'P5 starts again on the same port at once, while the former one still waits for a mute client',
    async () => {
      const first = await startAlone();
      await joinMute(first.port);
      const client = await join(first.url, 'room', 'a');
      first.child.kill('SIGTERM');
      await client.closed;
      const second = await startAlone({ port: first.port });
      await join(second.url, 'room', 'a');
      expect(first.child.exitCode).toBeNull();
      first.child.kill('SIGTERM');
      expect(await first.ended).toBe(105);
    },
  );

  it('leaves signals to its parent, and ends when its parent asks it to, with what it counted', async () => {
    const { child, ready, ended } = await start({ quiet: true, faults: ['drop=0'] });
    if (hasSignals) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTERM'] as const) child.kill(signal);
    const client = await join(ready.url, 'room', 'a');
    const last = said(child, 'stopped');
    child.send({ kind: 'stop' });
    expect((await client.closed).code).toBe(1001);
    expect(await last).toMatchObject({ counts: { connections: 1, faults: { drop: 0 } } });
    expect(await ended).toBe(0);
  });

  it.runIf(hasSignals).each(['SIGINT', 'SIGHUP'] as const)(
    'P5 ends on %s where no parent started it, and says how it went',
    async (signal) => {
      const { child, url, output, ended } = await startAlone();
      const client = await join(url, 'room', 'a');
      child.kill(signal);
      expect((await client.closed).code).toBe(1001);
      expect(await ended).toBe(0);
      expect(output()).toMatch(/joined {2}session=room user=a users=1\n/);
      expect(output()).toMatch(new RegExp(`stopping.*why=${signal}\\n.*stopped {2}connections=1 .*\\n$`));
    },
  );

  it('dies with its parent, also when that is killed', async () => {
    const { child: parent, output } = forkSource(new URL('testing/parent.ts', import.meta.url), []);
    started.push(() => parent.kill('SIGKILL'));
    const [ready] = (await Promise.race([
      once(parent, 'message'),
      once(parent, 'exit').then(() => Promise.reject(new Error(output()))),
    ])) as [{ url: string; pid: number }];
    const client = await join(ready.url, 'room', 'a');
    parent.kill('SIGKILL');
    expect((await client.closed).code).toBe(1006);
    // The connection is cut by the end of the process; it is gone a moment later.
    for (let alive = true; alive; await new Promise((resolve) => setTimeout(resolve, 5))) alive = isAlive(ready.pid);
  });

  it('says on a busy port what to do, and exits 104', async () => {
    const { ready } = await start({ quiet: true });
    const { child, output } = forkSource(program, [JSON.stringify({ port: ready.port })]);
    const [[message], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
    expect([code, message]).toEqual([
      104,
      {
        kind: 'failed',
        exitCode: 104,
        message: `Port ${ready.port} on 127.0.0.1 is taken by another program.`,
        hint: expect.stringContaining('--port 0'),
      },
    ]);
    expect(output()).toContain('is taken');
  });

  it('stands still as its fault says, each time counted, and tells its parent how long its event loop took', async () => {
    const { child, ready } = await start({ quiet: true, faults: ['stall=150ms/200ms'] });
    const client = await join(ready.url, 'room', 'a');
    const gauges = said(child, 'gauges');
    let longest = 0;
    for (const end = performance.now() + 700; performance.now() < end;) {
      const asked = performance.now();
      await client.upToNow();
      longest = Math.max(longest, performance.now() - asked);
    }
    expect(longest).toBeGreaterThan(100);
    expect((await gauges).event_loop_delay).toBeGreaterThan(100);
    const last = said(child, 'stopped');
    child.send({ kind: 'stop' });
    expect((await last).counts).toMatchObject({ faults: { stall: expect.toSatisfy((count) => count >= 2) } });
  });
});
