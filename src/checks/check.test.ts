import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createEchoServer } from '../../server/echo.ts';
import { createServer } from '../../server/server.ts';
import { resultSchema, type Result } from '../result/result.ts';
import { GUIDE } from './guide.ts';
import { carryOut } from './carry-out.ts';
import type { Scene } from './causes/rule.ts';
import { diagnose, unexplained } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import { passed, failed, type Carried, type CheckContext, type LayerName, type Step } from './step.ts';
import { STEPS } from './steps.ts';
import { causes, lookAt, standings } from './testing/servers.ts';

// Checks wait in vain for what a server lacks, and several are carried out at once.
vi.setConfig({ testTimeout: 60_000 });

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function listening(server: Server): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A WebSocket server that does one thing to whoever connects. */
function odd(greet: (socket: WebSocket, path: string) => void, maxPayload: number): Promise<string> {
  const http = createHttpServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload });
  sockets.on('connection', (socket, { url }) => greet(socket, url!));
  return listening(http);
}

const at = (url: string): Promise<Result> => lookAt({ target: { urls: [url], headers: {}, subprotocols: [] } });

/** A relay without any part of ours, in Node: `fixtures/relay.py` is the one to be right about. */
const relay = ({
  everybody = false,
  heartbeat = true,
  presence = true,
  maxPayload = 2 ** 20,
} = {}): Promise<string> => {
  const all = new Map<WebSocket, string>();
  return odd((socket, path) => {
    const [, , session = '', user = ''] = path.split('/');
    const others = (message: object): void => {
      for (const [other, of] of all) {
        if (other !== socket && (everybody || of === session)) other.send(JSON.stringify(message));
      }
    };
    socket.send(JSON.stringify({ type: 'connection:ack', session_id: session, user_id: user, users: [] }));
    if (presence) others({ type: 'user:joined', user_id: user });
    all.set(socket, session);
    socket.on('error', () => {});
    socket.on('close', () => {
      all.delete(socket);
      others({ type: 'user:left', user_id: user });
    });
    socket.on('message', (data) => {
      let message: { type?: string };
      try {
        message = JSON.parse(String(data as Buffer)) as { type?: string };
      } catch {
        return;
      }
      if (message.type === 'ping' && heartbeat) socket.send('{"type":"pong"}');
      if (message.type === 'command') others(message);
    });
  }, maxPayload);
};

describe.concurrent('a check', () => {
  it('passes the reference server, and its result is one like every other', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const result = await at(server.url);
    expect(standings(result)).toEqual({ reach: 'pass', protocol: 'pass', server: 'pass' });
    expect(resultSchema.safeParse(result).error).toBeUndefined();
  });

  it('passes a mere relay, with what it lacks not claimed', async () => {
    const result = await at(await relay());
    expect(standings(result)).toMatchObject({ server: 'pass' });
    expect(result.not_claimed.map(({ because }) => because).join('\n')).toContain('mere relay');
  });

  it('names a relay without sessions for that, and one that forgets the heartbeat', async () => {
    const results = await Promise.all(
      [relay({ everybody: true }), relay({ heartbeat: false })].map(async (url) => at(await url)),
    );
    expect(results.map(causes)).toEqual([['leaks-sessions'], ['forgets-heartbeat']]);
  });

  it('tells an echo server, which speaks the WebSocket protocol rightly', async () => {
    const echo = await createEchoServer({ port: 0 });
    closing.push(() => echo.close());
    const result = await at(echo.url);
    expect(standings(result)).toEqual({ reach: 'pass', protocol: 'pass', server: 'fail' });
    expect(causes(result)).toEqual(['other-protocol']);
  });

  it('names a limit on messages that is too low, and by what it was found', async () => {
    const result = await at(await relay({ maxPayload: 10_000 }));
    expect(causes(result)[0]).toBe('refuses-text');
    expect(result.summary).toMatch(/ends the connection \(1009, .*\) on a message of 64 KiB; up to 4 KiB it answers/);
  });

  it('names what a server does with changes and notices, and what it refuses', async () => {
    const fault = async (text: string): Promise<string[]> => {
      const server = await createServer({ port: 0, faults: [text] });
      closing.push(() => server.close());
      return causes(await at(server.url));
    };
    const named = await Promise.all(['echo=1', 'silent-leave=1', 'refuse', 'drop=1'].map(fault));
    expect(named).toEqual([['echoes-to-sender'], ['silent-presence'], ['refuses-handshake'], ['no-relay']]);
  });

  it('tells a wrong path by the right one, which makes the difference', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const result = await at(`${server.url}/old/place`);
    expect(result.summary).toContain('closes at once: 1008');
    expect(result.check!.diagnosis[0]!.why).toContain('path /ws/S/U alone (acknowledged)');
  });

  it('says that nothing listens', async () => {
    const result = await at('ws://127.0.0.1:1');
    expect(causes(result)).toEqual(['nothing-listens']);
    expect(standings(result)).toEqual({ reach: 'fail', protocol: 'not run', server: 'not run' });
  });
});

