import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

/** What a lawful server may do otherwise than the reference server, between which and its clients a proxy stands. */
export interface Oddities {
  /** What becomes of a message of the server's; nothing where it is kept back. One function a connection. */
  rewrite?: () => (text: string) => string | undefined;
  /** Messages come in so many fragments. */
  fragments?: number;
  /** What is written comes in pieces of at most so many bytes. */
  chop?: number;
  /** What is written waits so long, ms, and comes at once. */
  batch?: number;
  /** Nothing is said for so long, ms, after a client is connected. */
  slowJoin?: number;
  /** Protocol pings come so often, ms. */
  ping?: number;
  /** The server learns so late, ms, that a client has left: one who comes back meets its own remains. */
  linger?: number;
}

export interface OddProxy {
  url: string;
  close(): void;
}

/** Stands between clients and a server, and is odd. */
export async function oddProxy(target: string, odd: Oddities): Promise<OddProxy> {
  const door = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(door, 'listening');
  door.on('connection', (client, request) => serve(client, `${target}${request.url}`, odd));
  const { port } = door.address() as AddressInfo;
  const wire = odd.chop || odd.batch ? await wireTo(port, odd) : undefined;
  return {
    url: `ws://127.0.0.1:${wire ? (wire.address() as AddressInfo).port : port}`,
    close() {
      for (const client of door.clients) client.terminate();
      door.close();
      wire?.close();
    },
  };
}

function serve(client: WebSocket, url: string, odd: Oddities): void {
  const server = new WebSocket(url, { perMessageDeflate: false });
  const rewrite = odd.rewrite?.() ?? ((text: string) => text);
  const ready = Promise.all([once(server, 'open'), after(odd.slowJoin ?? 0)]);
  let isReady = false;
  const early: string[] = [];
  const say = (text: string): void => {
    const parts = odd.fragments ?? 1;
    const size = Math.ceil(text.length / parts);
    for (let part = 1; part < parts; part++) client.send(text.slice((part - 1) * size, part * size), { fin: false });
    client.send(text.slice((parts - 1) * size));
  };
  server.on('message', (data: Buffer) => {
    const text = rewrite(data.toString());
    if (text === undefined) return;
    if (isReady) say(text);
    else early.push(text);
  });
  const onceReady = (call: () => void): void =>
    void ready.then(call, () => {
      // Its client was gone before.
    });
  client.on('message', (data: Buffer) => onceReady(() => server.send(data.toString())));
  onceReady(() => {
    isReady = true;
    for (const text of early) say(text);
  });
  const pinging = odd.ping ? setInterval(() => client.ping('are you there'), odd.ping) : undefined;
  client.on('close', (code, reason) => {
    clearInterval(pinging);
    void after(odd.linger ?? 0).then(() => pass(server, code, reason));
  });
  server.on('close', (code, reason) => pass(client, code, reason));
  for (const end of [client, server]) end.on('error', () => end.terminate());
}

/** Closes one side as the other was closed. */
function pass(to: WebSocket, code: number, reason: Buffer): void {
  if (code === 1005 || code === 1006) to.terminate();
  else to.close(code, reason);
}

/** A door before the door, where bytes are written otherwise than they were meant. */
async function wireTo(port: number, { chop, batch }: Oddities): Promise<Server> {
  const wire = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    near.setNoDelay(true);
    near.pipe(far);
    for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((other) => other.destroy()));
    far.on('close', () => near.end());
    let waiting: Buffer[] = [];
    far.on('data', (bytes: Buffer) => {
      if (chop !== undefined) return void inPieces(near, bytes, chop);
      if (waiting.push(bytes) > 1) return;
      setTimeout(() => {
        near.write(Buffer.concat(waiting));
        waiting = [];
      }, batch);
    });
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  return wire;
}

/** Pieces of every length up to `most`, one system call each. */
function inPieces(to: Socket, bytes: Buffer, most: number): void {
  let length = 1;
  for (let at = 0; at < bytes.length; at += length) {
    length = (length % most) + 1;
    to.write(bytes.subarray(at, at + length));
  }
}
