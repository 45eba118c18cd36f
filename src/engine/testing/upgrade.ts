import { createHash } from 'node:crypto';

/** The answer that opens a WebSocket (RFC 6455, section 4.2.2), reckoned apart from the program's own. @param more further lines, each with its end */
export function upgradeFor(request: string, more = ''): string {
  const key = /Sec-WebSocket-Key: (.+)\r\n/i.exec(request)![1];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}