describe('layers', () => {
  const step = (layer: LayerName, fails = false): Step => ({
    id: `${layer}.x`,
    layer,
    title: '',
    run: () => Promise.resolve(fails ? failed('no') : passed('yes')),
  });
  const target = { urls: [], headers: {}, subprotocols: [] };
  const context = { target, signal: new AbortController().signal, seen: {} } as unknown as CheckContext;
  const run = async (failing: LayerName): Promise<string[]> => {
    const names = ['reach', 'protocol', 'qt', 'server', 'workflow', 'load'] as const;
    const steps = names.map((name) => step(name, name === failing));
    const { layers } = await carryOut(steps, names, context);
    return layers.filter(({ not_run }) => not_run !== undefined).map(({ layer }) => layer);
  };

  it('that rest on one that fails are not run, and nothing rests on Qt', async () => {
    expect(await run('reach')).toEqual(['protocol', 'qt', 'server', 'workflow', 'load']);
    expect(await run('qt')).toEqual([]);
    expect(await run('server')).toEqual(['workflow', 'load']);
  });

  it('answer the lines of the guide, each by steps that there are or by something else', () => {
    const ids = new Set(STEPS.map(({ id }) => id));
    for (const { line, steps, also } of GUIDE) {
      expect({ line, unknown: steps.filter((id) => !ids.has(id)) }).toEqual({ line, unknown: [] });
      expect(steps.length > 0 || also !== undefined, line).toBe(true);
    }
  });

  it('have steps of one name each', () => {
    expect(new Set(STEPS.map(({ id }) => id)).size).toBe(STEPS.length);
  });
});

describe('the diagnosis', () => {
  const scene: Scene = {
    url: 'ws://localhost:8765',
    port: 8765,
    at: '20:51:07',
    holder: 'process 1',
    again: (layer) => `npx loadtest check --url ws://localhost:8765 --layer ${layer}`,
  };

  it('points at handler(websocket, path) where the server says that it is websockets 14 or later', () => {
    const join = { outcome: 'closed', code: 1011, reason: '' } as const;
    expect(diagnose({ join, server_header: 'Python/3.11 websockets/17.4' }, scene)[0]!.likely).toContain(
      'websockets 17.4',
    );
    expect(diagnose({ join, server_header: 'Python/3.11 websockets/13.1' }, scene)[0]!.likely).toBeUndefined();
  });

  it('names what made the difference', () => {
    const join = { outcome: 'closed', code: 1011 } as const;
    const variations = [{ change: 'path /', outcome: 'acknowledged', rules_out: 'the path', same: false }];
    expect(diagnose({ join, variations }, scene)[0]!.why).toContain('path / (acknowledged)');
  });

  it('says where it failed and how to find out, where it knows no cause', () => {
    const step: Carried = {
      id: 'server.path',
      layer: 'server',
      title: '',
      standing: 'fail',
      says: 'closed with 1003',
      evidence: [],
      facts: {},
      at_ms: 0,
      took_ms: 0,
    };
    expect(unexplained(step, scene)).toMatchObject({
      what: 'It fails at server.path: closed with 1003.',
      do: ["read the server's output at 20:51:07", expect.anything(), expect.stringContaining('--layer server')],
    });
  });

  it('blames the client only where one of ours stayed in its place', () => {
    const join = { outcome: 'acknowledged' } as const;
    const qt = { stayed: false, code: 1011, name: 'CloseCodeBadOperation' };
    const unexpected_close = { code: 1011, reason: '', after_ms: 900, where: 'of a Qt client and of ours alike' };
    const found = (facts: Facts): string[] => diagnose(facts, scene).map(({ cause }) => cause);
    expect(found({ join, qt: { ...qt, ours_stayed: true } })).toEqual(['throws-qt-out']);
    expect(found({ join, qt: { ...qt, ours_stayed: false }, unexpected_close })).toEqual(['thrown-out']);
    expect(found({ join, qt })).toEqual([]);
  });

  it('only notes pings and compression, which throw no Qt client out', () => {
    const pings = { count: 2, watched_ms: 3000, closes_without_pong: { code: 1011, after_ms: 500 } };
    expect(diagnose({ pings, compresses_if_offered: true }, scene).map(({ kind }) => kind)).toEqual(['note', 'note']);
  });
});
