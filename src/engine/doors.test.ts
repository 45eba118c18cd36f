import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { MASKED_BY_SERVER } from '../core/breaches.ts';
import { endingBy, type Connection, type DoorEvents, type Ending } from '../load/ports.ts';
import type { Target } from '../plan/plan.ts';
import { netDoor } from './net-door.ts';
import { upgradeFor } from './testing/upgrade.ts';
import { wsDoor } from './ws-door.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const file = (name: string): string => readFileSync(new URL(`testing/${name}`, import.meta.url), 'utf8');

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A server of the library's, and what it does with the one client it gets. */
async function serving(serve: (socket: WebSocket) => void): Promise<Target> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', serve);
  await once(server, 'listening');
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { urls: [`ws://127.0.0.1:${(server.address() as AddressInfo).port}`], headers: {}, subprotocols: [] };
}

/** A server that says just these bytes once it has the request. */
async function saying(answer: (request: string, socket: Socket) => void): Promise<Target> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => answer(data.toString(), socket));
    closing.push(() => socket.destroy());
  });
  return { urls: [`ws://127.0.0.1:${await portOf(server)}`], headers: { 'X-Probe': 'a' }, subprotocols: [] };
}

interface Visit {
  opened: boolean;
  messages: string[];
  ending: Ending;
  quiet_ms: number | undefined;
}

