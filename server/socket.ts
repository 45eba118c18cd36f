import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Connection, Peer } from './connection.ts';
import type { Frame } from './frames.ts';
import type { Hub } from './hub.ts';
import { Outbox, type Turn } from './outbox.ts';

const { OPEN } = WebSocket;
/** TCP asks a silent peer whether it is still there (P16), ms. */
const KEEP_ALIVE = 60_000;

/**
 * A client on a socket: `ws` parses, answers pings and closes; data frames go to the socket itself, as `ws` would
 * frame and write each of them for each client. Frames of both are written whole, so they cannot mix.
 */
class SocketPeer implements Peer {
  readonly #ws: WebSocket;
  readonly #outbox: Outbox;

  constructor(ws: WebSocket, outbox: Outbox) {
    this.#ws = ws;
    this.#outbox = outbox;
  }

  send(frame: Frame): void {
    this.#outbox.push(frame);
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#outbox.flush();
    this.#outbox.stop();
    this.#ws.close(code, reason);
  }

  cut(): void {
    this.#outbox.stop();
    this.#ws.terminate();
  }
}

/** Resolved once the connection is gone, whatever it says before. */
export const closedOf = (ws: WebSocket): Promise<void> =>
  new Promise((resolve) => {
    ws.once('close', () => resolve());
  });

/** Puts a client that has just finished its handshake into the hub. */
export function connect(hub: Hub, turn: Turn, ws: WebSocket, request: IncomingMessage): void {
  const socket: Socket = request.socket;
  socket.setKeepAlive(true, KEEP_ALIVE);
  // Once a close frame was sent no data may follow (RFC 6455, section 5.5.1), and `ws` answers the peer's by itself.
  const gate = {
    write: (bytes: Uint8Array) => ws.readyState !== OPEN || socket.write(bytes),
    get writableLength() {
      return socket.writableLength;
    },
  };
  let connection: Connection | undefined;
  const outbox = new Outbox(gate as Socket, turn, hub.limits.maxBacklog, () => connection?.tooSlow());
  // `ws` tells by the close code what was wrong; without a listener Node would throw.
  ws.on('error', (error) => hub.log.debug({ ...connection?.who, error: error.message }, 'bad frame or broken socket'));
  connection = hub.accept(request.url ?? '/', new SocketPeer(ws, outbox));
  const client = connection;
  socket.on('drain', () => outbox.drained());
  ws.on('message', (data, isBinary) => client.receive(data as Buffer, isBinary));
  ws.on('ping', () => client.heard());
  // Our side ends right after the peer's close frame was answered: the peer may take its time to close its own.
  socket.once('finish', () => client.gone());
  ws.on('close', (code) => {
    outbox.stop();
    client.gone(code);
  });
}
