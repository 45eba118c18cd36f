import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { command as anybodys, Client } from '../../server/contract/client.ts';
import { createServer } from '../../server/server.ts';
import type { From, RecordedEvent } from '../recording/recording.ts';
import type { Ending } from './ending.ts';
import { startRelay, type Relay } from './relay.ts';

/** A relay that is listened to. */
interface Watched extends Relay {
  lines: string[];
  breaches: string[];
  events: RecordedEvent[];
  endings: Ending[];
  /** Resolves once so many connections have ended. */
  over(count?: number): Promise<void>;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function watched(url: string, ca?: string): Promise<Watched> {
  const lines: string[] = [];
  const breaches: string[] = [];
  const events: RecordedEvent[] = [];
  const endings: Ending[] = [];
  let told = (): void => {};
  const relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    url,
    ...(ca !== undefined && { trust: { ca } }),
    audience: {
      now: () => performance.now(),
      line: (_at, who, from, says) => void lines.push(`${who} ${from ?? '-'} ${says}`),
      breach: (_at, who, { rule, says }) => void breaches.push(`${who} ${rule} ${says}`),
      record: (event) => void events.push(event),
    },
    ended(ending) {
      endings.push(ending);
      told();
    },
  });
  closers.push(() => relay.close());
  const over = async (count = 1): Promise<void> => {
    while (endings.length < count) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  return { ...relay, lines, breaches, events, endings, over };
}

async function reference(): Promise<string> {
  const server = await createServer({ port: 0 });
  closers.push(() => server.close());
  return server.url;
}

async function join(relay: Relay, user: string): Promise<Client> {
  const client = new Client(`${relay.url}/ws/optics/${user}`);
  client.ack = await client.nextOf('connection:ack');
  return client;
}

const command = (action: string, n: number, data: object): object => ({ ...anybodys(action, n, data), user_id: 'u07' });

/** A server that is nothing but a socket. */
async function bare(each: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    each(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function library(
  options: object,
  each: (socket: WebSocket, url: string, fields: object) => void,
): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  await once(server, 'listening');
  server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    each(socket, request.url!, request.headers);
  });
  closers.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const ASKS = 'GET /ws/s/u HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe('a relay between applications and the reference server', () => {
  it('passes a session on as if it were not there, and tells it in words', async () => {
    const relay = await watched(await reference());
    const one = await join(relay, 'u07');
    const two = await join(relay, 'u03');
    expect([one.ack['is_host'], two.ack['users'].length]).toEqual([true, 2]);
    one.send(command('add_item', 1, { x_mm: 1, y_mm: 2 }));
    one.send(command('move_item', 1, { x_mm: 12.5, y_mm: -30 }));
    expect((await two.nextOf('command'))['command'].data).toEqual({ x_mm: 1, y_mm: 2 });
    await two.nextOf('command');
    await one.upToNow();
    await one.leave();
    await relay.over();
    expect(relay.lines).toEqual(
      expect.arrayContaining([
        'u07 - connects to session optics',
        'u07 client command: u07 moved lens 0000…01 to 12.5, −30',
        'u03 server command: u07 moved lens 0000…01 to 12.5, −30',
        'u07 server command:ack: 0000…01 is version 2',
        'u03 server user:left: u07 left',
      ]),
    );
    expect(relay.lines.find((line) => line.includes('closed with'))).toMatch(
      /^u07 - the application closed with 1000: normal\. The application had last said “ping: heartbeat”, .* before; the server had last said “pong: answered after .* ms”/,
    );
    expect(relay.breaches).toEqual([]);
    expect(relay.endings).toEqual([{ by: 'client', code: 1000, reason: '', isAnswered: true }]);
  });

  it('P14 flags what breaks the protocol, and says who ended it, with which code, after which message', async () => {
    const relay = await watched(await reference());
    const one = await join(relay, 'u07');
    one.send('hello');
    one.send(command('fly_item', 1, {}));
    await one.upToNow();
    one.ws.send(Buffer.from([1, 2, 3]));
    expect(await one.closed).toMatchObject({ code: 1003 });
    await relay.over();
    expect(relay.breaches.map((breach) => breach.split(' ')[1])).toEqual(['P14', 'P7', 'P4']);
    expect(relay.lines.at(-1)).toMatch(
      /the server closed with 1003 “messages are text”: unsupported data\. The application had last said “binary: 01 02 03, 3 bytes”/,
    );
  });

  it('P2 tells of a wrong path, and passes it on', async () => {
    const relay = await watched(await reference());
    const client = new Client(`${relay.url}/wrong?key=secret`);
    expect(await client.closed).toMatchObject({ code: 1008 });
    await relay.over();
    expect(relay.breaches).toEqual(['application P1 the path is /ws/SESSION/USER, not /wrong']);
    expect(JSON.stringify([relay.lines, relay.events])).not.toContain('secret');
  });

  it('keeps apart two who are called the same', async () => {
    const relay = await watched(await reference());
    await join(relay, 'u07');
    const again = await join(relay, 'u07');
    await again.upToNow();
    expect(relay.lines).toContain('u07#2 - connects to session optics');
    expect(relay.lines.some((line) => line.startsWith('u07 - the server closed with 4001'))).toBe(true);
  });

  it('P5 closes both sides when it is stopped, and frees its port', async () => {
    const relay = await watched(await reference());
    const one = await join(relay, 'u07');
    await relay.close();
    expect(await one.closed).toMatchObject({ code: 1001 });
    expect(relay.endings).toMatchObject([{ by: 'watch', code: 1001 }]);
    const again = createTcpServer().listen(relay.port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });
});

