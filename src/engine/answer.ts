import type { HttpAnswer } from '../protocol/http-answer.ts';

/** The longest head of an answer, with all interim ones before it, bytes: more than browsers need. */
export const MAX_HEAD = 64 * 1024;
/** How much of a body is waited for, bytes. */
export const MAX_BODY = 2048;
/** How long the rest of a body may take, ms. */
export const BODY_MS = 300;

/** What came in answer to an opening handshake. */
export type Heard =
  /** `end`: where the head ends. `whole`: nothing more is worth waiting for. */
  | { answer: HttpAnswer; end: number; whole: boolean; faults: string[] }
  /** No answer in HTTP: what it is instead. */
  | { none: string };

/** What is said of a head that is too long, or has no end. */
export const TOO_LONG = `an answer whose head is longer than ${MAX_HEAD / 1024} KiB`;
/** How records of TLS begin: an alert's, and a handshake's. */
const TLS_ALERT = '\x15\x03';
const TLS_HANDSHAKE = '\x16\x03';
/** What is said of bytes that are TLS (RFC 8446, section 5.1). */
export const SPEAKS_TLS = 'TLS, where HTTP was expected';

const STATUS_LINE = /^HTTP\/(1\.[01]) (\d{3})(?: (.*))?$/;
const HEAD_END = /\r?\n\r?\n/g;

/**
 * Reads what came in answer to an opening handshake; interim answers before it (100, 103, every 1xx but 101) are passed
 * over (RFC 9110, section 15.2). Lines that end in LF alone and folded ones are read, as a recipient may (RFC 9112,
 * sections 2.2 and 5.2), and told as faults.
 * @param text all that came, a character a byte
 * @returns nothing where more must come
 */
export function heardIn(text: string): Heard | undefined {
  if (text.startsWith(TLS_ALERT) || text.startsWith(TLS_HANDSHAKE)) return { none: SPEAKS_TLS };
  if (!'HTTP/'.startsWith(text.slice(0, 5))) return { none: `no HTTP: it answered ${excerpt(text)}` };
  let start = 0;
  for (;;) {
    HEAD_END.lastIndex = start;
    const end = HEAD_END.exec(text);
    if (!end || end.index > MAX_HEAD) {
      return text.length > MAX_HEAD ? { none: TOO_LONG } : undefined;
    }
    const head = text.slice(start, end.index);
    const [first = '', ...lines] = head.split(/\r?\n/);
    const found = STATUS_LINE.exec(first);
    if (!found) return { none: `no HTTP/1.1: it answered ${excerpt(first)}` };
    const status = Number(found[2]);
    const after = end.index + end[0].length;
    if (status >= 200 || status === 101) {
      const fields = fieldsOf(lines);
      const rest = text.slice(after);
      const answer = { version: found[1]!, status, reason: found[3] ?? '', fields };
      const body = status === 101 ? { body: '', whole: true } : bodyOf(rest, answer);
      const faults = [
        ...(/[^\r]\n/.test(head + end[0]) ? ['lines that end in LF alone, where HTTP wants CR LF'] : []),
        ...(lines.some((line) => /^[ \t]/.test(line)) ? ['a folded line in its head, which HTTP/1.1 forbids'] : []),
      ];
      return { answer: { ...answer, body: body.body }, end: after, whole: body.whole, faults };
    }
    start = after;
  }
}

/** What is said of a connection that ended before its answer was whole. @param text what had come */
export const breaksOff = (text: string): string =>
  text === '' ? 'closed without an answer' : `an answer that breaks off: ${excerpt(text)}`;

/** The beginning of what is no HTTP, as it may be shown. */
const excerpt = (text: string): string =>
  `“${text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)}”`;

function fieldsOf(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of lines) {
    const isFolded = /^[ \t]/.test(line);
    const colon = line.indexOf(':');
    const name: string | undefined = isFolded ? last : line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === undefined || name === '') continue;
    const value = (isFolded ? line : line.slice(colon + 1)).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}${isFolded ? ' ' : ', '}${value}`);
    last = name;
  }
  return fields;
}

/** What came of a body, out of its chunks where it is in some (RFC 9112, section 7.1). */
function bodyOf(
  rest: string,
  { status, fields }: Pick<HttpAnswer, 'status' | 'fields'>,
): { body: string; whole: boolean } {
  if (status === 204 || status === 304) return { body: '', whole: true };
  const isEnough = rest.length >= MAX_BODY;
  if (/chunked/i.test(fields.get('transfer-encoding') ?? '')) {
    const { body, whole } = dechunked(rest);
    return { body: utf8(body), whole: whole || isEnough };
  }
  const length = Number(fields.get('content-length') ?? Infinity);
  return { body: utf8(rest.slice(0, length)), whole: isEnough || rest.length >= length };
}

function dechunked(rest: string): { body: string; whole: boolean } {
  let body = '';
  let at = 0;
  for (;;) {
    const size = /^([0-9a-f]+)[^\r\n]*\r?\n/i.exec(rest.slice(at));
    if (!size) return { body, whole: false };
    const length = Number.parseInt(size[1]!, 16);
    if (length === 0) return { body, whole: true };
    at += size[0].length;
    body += rest.slice(at, at + length);
    if (at + length >= rest.length) return { body, whole: false };
    at += length + (rest[at + length] === '\r' ? 2 : 1);
  }
}

const utf8 = (bytes: string): string => Buffer.from(bytes.slice(0, MAX_BODY), 'latin1').toString('utf8');
