import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

/** A message, as JSON. */
export type Message = Record<string, any>;

/** How a connection ended. */
export interface Closed {
  code: number;
  reason: string;
}

/** A client that keeps what it was sent until a test asks for it. */
export class Client {
  readonly ws: WebSocket;
  /** Never rejected: a connection always ends somehow. */
  readonly closed: Promise<Closed>;
  /** The first message, for those who joined. */
  ack: Message = {};
  readonly #unread: Message[] = [];
  #arrived = (): void => {};
  #pings = 0;

  constructor(url: string, options: ClientOptions = {}) {
    this.ws = new WebSocket(url, { perMessageDeflate: false, maxPayload: 0, ...options });
    this.ws.on('error', () => {});
    this.ws.on('message', (data) => {
      this.#unread.push(JSON.parse(String(data)) as Message);
      this.#arrived();
    });
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.#arrived();
      });
    });
  }

  send(message: object | string): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message, taken. */
  async next(): Promise<Message> {
    while (this.#unread.length === 0) {
      if (this.ws.readyState === this.ws.CLOSED) {
        const { code, reason } = await this.closed;
        throw new Error(`closed (${code} ${reason}) where a message was expected`);
      }
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#unread.shift()!;
  }

  /** The next message of a type; those before it are taken and forgotten. */
  async nextOf(type: string): Promise<Message> {
    for (;;) {
      const message = await this.next();
      if (message['type'] === type) return message;
    }
  }

  /** Everything the server had said to this client when it had read everything this client said: up to a pong. */
  async upToNow(): Promise<Message[]> {
    this.send({ type: 'ping', n: ++this.#pings });
    const messages: Message[] = [];
    for (;;) {
      const message = await this.next();
      if (message['type'] === 'pong') return messages;
      messages.push(message);
    }
  }

  /** Closes and waits for the end. */
  async leave(): Promise<Closed> {
    this.ws.close(1000);
    return this.closed;
  }
}

/** Connects, whatever comes then. */
export async function connect(url: string, path: string, options?: ClientOptions): Promise<Client> {
  const client = new Client(`${url}${path}`, options);
  await once(client.ws, 'open');
  return client;
}

/** Connects and waits to be let in. */
export async function join(url: string, session: string, user: string, options?: ClientOptions): Promise<Client> {
  const client = new Client(`${url}/ws/${encodeURIComponent(session)}/${encodeURIComponent(user)}`, options);
  client.ack = await client.next();
  if (client.ack['type'] !== 'connection:ack') throw new Error(`the first message was ${JSON.stringify(client.ack)}`);
  return client;
}

/** The n-th item's id. */
export const itemId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A command on the n-th item. */
export const command = (action: string, n: number, data: object = {}, more: object = {}): Message => ({
  type: 'command',
  command: { action, item_type: 'lens', item_id: itemId(n), data },
  user_id: 'somebody',
  timestamp: 1,
  ...more,
});
