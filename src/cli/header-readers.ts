import { ToolError } from '../core/errors.ts';
import { quoted } from '../core/quoted.ts';
import { refuse, type Reader } from './readers.ts';

/** A word of HTTP (RFC 9110, section 5.6.2): a field's name, a sub-protocol. */
const WORD = "[!#$%&'*+.^_`|~\\w-]+";
const FIELD = new RegExp(`^(${WORD}):[ \\t]*([^\\0-\\x08\\n-\\x1f\\x7f]*)$`, 's');

/** Fields that the handshake makes itself (RFC 6455, section 4.1), or that a request without a body has not. */
const OWN =
  /^(sec-websocket-.*|connection|upgrade|keep-alive|proxy-connection|te|trailer|transfer-encoding|content-length|expect)$/;

/** Fields that have one value (RFC 9110; RFC 6265, section 5.4). */
const ONCE = new Set([
  'host',
  'authorization',
  'proxy-authorization',
  'origin',
  'user-agent',
  'referer',
  'content-type',
]);

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * `Name: value`, as it stands in an HTTP request; its characters are the bytes to send, UTF-8. Its value may be a secret,
 * so no sentence repeats it.
 */
export const header: Reader<[string, string]> = (text, name) => {
  const [, field, rest = ''] = FIELD.exec(text.trim()) ?? [];
  if (field === undefined) throw new ToolError(`${name} takes "Name: value" in one line.`);
  const value = rest.trimEnd();
  if (value === '') {
    throw new ToolError(`${name} gives ${field} no value.`, {
      hint: `Quote both together: --header "${field}: VALUE".`,
    });
  }
  const known = field.toLowerCase();
  if (OWN.test(known)) {
    throw new ToolError(`${name} gives ${field}, which belongs to the handshake itself.`, {
      hint: known === 'sec-websocket-protocol' ? 'A sub-protocol is offered with --subprotocol NAME.' : 'Leave it out.',
    });
  }
  if (known === 'host' && !HOST.test(value)) {
    throw new ToolError(`${name} gives a Host that is no host.`, { hint: 'Such as --header "Host: app.example.com".' });
  }
  return [field, Buffer.from(value).toString('latin1')];
};

/**
 * Fields as they are sent: of one name, in whatever case, there is one, the values joined as HTTP has it.
 * @throws ToolError (104) where a field that has one value is given two
 */
export function joined(fields: readonly (readonly [string, string])[]): Record<string, string> {
  const all = new Map<string, [string, string]>();
  for (const [name, value] of fields) {
    const known = name.toLowerCase();
    const before = all.get(known);
    if (before && ONCE.has(known)) {
      throw new ToolError(`The header ${before[0]} is given twice, and a request has one.`, { hint: 'Give it once.' });
    }
    all.set(known, before ? [before[0], `${before[1]}${known === 'cookie' ? '; ' : ', '}${value}`] : [name, value]);
  }
  return Object.fromEntries(all.values());
}

/** The name of a sub-protocol (RFC 6455, section 4.1). */
export const subprotocol: Reader<string> = (typed, name) => {
  const text = typed.trim();
  if (new RegExp(`^${WORD}$`).test(text)) return text;
  const hint = text.includes(',') ? `Several: ${name} for each.` : undefined;
  return refuse(name, 'a name without spaces and commas', quoted(text), hint);
};

/**
 * What `LOADTEST_TOKEN` holds, as a field.
 * @throws ToolError (104) where it cannot be sent as it is; it is not repeated
 */
export function bearer(token: string, name: string): [string, string] {
  const text = token.trim();
  if (/[\r\n]/.test(text)) throw new ToolError(`${name} holds a line end, and a token is in one line.`);
  if (/^(bearer|basic)\s/i.test(text)) {
    throw new ToolError(`${name} takes the token alone, which is sent as Bearer.`, {
      hint: 'Another authorisation is --header "Authorization: …".',
    });
  }
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new ToolError(`${name} holds a space or another character that no token has.`);
  }
  return ['Authorization', `Bearer ${text}`];
}