describe.each([
  ['net', netDoor],
  ['ws', wsDoor],
] as const)('the %s door', (_name, doorOf) => {
  /** Goes through the door and stays until the connection has ended. */
  function visit(
    target: Target,
    act: (connection: Connection, message: string | undefined) => void = () => {},
  ): Promise<Visit> {
    return new Promise((resolve) => {
      const seen = { opened: false, messages: [] as string[] };
      const events: DoorEvents = {
        opened: (_seat, connection) => {
          seen.opened = true;
          act(connection, undefined);
        },
        message: (_seat, connection, bytes, start, end) => {
          const message = Buffer.from(bytes.subarray(start, end)).toString();
          seen.messages.push(message);
          act(connection, message);
        },
        binary: (_seat, _connection, bytes, start, end) => {
          seen.messages.push(`binary ${Buffer.from(bytes.subarray(start, end)).toString()}`);
        },
        closed: (_seat, _connection, { quiet_us, ...ending }) =>
          resolve({ ...seen, ending, quiet_ms: quiet_us === undefined ? undefined : quiet_us / 1000 }),
      };
      doorOf(target, 'abc123', () => Math.floor(performance.now() * 1000)).connect(0, 1, 2, events);
    });
  }

  it('P1 asks for the user’s own path, offers no extension (P3), and brings messages both ways', async () => {
    let asked: string | undefined;
    const target = await serving((socket) =>
      socket.on('message', (data) => socket.send(`you said ${data.toString()}`)),
    );
    const server = await saying((request, socket) => {
      asked = request;
      socket.end(upgradeFor(request));
    });
    await visit(server);
    expect(asked).toMatch(/^GET \/ws\/lt-abc123-s0001\/lt-abc123-s0001-u0002 HTTP\/1\.1\r\n/);
    expect(asked).toContain('X-Probe: a');
    expect(asked).not.toMatch(/sec-websocket-extensions/i);

    const { messages, ending } = await visit(target, (connection, message) => {
      if (message === undefined) connection.send('Ø25 λ/4');
      else connection.close(1000, 'enough');
    });
    expect(messages).toEqual(['you said Ø25 λ/4']);
    expect(ending).toEqual({ code: 1000, reason: 'enough', initiator: 'client' });
  });

  it('takes fragments, long messages, and frames cut at any byte', async () => {
    const long = 'x'.repeat(70_000);
    const target = await serving((socket) => {
      socket.send('in ', { fin: false });
      socket.send('two', { fin: true });
      socket.send(long);
      socket.close(1000);
    });
    expect((await visit(target)).messages).toEqual(['in two', long]);
    const kinds = await serving((socket) => {
      socket.send('');
      socket.send(Buffer.from('bytes'));
      socket.send(Buffer.alloc(0));
      socket.close(1000);
    });
    expect((await visit(kinds)).messages).toEqual(['', 'binary bytes', 'binary ']);
    const cut = await saying((request, socket) => {
      socket.setNoDelay(true);
      const bytes = Buffer.concat([
        Buffer.from(upgradeFor(request)),
        Buffer.from([0x81, 2]),
        Buffer.from('hi'),
        Buffer.from([0x88, 2, 3, 0xe8]),
      ]);
      let at = 0;
      const next = (): void => {
        if (at < bytes.length) socket.write(bytes.subarray(at, ++at), next);
      };
      next();
    });
    const { messages, ending } = await visit(cut);
    expect(messages).toEqual(['hi']);
    expect(ending).toMatchObject({ code: 1000, initiator: 'server' });
  });

  it('answers a ping with its own bytes', async () => {
    const target = await serving((socket) => {
      socket.on('pong', (data) => socket.close(1000, data.toString()));
      socket.ping('echo me');
    });
    expect((await visit(target)).ending).toEqual({ code: 1000, reason: 'echo me', initiator: 'server' });
  });

  it('tells a close of the server’s with code and reason, and a cut as 1006 by the network', async () => {
    const closed = await visit(await serving((socket) => socket.close(1008, 'not you')));
    expect(closed.ending).toEqual({ code: 1008, reason: 'not you', initiator: 'server' });
    const cut = await visit(await serving((socket) => socket.terminate()));
    expect(cut.ending).toMatchObject({ code: 1006, initiator: 'network' });
  });

  it('tells nothing more of a connection that it cut', async () => {
    let told = 0;
    const gone = new Promise<number>((resolve) => {
      void serving((socket) => {
        socket.on('close', (code) => resolve(code));
        socket.send('one');
        socket.send('two');
      }).then((target) =>
        visit(target, (connection, message) => {
          if (message === undefined) return;
          told++;
          connection.cut();
        }),
      );
    });
    expect(await gone).toBe(1006);
    expect(told).toBe(1);
  });

  it('reads nothing while it is paused: it waits at the server; and then all of it, in order, and why it ended', async () => {
    const COPIES = 400;
    const LENGTH = 64 * 1024;
    let waiting = (): number => 0;
    const target = await serving((socket) => {
      socket.on('message', () => {
        for (let nth = 0; nth < COPIES; nth++) socket.send(`${nth} `.padEnd(LENGTH, 'x'));
        socket.close(4008, 'too slow');
        waiting = () => socket.bufferedAmount;
      });
    });
    let unread = 0;
    const { messages, ending } = await visit(target, (connection, message) => {
      if (message !== undefined) return;
      connection.send('go');
      connection.pause();
      // Long enough to read all of it many times over.
      setTimeout(() => {
        unread = waiting();
        connection.resume();
      }, 250);
    });
    expect(unread).toBeGreaterThan((COPIES * LENGTH) / 3);
    expect(messages.map((text) => parseInt(text, 10))).toEqual(Array.from({ length: COPIES }, (_, nth) => nth));
    expect(ending).toEqual({ code: 4008, reason: 'too slow', initiator: 'server' });
  });

  it('half-closes without a close frame, and tells the end', async () => {
    let code = 0;
    const target = await serving((socket) => socket.on('close', (how) => (code = how)));
    const { ending } = await visit(target, (connection) => connection.halfClose());
    expect(code).toBe(1006);
    expect(ending).toMatchObject({ code: 1006 });
  });

  const without = (pattern: RegExp) => (request: string) => upgradeFor(request).replace(pattern, '');
  it.each<[string, (request: string) => string, string]>([
    [
      'a wrong accept key',
      (asks) => upgradeFor(asks).replace(/Accept: .+\r/, 'Accept: x\r'),
      'has a wrong Sec-WebSocket-Accept',
    ],
    ['no accept key', without(/Sec-WebSocket-Accept.+\r\n/), 'has no Sec-WebSocket-Accept'],
    ['no Upgrade', without(/Upgrade: websocket\r\n/), 'has no "Upgrade: websocket"'],
    ['another Upgrade', (asks) => upgradeFor(asks).replace('websocket', 'h2c'), 'has "Upgrade: h2c", not "websocket"'],
    ['two of them', (asks) => upgradeFor(asks, 'Upgrade: websocket\r\n'), 'has "Upgrade: websocket, websocket", not'],
    ['HTTP/1.0', (asks) => upgradeFor(asks).replace('/1.1', '/1.0'), 'is of HTTP/1.0, and a WebSocket needs HTTP/1.1'],
    [
      'an extension',
      (asks) => upgradeFor(asks, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'),
      'names the extension permessage-deflate, and none was offered',
    ],
    [
      'a sub-protocol',
      (asks) => upgradeFor(asks, 'Sec-WebSocket-Protocol: x\u0007\r\n').replace('\u0007', 'y'),
      'chooses the sub-protocol xy, which was not offered',
    ],
  ])('is not opened by a 101 with what is not right, or not there: %s', async (_what, answer, wrong) => {
    const target = await saying((request, socket) => socket.write(answer(request)));
    const { opened, ending } = await visit(target);
    expect(opened).toBe(false);
    expect(ending).toMatchObject({ code: 1006, error: expect.stringContaining(`its HTTP 101 ${wrong}`) });
  });

  it.each<[string, string, object]>([
    ['is read with its body', 'HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nwhy', { status: 403, body: 'why' }],
    [
      'in chunks, from an old proxy',
      'HTTP/1.0 502 Bad\r\nVia: 1.0 x\r\nvia: y\r\n\r\n<h1>gone</h1>',
      { status: 502, version: '1.0', body: '<h1>gone</h1>' },
    ],
  ])('is not opened by another answer, which %s', async (_what, answer, read) => {
    const { opened, ending } = await visit(await saying((_, socket) => socket.end(answer)));
    expect(opened).toBe(false);
    expect(ending).toMatchObject({ code: 1006, error: expect.stringMatching(/^HTTP (?:403|502)$/), answer: read });
  });

  it('tells how long no byte had passed when it ended: of a message or a ping, not of a close', async () => {
    const answered = (later: number[]) => (request: string, socket: Socket) => {
      socket.write(upgradeFor(request));
      setTimeout(() => socket.write(Buffer.from([0x89, 0])), 150);
      setTimeout(() => socket.end(Buffer.from(later)), 300);
    };
    for (const bytes of [[], [0x88, 2, 3, 0xe9]]) {
      const { quiet_ms } = await visit(await saying(answered(bytes)));
      expect(quiet_ms).toBeGreaterThan(100);
      expect(quiet_ms).toBeLessThan(290);
    }
    expect((await visit(await saying((_, socket) => socket.end('x')))).quiet_ms).toBeUndefined();
  });

  it('does not wait for the end of a body that never ends', async () => {
    const { ending } = await visit(await saying((_, socket) => socket.write('HTTP/1.1 404 No\r\n\r\nwhy not')));
    expect(ending).toMatchObject({ error: 'HTTP 404', answer: { body: 'why not' } });
  });

  it.each<[string, (request: string) => string]>([
    [
      'interim answers',
      (asks) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${upgradeFor(asks)}`,
    ],
    ['another case of names', (asks) => upgradeFor(asks).replace('Upgrade: websocket', 'uPGRADE:WebSocket')],
    ['a long head', (asks) => upgradeFor(asks, `Set-Cookie: a=${'x'.repeat(40_000)}\r\n`)],
    [
      'a folded line, and no reason',
      (asks) => upgradeFor(asks, 'X-Long: one\r\n two\r\n').replace(' Switching Protocols', ''),
    ],
    ['LF alone', (asks) => upgradeFor(asks).replaceAll('\r', '')],
  ])('is opened in spite of %s', async (_what, answer) => {
    const target = await saying((request, socket) =>
      socket.end(Buffer.concat([Buffer.from(answer(request)), Buffer.from([0x81, 0x02, 0x68, 0x69])])),
    );
    const { opened, messages } = await visit(target);
    expect({ opened, messages }).toEqual({ opened: true, messages: ['hi'] });
  });

  it.each<[string, string | number[], string]>([
    ['nothing', '', 'closed without an answer'],
    ['TLS', [0x15, 3, 3, 0, 2, 2, 0x28], 'TLS, where HTTP was expected'],
    ['another protocol', 'SSH-2.0-x\r\n', 'no HTTP: it answered “SSH-2.0-x\\x0d\\x0a”'],
    [
      'a head without an end',
      `HTTP/1.1 101 x\r\nX: ${'y'.repeat(70_000)}`,
      'an answer whose head is longer than 64 KiB',
    ],
  ])('is not opened by what is no answer: %s', async (_what, bytes, error) => {
    const { opened, ending } = await visit(await saying((_, socket) => socket.end(Buffer.from(bytes))));
    expect(opened).toBe(false);
    expect(ending).toMatchObject({ code: 1006, error });
  });

  it('closes on frames that no server may send, and says why', async () => {
    const target = await saying((request, socket) =>
      socket.write(Buffer.concat([Buffer.from(upgradeFor(request)), Buffer.from([0x81, 0x82, 1, 2, 3, 4, 5, 6])])),
    );
    const { opened, ending } = await visit(target);
    expect(opened).toBe(true);
    expect(ending).toEqual(endingBy(MASKED_BY_SERVER));
  });

  it.runIf(process.platform === 'linux')('sends from the address that the user is dealt', async () => {
    let from: string | undefined;
    const target = await saying((request, socket) => {
      from = socket.remoteAddress;
      socket.end(upgradeFor(request));
    });
    await visit({ ...target, source_addresses: ['127.0.7.9'] });
    expect(from).toBe('127.0.7.9');
    const named = target.urls.map((url) => url.replace('127.0.0.1', 'localhost'));
    await visit({ ...target, urls: named, source_addresses: ['127.0.7.8'] });
    expect(from).toBe('127.0.7.8');
  });

  it('tells a limit of this machine apart from what the server does', async () => {
    const target = await saying((request, socket) => socket.end(upgradeFor(request)));
    // As where every port of an address is taken: an address that is not ours has none.
    const { ending } = await visit({ ...target, source_addresses: ['203.0.113.77'] });
    expect(ending).toEqual({
      code: 0,
      reason: '',
      initiator: 'client',
      wall: true,
      error: expect.stringMatching(/^no local address and port were left .*\(EADDRNOTAVAIL\): .*--source-addresses/),
    });
  });

  it('is as good over TLS, with the authority it is given, and with none it is not', async () => {
    const server = createHttpsServer({ key: file('key.pem'), cert: file('certificate.pem') });
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.close(1000, data.toString())));
    const target = { urls: [`wss://localhost:${await portOf(server)}`], headers: {}, subprotocols: [] };
    const trusted = await visit({ ...target, ca: file('certificate.pem') }, (connection, message) => {
      if (message === undefined) connection.send('secret');
    });
    expect(trusted.ending).toEqual({ code: 1000, reason: 'secret', initiator: 'server' });
    expect((await visit(target)).ending).toMatchObject({ code: 1006, error: expect.stringContaining('SELF_SIGNED') });
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('shows the certificate that it is given, by %s', async (maxVersion) => {
    const pem = { key: file('key.pem'), cert: file('certificate.pem') };
    const server = createHttpsServer({ ...pem, ca: pem.cert, requestCert: true, rejectUnauthorized: true, maxVersion });
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket) => socket.close(1000, 'seen'));
    const urls = [`wss://localhost:${await portOf(server)}`];
    const target = { urls, headers: {}, subprotocols: [], ca: pem.cert };
    expect((await visit({ ...target, ...pem })).ending).toMatchObject({ code: 1000, reason: 'seen' });
    const alert = maxVersion === 'TLSv1.3' ? /ALERT_CERTIFICATE_REQUIRED/ : /ALERT_HANDSHAKE_FAILURE/;
    expect((await visit(target)).ending).toMatchObject({ code: 1006, error: expect.stringMatching(alert) });
  });

  it('tells a server without TLS from one with', async () => {
    const plain = await saying((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const urls = plain.urls.map((url) => url.replace('ws:', 'wss:'));
    expect((await visit({ ...plain, urls })).ending.error).toMatch(/WRONG_VERSION_NUMBER/);
  });
});
