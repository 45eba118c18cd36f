import { createServer as createHttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Address } from './address.ts';
import { Admissions } from './admissions.ts';
import { realClock } from './clock.ts';
import { Burdens } from './burdens.ts';
import { parseFaults, type FaultName } from './faults.ts';
import { MAX_MESSAGE } from './frames.ts';
import { answerHttp, jsonPage, type Page } from './http.ts';
import { Hub } from './hub.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { listen } from './listen.ts';
import type { Log } from './log.ts';
import { LoopDelay } from './loop-delay.ts';
import { Turn } from './outbox.ts';
import { Sabotage } from './sabotage.ts';
import { closedOf, connect } from './socket.ts';
import { Telemetry } from './telemetry.ts';

/** What {@link createServer} takes. */
export interface ServerOptions {
  /** Which interface to listen on; `0.0.0.0` and `::` are all of them. Default `127.0.0.1`. */
  host?: string;
  /** 0 for one that is free. Default 8765. */
  port?: number;
  /** Limits other than the defaults (docs/protocol.md, P16). */
  limits?: Partial<Limits>;
  /** Faults to commit on purpose, each as `NAME[=VALUE][@ONSET]`, for example `drop=0.001`. */
  faults?: readonly string[];
  /** Of the lots that are drawn for faults, a whole number. Default 1. */
  seed?: number;
  /** Who is told what happens: a logger of pino, for example. Default nobody. */
  log?: Log;
}

/** What a server has counted. */
export interface ServerCounts {
  connections: number;
  messages_received: number;
  deliveries: number;
  disconnects: Record<number, number>;
  /** How often each fault that was asked for was committed: exact. */
  faults: Partial<Record<FaultName, number>>;
}

/** A collaboration server that runs. */
export interface CollabServer extends Address {
  counts(): ServerCounts;
  /** The longest delay of the event loop since the last call, ms. */
  loopDelay(): number;
  /** Frees the port at once and closes everybody with 1001; resolved once the last connection is gone (P5). */
  close(): Promise<void>;
}

const DEFAULT_PORT = 8765;

/**
 * Starts the reference collaboration server.
 * @throws ToolError where the port cannot be had or a fault cannot be read
 */
export async function createServer(options: ServerOptions = {}): Promise<CollabServer> {
  const faults = parseFaults(options.faults ?? []);
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const telemetry = new Telemetry();
  const sabotage = faults.length > 0 ? new Sabotage(faults, options.seed ?? 1, realClock) : undefined;
  const hub = new Hub({ limits, clock: realClock, telemetry, sabotage, log: options.log });
  const turn = new Turn(telemetry);
  const admissions = new Admissions(realClock.now);
  const startedAt = realClock.now();

  // In a variable of its own, as the types of `ws` do not know `closeTimeout` yet.
  const settings = {
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: MAX_MESSAGE,
    closeTimeout: limits.closeTimeout,
  };
  const sockets = new WebSocketServer(settings);
  const live = new Set<WebSocket>();
  const pages: Record<string, () => Page | Promise<Page>> = {
    '/healthz': () =>
      jsonPage({
        status: 'ok',
        connections: hub.connections,
        sessions: hub.sessions,
        uptime_s: Math.round(realClock.now() - startedAt) / 1000,
      }),
    '/metrics': metricsPage(async () => (await import('./exposition.ts')).exposition(hub, delay)),
  };
  const http = createHttpServer((request, response) =>
    answerHttp(request, response, pages, (path) => path.startsWith('/ws')),
  );
  http.on('upgrade', (request, socket, head) => {
    if (sabotage?.active('refuse')?.value === 503) {
      sabotage.count('refuse');
      refuseUpgrade(socket);
      return;
    }
    // Until `ws` listens: who has gone in the meantime is no mistake of the server's.
    socket.once('error', () => socket.destroy());
    admissions.add(() =>
      sockets.handleUpgrade(request, socket, head, (ws) => {
        live.add(ws);
        connect(hub, turn, ws, request);
        burdens?.connected();
        ws.once('close', () => live.delete(ws));
      }),
    );
  });

  const delay = new LoopDelay();
  const burdens = sabotage && new Burdens(sabotage, realClock);
  const address = await listen(http, options.host ?? '127.0.0.1', options.port ?? DEFAULT_PORT);
  // Such as no file being left for one more connection: those that are there go on.
  http.on('error', (error) => options.log?.error({ error: error.message }, 'a connection could not be taken'));

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= end());
  async function end(): Promise<void> {
    http.close();
    burdens?.stop();
    hub.stop();
    http.closeAllConnections();
    await Promise.all(Array.from(live, closedOf));
    delay.stop();
  }
  const counts = (): ServerCounts => ({
    connections: telemetry.connections,
    messages_received: Object.values(telemetry.received).reduce((sum, count) => sum + count, 0),
    deliveries: telemetry.deliveries,
    disconnects: { ...telemetry.disconnects },
    faults: { ...sabotage?.counts },
  });
  return { ...address, counts, loopDelay: () => delay.longest(), close };
}

/** The exposition is loaded when it is first asked for: most runs never do. */
function metricsPage(load: () => Promise<{ type: string; text(): Promise<string> }>): () => Promise<Page> {
  let loading: ReturnType<typeof load> | undefined;
  return async () => {
    const { type, text } = await (loading ??= load());
    return { status: 200, type, body: await text() };
  };
}

function refuseUpgrade(socket: Duplex): void {
  const body = 'Refused on purpose.\n';
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
