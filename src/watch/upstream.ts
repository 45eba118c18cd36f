import { addressOf } from '../engine/addresses.ts';
import type { Address } from './conversation.ts';

/** The server behind the relay. */
export interface Upstream {
  /** Its address: the application's own path is put behind its path; or its ids where `{session}` and `{user}` stand. */
  url: string;
  /** PEM text of additional certificate authorities. */
  ca?: string;
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
