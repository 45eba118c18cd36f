import { addressOf } from '../engine/addresses.ts';
import { secretsOf, secretsOfUrl, type Asked } from '../engine/refusal.ts';
import type { Trust } from '../engine/tls.ts';
import type { Address } from './conversation.ts';
import type { Head } from './http-head.ts';

/** The server behind the relay. */
export interface Upstream {
  /** Its address: the application's own path is put behind its path; or its ids where `{session}` and `{user}` stand. */
  url: string;
  /** Whom TLS trusts, and what is shown to it. */
  trust?: Trust;
}

/** Ids are 1 to 128 characters without control characters and `/` (P1). */
const ID = /^[^\p{Cc}/]{1,128}$/u;

/** Session and user of a path, by rule P1. */
export function addressIn(path: string): Address {
  const [, session = '', user = ''] = /^\/ws\/([^/]+)\/([^/]+)$/.exec(path.replace(/\?.*$/s, '')) ?? [];
  try {
    const ids = { session: decodeURIComponent(session), user: decodeURIComponent(user) };
    return ID.test(ids.session) && ID.test(ids.user) ? ids : {};
  } catch {
    return {};
  }
}

/** Where the server is asked for what an application asks of the relay by this path, and by which path. */
export function wayTo(template: string, path: string): { url: URL; path: string } {
  const [, own = '/', query = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(path) ?? [];
  const { session, user } = addressIn(path);
  const isFilled = template.includes('{session}');
  const url = new URL(isFilled ? addressOf(template, session ?? 'x', user ?? 'x') : template);
  const both = [query, url.search.slice(1)].filter(Boolean).join('&');
  const base = url.pathname.replace(/\/+$/, '');
  const shared = own.startsWith('/ws/') ? base.replace(/\/ws$/, '') : base;
  const asked = isFilled && session !== undefined ? url.pathname : shared + own;
  return { url, path: `${asked}${both === '' ? '' : `?${both}`}` };
}

/** What an application asks of the server, as far as a refusal is read against it. */
export function askedThrough(
  upstream: Upstream,
  fields: Head['fields'],
  { url, path }: { url: URL; path: string },
  { session = '', user = '' }: Address,
): Asked {
  const address = new URL(path, url).href;
  return {
    template: upstream.url,
    url: address,
    session,
    user,
    given: fields.map(([name]) => name.toLowerCase()),
    showsCertificate: upstream.trust?.cert !== undefined,
    secrets: [...secretsOf(fields), ...secretsOfUrl(address, [session, user]), ...secretsOfUrl(url.href)],
  };
}
