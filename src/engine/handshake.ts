import { hash, randomBytes } from 'node:crypto';
import { basicAuth } from './credentials.ts';

/** RFC 6455, section 1.3: what a server mixes into the key it is sent. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const LINE = /\r?\n/;

/** One opening handshake (RFC 6455, section 4.1): the request, and what an answer must hold. */
export interface Handshake {
  /** Its characters are its bytes. */
  request: string;
  accept: string;
  subprotocols: readonly string[];
}

/** Offers no extension: compression is how clients were thrown out before (rule P3). */
export function openingHandshake(
  url: URL,
  headers: Readonly<Record<string, string>>,
  subprotocols: readonly string[],
): Handshake {
  const key = randomBytes(16).toString('base64');
  const fields: Record<string, string> = {
    Host: url.host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...(subprotocols.length > 0 && { 'Sec-WebSocket-Protocol': subprotocols.join(',') }),
    ...basicAuth(url),
  };
  // What is given takes the place of a field of that name, in whatever case.
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const own = Object.entries(fields).filter(([name]) => !given.has(name.toLowerCase()));
  const lines = [...own, ...Object.entries(headers)].map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    request: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`,
    accept: hash('sha1', `${key}${GUID}`, 'base64'),
    subprotocols,
  };
}

/**
 * Holds an answer's head against what it must be (section 4.1, the client's duties).
 * @param head status line and fields, without the empty line
 * @returns what is wrong with it; nothing for a WebSocket
 */
export function refusalIn(head: string, { accept, subprotocols }: Handshake): string | undefined {
  const [status = '', ...lines] = head.split(LINE);
  const code = /^HTTP\/1\.1 (\d{3})/.exec(status)?.[1];
  if (code === undefined) return 'no HTTP: the answer to the handshake is something else';
  if (code !== '101') return `HTTP ${code}`;
  const fields = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (fields.get('upgrade')?.toLowerCase() !== 'websocket') return 'HTTP 101 without "Upgrade: websocket"';
  if (fields.get('sec-websocket-accept') !== accept) return 'a wrong Sec-WebSocket-Accept';
  if (fields.has('sec-websocket-extensions')) return 'an extension that was not offered';
  const chosen = fields.get('sec-websocket-protocol');
  if (chosen !== undefined && !subprotocols.includes(chosen))
    return `the sub-protocol ${chosen}, which was not offered`;
  if (chosen === undefined && subprotocols.length > 0) return 'none of the sub-protocols that were offered';
  return undefined;
}
