import { createServer as createHttpServer } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Address } from './address.ts';
import { echoBanner } from './banner.ts';
import { MAX_MESSAGE } from './frames.ts';
import { answerHttp, jsonPage } from './http.ts';
import { listen } from './listen.ts';
import { silent, type Log } from './log.ts';
import { createLogger } from './logger.ts';
import { closedOf } from './socket.ts';
import { toOutput, untilStopped, type CommandOptions } from './foreground.ts';

/** An echo server that runs. */
export interface EchoServer extends Address {
  counts(): { connections: number; messages: number };
  close(): Promise<void>;
}

/** As the reference server's, ms. */
const CLOSE_TIMEOUT = 10_000;

/**
 * Starts the minimal echo server: text `X` is answered by `Echo: X`, at every path. With it one tells whether a client
 * and a network work at all.
 * @throws ToolError (104) where the port cannot be had
 */
export async function createEchoServer(options: { host?: string; port?: number; log?: Log } = {}): Promise<EchoServer> {
  const log = options.log ?? silent;
  const settings = { noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE, closeTimeout: CLOSE_TIMEOUT };
  const sockets = new WebSocketServer(settings);
  const counts = { connections: 0, messages: 0 };
  const pages = { '/healthz': () => jsonPage({ status: 'ok', connections: sockets.clients.size }) };
  const http = createHttpServer((request, response) => answerHttp(request, response, pages, () => true));
  http.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      log.info({ connection: ++counts.connections }, 'connected');
      answer(ws, log, counts);
    });
  });
  const address = await listen(http, options.host ?? '127.0.0.1', options.port ?? 8765);
  const close = async (): Promise<void> => {
    http.close();
    http.closeAllConnections();
    const gone = Array.from(sockets.clients, async (ws) => {
      ws.close(1001, 'server going away');
      await closedOf(ws);
    });
    await Promise.all(gone);
  };
  return { ...address, counts: () => ({ ...counts }), close };
}

function answer(ws: WebSocket, log: Log, counts: { connections: number; messages: number }): void {
  const connection = counts.connections;
  ws.on('error', (error) => log.debug({ connection, error: error.message }, 'bad frame or broken socket'));
  ws.on('close', (code) => log.info({ connection, code }, 'closed'));
  ws.on('message', (data, isBinary) => {
    counts.messages++;
    if (isBinary) {
      ws.close(1003, 'messages are text');
      return;
    }
    const text = String(data as Buffer);
    log.debug({ connection, text }, 'received');
    ws.send(`Echo: ${text}`);
  });
}

/**
 * `loadtest echo`: the echo server in the foreground, until a signal ends it.
 * @throws ToolError (104) where it cannot start
 */
export async function echo(options: CommandOptions): Promise<void> {
  const log = createLogger({ ...options, write: toOutput });
  const server = await createEchoServer({ ...options, log });
  if (!options.quiet && !options.json) toOutput(echoBanner(server));
  log.info({ url: server.url }, 'listening');
  await untilStopped(server, options, (why) => log.info({ why }, 'stopping'));
  log.info(server.counts(), 'stopped');
}
