import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { connecting } from './connecting.ts';
import { editing } from './editing.ts';
import { presence } from './presence.ts';
import { refusing } from './refusing.ts';
import type { Subject } from './subject.ts';

const NO_STATE = 'a relay keeps no state';
const NO_LIMITS = 'a relay has no limits';

/** The least that speaks the protocol, as the original servers do: it passes on what it is given. */
const relay: Subject = {
  name: 'a mere relay',
  lacks: {
    'P4 ext': 'it reads binary messages as text',
    'P5 ext': 'it is stopped without ceremony',
    'P6 ext': 'it does not look for an older connection',
    'P8 ext': 'it adds and changes nothing',
    'P9 ext': NO_STATE,
    'P10 ext': NO_STATE,
    'P11 ext': NO_STATE,
    'P12 ext': NO_STATE,
    'P13 ext': 'its hosts are the first, for ever',
    'P14 ext': 'it drops what it cannot read, and says nothing',
    'P15 ext': NO_LIMITS,
    'P16 ext': NO_LIMITS,
  },
  async start() {
    const http = createServer();
    const sockets = new WebSocketServer({ server: http, maxPayload: 1024 * 1024 });
    const sessions = new Map<string, Map<WebSocket, string>>();
    sockets.on('connection', (ws, request) => accept(sessions, ws, request.url ?? ''));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return {
      url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
      async stop() {
        for (const ws of sockets.clients) ws.terminate();
        http.close();
        await once(http, 'close');
      },
    };
  },
};

function accept(sessions: Map<string, Map<WebSocket, string>>, ws: WebSocket, url: string): void {
  ws.on('error', () => {});
  const [session, user] = idsOf(url);
  if (!session || !user) {
    ws.close(1008, 'connect to /ws/{session_id}/{user_id}');
    return;
  }
  const members = sessions.get(session) ?? new Map<WebSocket, string>();
  sessions.set(session, members);
  const toOthers = (text: string): void => {
    for (const other of members.keys()) if (other !== ws) other.send(text);
  };
  members.set(ws, user);
  const users = [...members.values()].map((user_id) => ({ user_id }));
  ws.send(JSON.stringify({ type: 'connection:ack', session_id: session, user_id: user, users }));
  toOthers(JSON.stringify({ type: 'user:joined', user_id: user }));
  ws.on('close', () => {
    members.delete(ws);
    toOthers(JSON.stringify({ type: 'user:left', user_id: user }));
  });
  ws.on('message', (data) => {
    const message = JSON.parse(String(data)) as Record<string, unknown>;
    if (message['type'] === 'ping') ws.send('{"type":"pong"}');
    else toOthers(JSON.stringify({ ...message, user_id: user }));
  });
}

function idsOf(url: string): string[] {
  const parts = /^\/ws\/([^/?]+)\/([^/?]+)(?:\?.*)?$/.exec(url)?.slice(1) ?? [];
  try {
    const ids = parts.map(decodeURIComponent);
    return ids.some((id) => id.length > 128 || /[/\p{Cc}]/u.test(id)) ? [] : ids;
  } catch {
    return [];
  }
}

describe(relay.name, () => {
  for (const rules of [connecting, editing, presence, refusing]) rules(relay);
});
