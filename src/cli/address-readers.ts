import { ToolError } from '../core/errors.ts';
import { quoted } from '../core/quoted.ts';
import { refuse, type Reader } from './readers.ts';

/** An address that does not begin as one, as a sentence may show it. */
const shown = (text: string): string => quoted(text).replace(/^([a-z+]+:\/\/)?[^]*@/i, '$1');

/**
 * Refuses an `@` that stands so late that nobody can tell a password from a path, and so what may be shown. In a query it
 * is one of a value, as in `?user=a@b`.
 */
function refuseLateAt(address: string, name: string): void {
  const [, rest = ''] = /^[a-z]+:\/\/[^/?#\\]*(.*)$/is.exec(address) ?? [];
  if (!/@/.test(rest.replace(/\?[\w.~-]+=[^#]*/s, ''))) return;
  throw new ToolError(`${name} has an @ behind a /, ? or #.`, {
    hint: 'In a user or password write / as %2F, ? as %3F and # as %23; in a path write @ as %40.',
  });
}

/** The address of a page. What may hold a secret is not repeated. */
export const httpUrl: Reader<string> = (typed, name) => {
  const given = typed.trim();
  const text = shown(given).replace(/[?#]…$/, '');
  const wants = 'an address such as http://localhost:9100/metrics';
  if (!/^https?:\/\//i.test(given)) return refuse(name, wants, text);
  refuseLateAt(given, name);
  return URL.canParse(given.replaceAll('{port}', '1')) ? given : refuse(name, wants, text);
};

/** What an address must have and has not. URLs of the web are lenient: in `ws:///p` they find a host `p`. */
function faultOf(url: string): string | undefined {
  const [authority = ''] = /(?<=^[a-z]+:\/\/)[^/?#\\]*/i.exec(url) ?? [];
  const [, host = '', port] = /^(.*?)(?::([^:\]]*))?$/s.exec(authority.replace(/^.*@/s, '')) ?? [];
  if (host === '') return 'an address with a host, such as ws://localhost:8765';
  if (port && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    return 'an address whose port is a whole number from 1 to 65535';
  }
  if (/[\s\\]/.test(url)) return 'an address without spaces and backslashes';
  return URL.canParse(url) ? undefined : 'an address with the name or the number of a host';
}

/** The address of a server: a WebSocket, with a host; braces only as `{session}`, `{user}` and `{port}`. */
export const socketUrl: Reader<string> = (typed, name) => {
  // A variable that was read from a file ends as the file does.
  const given = typed.trim();
  const text = shown(given);
  const other = /^(https?):\/\//i.exec(text);
  if (other) {
    const scheme = other[1]!.toLowerCase() === 'https' ? 'wss' : 'ws';
    return refuse(name, 'a ws:// or wss:// address', text, `Did you mean ${text.replace(/^https?/i, scheme)}?`);
  }
  if (!/^wss?:\/\//i.test(text)) {
    const hint = /^[\w.[\]-]+(:\d+)?(\/|$)/.test(text) ? `Did you mean ws://${text}?` : undefined;
    return refuse(name, 'an address such as ws://localhost:8765', text, hint);
  }
  refuseLateAt(given, name);
  if (/[\s,;]wss?:\/\//i.test(given)) {
    return refuse(
      name,
      'one address',
      text,
      name.startsWith('--') ? 'Give it once for each.' : 'Several: --url for each.',
    );
  }
  const filled = given.replaceAll(/\{(session|user)\}/g, 'x').replaceAll('{port}', '1');
  const brace = /\{[^}]*\}?/.exec(filled);
  if (brace) return refuse(name, 'no braces but {session}, {user} and {port}', text);
  if (given.includes('{session}') !== given.includes('{user}')) {
    return refuse(name, 'both {session} and {user}, or neither', text);
  }
  const fault = faultOf(filled);
  if (fault !== undefined) return refuse(name, fault, text);
  if (given.includes('#')) return refuse(name, 'an address without #, which is never sent to a server', text);
  return given;
};
