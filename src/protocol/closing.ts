/** Close codes as a person reads them (docs/protocol.md; RFC 6455, section 7.4.1). */
const CODES: Record<number, string> = {
  1000: 'normal',
  1001: 'server going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'closed without a code',
  1006: 'no close frame: crash, kill or cut network',
  1007: 'text that is not UTF-8',
  1008: 'policy: wrong path or not allowed',
  1009: 'message too big',
  1010: 'an extension was missing',
  1011: 'server error: an exception in its handler, or no pong within its limit',
  1012: 'server restarts',
  1013: 'full, try again later',
  1015: 'TLS failed',
  4001: 'replaced by a newer connection of the same user',
  4008: 'too slow: did not read what was sent to it',
  4013: 'full, try again later',
};

/** What a close code means; from a server in mid-run, 1000 means that it threw this user out. */
export function closeCodeMeaning(code: number, fromServerInMidRun = false): string {
  if (code === 1000 && fromServerInMidRun) return 'normal, yet nobody asked: the server threw this user out';
  return CODES[code] ?? (code >= 4000 && code <= 4999 ? 'a code of the server’s own' : 'unknown');
}
