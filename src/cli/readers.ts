import { isIP } from 'node:net';
import { ToolError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { parseDuration } from '../core/units.ts';

/** What an option's text means. `name` is how the option is called where it was given: `--users`. */
export type Reader<T> = (text: string, name: string) => T;

const refuse = (name: string, wants: string, text: string, hint?: string): never => {
  throw new ToolError(`${name} takes ${wants}, not ${text === '' ? 'nothing' : text}.`, hint ? { hint } : {});
};

export const asText: Reader<string> = (text, name) => (text === '' ? refuse(name, 'a value', text) : text);

export const whole =
  (least: number, most: number): Reader<number> =>
  (text, name) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    return refuse(name, `a whole number from ${least} to ${most}`, text);
  };

export const amount =
  (least: number, most: number): Reader<number> =>
  (text, name) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    return refuse(name, `a number from ${least} to ${most}`, text);
  };

/** @returns milliseconds, at least `least` */
export const duration =
  (least: number, says = '1ms'): Reader<number> =>
  (text, name) => {
    const ms = parseDuration(text, name);
    if (ms < least) throw new ToolError(`${name} takes at least ${says}, not ${text}.`);
    return ms;
  };

/** `a, b or c`. */
const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });

export const oneOf =
  <T extends string>(...names: T[]): Reader<T> =>
  (text, name) =>
    names.includes(text as T) ? (text as T) : refuse(name, either.format(names), text, didYouMean(text, names));

/** Several names, separated by commas; each once, in the order given. */
export const listOf =
  <T extends string>(...names: T[]): Reader<T[]> =>
  (text, name) => {
    const one = oneOf(...names);
    const given = text.split(',').map((part) => one(part.trim(), name));
    return [...new Set(given)];
  };

/** Addresses, separated by commas; each once. */
export const ipAddresses: Reader<string[]> = (text, name) => {
  const given = text.split(',').map((part) => part.trim());
  const wrong = given.find((address) => isIP(address) === 0);
  if (wrong !== undefined) return refuse(name, 'IP addresses such as 10.0.0.5,10.0.0.6', wrong);
  return [...new Set(given)];
};

/** `name=value`. */
export const pair: Reader<[string, string]> = (text, name) => {
  const match = /^([A-Za-z_][\w.-]*)=(.*)$/.exec(text);
  return match ? [match[1]!, match[2]!] : refuse(name, 'name=value', text);
};

/** `Name: value`, as it stands in an HTTP request. Its value may be a secret, so no sentence repeats it. */
export const header: Reader<[string, string]> = (text, name) => {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text);
  if (match) return [match[1]!, match[2]!.trimEnd()];
  throw new ToolError(`${name} takes "Name: value" in one line.`);
};

/** Which part of a run this process does, counted from 1. */
export const shard: Reader<{ index: number; of: number }> = (text, name) => {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (!match) return refuse(name, 'i/n, such as 1/3 for the first of three', text);
  const [index, of] = [Number(match[1]), Number(match[2])];
  if (index >= 1 && index <= of) return { index, of };
  const hint = of >= 1 ? `Of ${of} there are 1/${of} to ${of}/${of}.` : undefined;
  return refuse(name, 'i/n with i from 1 to n', text, hint);
};

export const runId: Reader<string> = (text, name) =>
  /^[a-z0-9]{6}$/.test(text) ? text : refuse(name, 'six characters of a-z and 0-9', text);

/** The address of a page. What may hold a secret is not repeated. */
export const httpUrl: Reader<string> = (given, name) => {
  if (/^https?:\/\//i.test(given) && URL.canParse(given.replaceAll('{port}', '1'))) return given;
  const shown = given.replace(/[?#].*$/s, '').replace(/^([a-z+]+:\/\/)?[^/]*@/i, '$1');
  return refuse(name, 'an address such as http://localhost:9100/metrics', shown);
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
export const socketUrl: Reader<string> = (given, name) => {
  // Query, fragment and credentials may hold a secret, so no sentence repeats them.
  const text = given
    .replace(/\?.*$/s, '?…')
    .replace(/#.*$/s, '#…')
    .replace(/^([a-z+]+:\/\/)?[^/]*@/i, '$1');
  const other = /^(https?):\/\//i.exec(text);
  if (other) {
    const scheme = other[1]!.toLowerCase() === 'https' ? 'wss' : 'ws';
    return refuse(name, 'a ws:// or wss:// address', text, `Did you mean ${text.replace(/^https?/i, scheme)}?`);
  }
  if (!/^wss?:\/\//i.test(text)) {
    const hint = /^[\w.[\]-]+(:\d+)?(\/|$)/.test(text) ? `Did you mean ws://${text}?` : undefined;
    return refuse(name, 'an address such as ws://localhost:8765', text, hint);
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
