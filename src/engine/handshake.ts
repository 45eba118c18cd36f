import { hash, randomBytes } from 'node:crypto';
import { shown, type HttpAnswer } from '../protocol/http-answer.ts';
import { basicAuth } from './credentials.ts';

/** RFC 6455, section 1.3: what a server mixes into the key it is sent. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** One opening handshake (RFC 6455, section 4.1): the request, and what an answer must hold. */
export interface Handshake {
  /** Its characters are its bytes. */
  request: string;
  accept: string;
  subprotocols: readonly string[];
}

/** What the answer to a key must hold. */
export const acceptFor = (key: string): string => hash('sha1', `${key}${GUID}`, 'base64');

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
    accept: acceptFor(key),
    subprotocols,
  };
}

/**
 * Holds an answer against what it must be (section 4.1, the client's duties).
 * @returns what is wrong with it; nothing for a WebSocket
 */
export function refusalIn(
  { version, status, fields }: HttpAnswer,
  { accept, subprotocols }: Omit<Handshake, 'request'>,
): string | undefined {
  if (status !== 101) return `HTTP ${status}`;
  const wrong = wrongIn(version, fields, accept, subprotocols);
  return wrong && `${OF_101} ${wrong}`;
}

/** How what is wrong with an answer of 101 begins. */
export const OF_101 = 'its HTTP 101';

function wrongIn(
  version: string,
  fields: HttpAnswer['fields'],
  accept: string,
  subprotocols: readonly string[],
): string | undefined {
  if (version !== '1.1') return `is of HTTP/${version}, and a WebSocket needs HTTP/1.1`;
  const upgrade = fields.get('upgrade');
  if (upgrade === undefined) return 'has no "Upgrade: websocket"';
  if (upgrade.toLowerCase() !== 'websocket') return `has "Upgrade: ${shown(upgrade, [], 40)}", not "websocket"`;
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(fields.get('connection') ?? '')) return 'has no "Connection: Upgrade"';
  const accepts = fields.get('sec-websocket-accept');
  if (accepts !== accept) return `has ${accepts === undefined ? 'no' : 'a wrong'} Sec-WebSocket-Accept`;
  const extensions = fields.get('sec-websocket-extensions');
  if (extensions !== undefined) return `names the extension ${named(extensions)}, and none was offered`;
  const chosen = fields.get('sec-websocket-protocol');
  if (chosen === undefined)
    return subprotocols.length > 0 ? 'chooses none of the sub-protocols that were offered' : undefined;
  return subprotocols.includes(chosen) ? undefined : `chooses the sub-protocol ${named(chosen)}, which was not offered`;
}

const named = (value: string): string => (value === '' ? '“” (an empty field)' : shown(value, [], 60));