describe('what is passed on', () => {
  it('is every byte as it came, in both directions, wherever it was cut', async () => {
    const got: Buffer[] = [];
    const url = await bare((socket) => {
      socket.once('data', () => {
        socket.write(ANSWER);
        socket.on('data', (chunk: Buffer) => {
          got.push(chunk);
          socket.write(chunk);
        });
        socket.on('end', () => socket.end());
      });
    });
    const relay = await watched(url);
    const socket = connect(relay.port, '127.0.0.1');
    const back: Buffer[] = [];
    socket.write(ASKS);
    await once(socket, 'data');
    socket.on('data', (chunk: Buffer) => back.push(chunk));
    // Bytes that are frames, and bytes that are none.
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 2_654_435_761) >>> 24));
    for (let at = 0; at < sent.length; at += 777) socket.write(sent.subarray(at, at + 777));
    socket.end();
    await once(socket, 'close');
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(Buffer.concat(back).equals(sent)).toBe(true);
    await relay.over();
    expect(relay.breaches.some((breach) => breach.includes('RFC 6455'))).toBe(true);
  });

  it('is path, query, fields, cookies and sub-protocols too, behind the path of the address', async () => {
    const seen: { url?: string; fields?: Record<string, string> } = {};
    const url = await library({ handleProtocols: () => 'two' }, (_, asked, fields) =>
      Object.assign(seen, { url: asked, fields }),
    );
    const relay = await watched(`${url}/base/?key=k`);
    const client = new WebSocket(`${relay.url}/ws/s%20x/u?a=1`, ['one', 'two'], {
      headers: { Cookie: 'c=d', 'X-Own': 'y' },
    });
    await once(client, 'open');
    expect(client.protocol).toBe('two');
    expect(seen.url).toBe('/base/ws/s%20x/u?a=1&key=k');
    expect(seen.fields).toMatchObject({ cookie: 'c=d', 'x-own': 'y', host: new URL(url).host });
    client.terminate();
    await relay.over();
    expect(relay.events[0]).toMatchObject({ kind: 'open', path: '/ws/s%20x/u', session: 's x', user: 'u' });
  });

  it('is compressed and in fragments as it came, and is read all the same', async () => {
    const url = await library({ perMessageDeflate: { threshold: 0 } }, (socket) => {
      socket.on('message', (data, isBinary) => {
        socket.send(data, { binary: isBinary, fin: false });
        socket.send('!', { fin: true });
        socket.ping('p');
      });
    });
    const relay = await watched(url);
    const client = new WebSocket(`${relay.url}/ws/s/u`, { perMessageDeflate: { threshold: 0 } });
    await once(client, 'open');
    expect(client.extensions).toContain('permessage-deflate');
    const answers: string[] = [];
    client.on('message', (data) => answers.push(String(data)));
    for (let n = 0; n < 20; n++) {
      client.send(`{"type":"ping","n":${n}}`);
      await once(client, 'message');
    }
    expect(answers.at(-1)).toBe('{"type":"ping","n":19}!');
    client.close();
    await relay.over();
    const texts = relay.events.flatMap((event) => (event.kind === 'text' ? event : []));
    const by = (from: From): unknown[] => texts.filter((event) => event.from === from).map(({ text }) => text);
    expect([by('client').at(-1), by('server').at(-1)]).toEqual(['{"type":"ping","n":19}', '{"type":"ping","n":19}!']);
    expect(relay.lines.some((line) => line.includes('(2 fragments, compressed)'))).toBe(true);
    expect(relay.breaches.filter((breach) => breach.includes('P3')).length).toBeGreaterThan(20);
  });

  it('goes to a server with TLS', async () => {
    const file = (name: string): string => readFileSync(new URL(`../engine/testing/${name}`, import.meta.url), 'utf8');
    const server = createHttpsServer({ key: file('key.pem'), cert: file('certificate.pem') });
    new WebSocketServer({ server }).on('connection', (socket) => socket.close(4000, 'hi'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const relay = await watched(`wss://localhost:${port}`, file('certificate.pem'));
    expect(await new Client(`${relay.url}/ws/s/u`).closed).toMatchObject({ code: 4000 });
    const suspicious = await watched(`wss://localhost:${port}`);
    await new Client(`${suspicious.url}/ws/s/u`).closed;
    await suspicious.over();
    expect(suspicious.lines.at(-1)).toContain('its TLS certificate is signed by itself, and not trusted');
  });

  it('waits where the other side does not read: nothing piles up', async () => {
    let written = 0;
    const url = await bare((socket) => {
      socket.once('data', () => {
        socket.write(ANSWER);
        const frame = Buffer.alloc(65_536 + 10);
        frame[0] = 0x82;
        frame[1] = 127;
        frame.writeBigUInt64BE(65_536n, 2);
        const push = (): void =>
          void socket.write(frame, (error) => {
            if (error) return;
            written += frame.length;
            push();
          });
        push();
      });
    });
    const relay = await watched(url);
    const socket = connect(relay.port, '127.0.0.1');
    socket.write(ASKS);
    await once(socket, 'data');
    socket.pause();
    // Until the systems' own buffers are full.
    for (let before = -1; before < written;) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const full = written;
    expect(full).toBeLessThan(32 * 1024 * 1024);
    socket.resume().on('data', () => {});
    await expect.poll(() => written, { interval: 20, timeout: 10_000 }).toBeGreaterThan(2 * full);
    socket.destroy();
    await relay.over();
  });
});

