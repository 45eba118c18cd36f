import { isIPv6 } from 'node:net';
import type { Reach } from '../plan/estimate.ts';
import { sessionId, userId, type Target } from '../plan/plan.ts';

/**
 * The address of one user: `{session}` and `{user}` are filled in; where the address has neither, rule P1's path is
 * appended. Query and credentials are kept.
 */
export function addressOf(template: string, session: string, user: string): string {
  if (template.includes('{session}') || template.includes('{user}')) {
    return template.replaceAll('{session}', encodeURIComponent(session)).replaceAll('{user}', encodeURIComponent(user));
  }
  const url = new URL(template);
  const base = url.pathname.replace(/\/+$/, '').replace(/\/ws$/, '');
  url.pathname = `${base}/ws/${encodeURIComponent(session)}/${encodeURIComponent(user)}`;
  return url.href;
}

/** An address as it may be printed and stored: without query, fragment and credentials. */
export function printable(template: string): string {
  const withoutQuery = template.replace(/[?#].*$/, '');
  return withoutQuery.replace(/^(\w+:\/\/)?[^/]*@/, '$1');
}

/**
 * The local address that a socket is bound to, and the kind of the one that it connects to, as `net`, `tls` and `http`
 * take them; nothing leaves it to the system.
 */
export type Source = { localAddress: string; family: 4 | 6 } | { family: 4 | 6 } | Record<never, never>;

const ANY: Source = {};
const OF_FAMILY: Readonly<Record<4 | 6, Source>> = { 4: { family: 4 }, 6: { family: 6 } };
/** Knuth's: spreads consecutive numbers over 32 bits. */
const SPREAD = 2_654_435_761;

/**
 * How one user gets to its server: sessions are dealt over the servers, and a session's users over the source
 * addresses, where each session begins at another. The same user always takes the same way.
 * @param session and user are indices in the whole run
 */
export function wayOf(target: Target, run: string, session: number, user: number): { url: string; source: Source } {
  const template = target.urls[session % target.urls.length]!;
  const url = addressOf(template, sessionId(run, session), userId(run, session, user));
  const { source_addresses: sources = [] } = target;
  const family = target.families?.[template];
  if (sources.length === 0) return { url, source: family === undefined ? ANY : OF_FAMILY[family] };
  const first = Math.imul(session, SPREAD) >>> 16;
  const localAddress = sources[(first + user) % sources.length]!;
  return { url, source: { localAddress, family: isIPv6(localAddress) ? 6 : 4 } };
}

const hostOf = (template: string): string => new URL(template.replaceAll('{port}', '1')).hostname;

/** The host of an address, as a socket takes it. */
export const bareHost = (template: string): string => hostOf(template).replaceAll(/[[\]]/g, '');

/** A host as it stands in a URL. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** 127.0.0.1 itself is left to those who do not choose. */
const FIRST_OCTET = 2;
const LAST_OCTETS = 253;

/** The port of an address, named or not. */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'wss:' ? 443 : 80));

/** Host and port, as two addresses of one server have them alike. */
function serverOf(template: string): string {
  const url = new URL(template.replaceAll('{port}', '1'));
  return `${url.hostname}:${portOf(url)}`;
}

/** Whether a host, as a URL or a resolver has it, is this machine itself. */
export const isLoopback = (host: string): boolean => /^127\.|^localhost$|^\[?::1\]?$/.test(host);

/** Where the users connect to. @param urls none for a server that the run starts itself */
export function reachOf(urls: readonly string[]): Reach {
  const hosts = urls.map(hostOf);
  return {
    servers: urls.length > 0 ? urls.map(serverOf) : ['its own'],
    here: urls.length === 0 || hosts.some(isLoopback),
    loopback: hosts.every((host) => isLoopback(host) && host !== '[::1]'),
  };
}

/**
 * Addresses of the loopback range, 127.0.x.y: others for each shard on one machine, and for each run, as the ports of
 * the last one's closed connections stay taken for a minute.
 * @param shard from 1
 */
export function loopbackAddresses(count: number, run: string, shard: number): string[] {
  const first = Number.parseInt(run, 36) + shard;
  return Array.from({ length: count }, (_, nth) => {
    const x = (first + Math.floor(nth / LAST_OCTETS)) % 256;
    return `127.0.${x}.${FIRST_OCTET + (nth % LAST_OCTETS)}`;
  });
}
