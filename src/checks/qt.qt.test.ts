import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { createServer } from '../../server/server.ts';
import { execute } from '../engine/execute.ts';
import { builtUrl } from '../engine/programs.ts';
import { sessionId } from '../plan/plan.ts';
import { smallPlan } from './load.ts';
import { findPython, type Python } from './python.ts';
import type { CheckContext } from './step.ts';
import { qtCodeWords, startQt } from './qt-client.ts';
import { causes, failures, lookAt, standings, withQt } from './testing/servers.ts';
import { newItem } from './user.ts';

const { python: command, why } = withQt();
const PATIENCE_MS = 10_000;
const context = (url: string): Pick<CheckContext, 'target' | 'signal'> => ({
  target: { urls: [url], headers: {}, subprotocols: [] },
  signal: new AbortController().signal,
});

describe.skipIf(why !== '')(`a real Qt client${why}`, () => {
  let python: Python;
  beforeAll(async () => {
    process.env['LOADTEST_PYTHON'] = command;
    python = (await findPython())!;
  });
  afterAll(() => {
    delete process.env['LOADTEST_PYTHON'];
  });

  it('and simulated users of a run, in one session, see each other’s items', async () => {
    const server = await createServer({ port: 0 });
    const id = 'qtrun0';
    const target = { urls: [server.url], headers: {}, subprotocols: [] };
    const plan = { ...smallPlan({ for_ms: 5000, target }, []), users: 2, sessions: 1, users_total: 2 };
    const scenario_url = builtUrl('scenarios/steady.js').href;
    const running = execute({ plan, run: { id, started_at: new Date().toISOString() }, scenario_url, target });
    const client = startQt(python, `${server.url}/ws/${sessionId(id, 0)}/qt`, context(server.url));
    try {
      const theirs = await client.until(
        ({ text }) => text !== undefined && text.includes('"command"') && text.includes('lt1.'),
        PATIENCE_MS,
      );
      expect(theirs?.text).toContain(`${sessionId(id, 0)}-u`);
      const { id: item_id, data } = newItem();
      client.send(
        JSON.stringify({ type: 'command', command: { action: 'add_item', item_type: 'lens', item_id, data } }),
      );
      const { result } = await running;
      // The simulated users got the item, and say that none of them sent it.
      const seen = result.verdicts.flatMap(({ evidence = [] }) => evidence).filter(({ kind }) => kind === 'invented');
      expect(new Set(seen.map((one) => one.item_id))).toEqual(new Set([item_id]));
      expect(client.events.find(({ event }) => event === 'closed')).toBeUndefined();
    } finally {
      await client.end();
      await running.catch(() => undefined);
      await server.close();
    }
  }, 30_000);

  it('is one of the users of a check, which passes every layer of the bundled server', async () => {
    const result = await lookAt({ layer: 'load', qt: true });
    expect(failures(result)).toEqual([]);
    const steps = result.check!.layers.flatMap((layer) => layer.steps);
    expect(steps.find(({ id }) => id === 'workflow.stays')!.says).toContain('3 users and a real Qt client');
    expect(steps.find(({ id }) => id === 'workflow.qt')!.says).toContain('see each other’s items');
  }, 60_000);

  it('stays on the bundled echo server and on ours: the layer of its own', async () => {
    const result = await lookAt({ layer: 'qt', qt: true });
    expect(failures(result)).toEqual([]);
    expect(standings(result)).toEqual({ reach: 'pass', protocol: 'pass', qt: 'pass' });
    expect(causes(result)).toEqual([]);
  }, 30_000);

  it('sends the headers and offers the sub-protocol that the target needs', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const target = { urls: [url], headers: { Authorization: 'Bearer t0k3n' }, subprotocols: ['collab.v1'] };
    const connected = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = startQt(python, url, { ...context(url), target });
    const [socket, request] = await connected;
    expect([socket.protocol, request.headers.authorization]).toEqual(['collab.v1', 'Bearer t0k3n']);
    socket.close(1000);
    await client.until(({ event }) => event === 'closed', PATIENCE_MS);
    expect(client.log().at(-1)).toMatch(/^ +\d+ ms closed code=1000 name=CloseCodeNormal/);
    await client.end();
    server.close();
  });

  it('sends the host that is given, once, characters as UTF-8, and what the address has of user and password', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `ws://user:50%off@127.0.0.1:${port}/`;
    const headers = { host: 'app.example.com', 'X-Name': Buffer.from('Žofie').toString('latin1') };
    const connected = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
    const client = startQt(python, url, { ...context(url), target: { urls: [url], headers, subprotocols: [] } });
    const [socket, request] = await connected;
    expect(request.headersDistinct['host']).toEqual(['app.example.com']);
    expect(Buffer.from(String(request.headers['x-name']), 'latin1').toString()).toBe('Žofie');
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('user:50%off').toString('base64')}`);
    socket.close(1000);
    await client.until(({ event }) => event === 'closed', PATIENCE_MS);
    await client.end();
    server.close();
  });

  it.each([
    [1000, 1000, 'also where the connection was cut'],
    [1001, 1001, 'Qt shows 1001'],
    [1008, 1008, 'CloseCodePolicyViolated'],
    [1011, 1011, 'as CloseCodeBadOperation: an error in the server, not 1008'],
    [1012, 1002, 'also for 1012 and 1013'],
    [1013, 1002, 'also for 1012 and 1013'],
    [4001, 4001, 'Qt shows 4001'],
    ['cut', 1000, 'also where the connection was cut'],
  ])('shows %s as %i, and is translated', async (code, shown, words) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => (typeof code === 'number' ? socket.close(code) : socket.terminate()));
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const client = startQt(python, url, context(url));
    try {
      const closed = await client.until(({ event }) => event === 'closed', PATIENCE_MS);
      expect(closed?.code).toBe(shown);
      expect(qtCodeWords(closed!.code!, closed!.name!)).toContain(words);
    } finally {
      await client.end();
      server.close();
    }
  });
});