describe('a server that is not as it should be', () => {
  it('is not there: the application is told by HTTP, the person in words', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const relay = await watched(`ws://127.0.0.1:${port}`);
    const client = new WebSocket(`${relay.url}/ws/s/u`);
    const [error] = (await once(client, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 502');
    await relay.over();
    expect(relay.lines.at(-1)).toContain(
      'no WebSocket: the server said nothing listens there (ECONNREFUSED 127.0.0.1)',
    );
  });

  it.each([
    [
      'answers HTTP 403',
      'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot from\u0007',
      'the lack of an Origin or the lack of credentials (HTTP 403 Forbidden, “not from\\u{7}”)',
    ],
    [
      'redirects, to where a secret is not shown',
      'HTTP/1.1 302 Found\r\nLocation: https://user:pw@elsewhere.example/ws/s/u?token=s3cret\r\n\r\n',
      'it redirects to https://elsewhere.example/ws/s/u?…, and a WebSocket does not follow (HTTP 302 Found). Write --url wss://elsewhere.example',
    ],
    [
      'speaks TLS',
      '\u0015\u0003\u0003\u0000\u0002\u0002\u0028',
      'it speaks TLS (TLS, where HTTP was expected). Write --url wss://127.0.0.1',
    ],
    ['speaks no HTTP', '\u0000\u0001', 'no HTTP'],
    ['says nothing', '', 'the server ended the connection instead of an answer'],
  ])('%s', async (_, answer, says) => {
    const relay = await watched(await bare((socket) => socket.once('data', () => socket.end(answer))));
    await new Client(`${relay.url}/ws/s/u`).closed;
    await relay.over();
    expect(relay.lines.at(-1)).toContain(says);
  });

  it('cuts the connection: the last words of both are told', async () => {
    const relay = await watched(
      await library({}, (socket) => {
        socket.send('{"type":"connection:ack","users":[]}');
        socket.on('message', () => socket.terminate());
      }),
    );
    const client = await join(relay, 'u07');
    client.send(command('add_item', 1, { x_mm: 1, y_mm: 2 }));
    expect(await client.closed).toMatchObject({ code: 1006 });
    await relay.over();
    expect(relay.lines.at(-1)).toMatch(
      /the server cut the connection without a close frame.*: crash, kill or cut network\. The application had last said “command: u07 added lens 0000…01 at 1, 2”/,
    );
  });
});
