import { shellWord } from '../core/shell-word.ts';
import { shown } from '../protocol/http-answer.ts';
import { printable } from './addresses.ts';
import type { Asked } from './refusal.ts';

/** Where an answer redirects to, and what of it can be typed. */
export interface Redirect {
  /** The address without query and credentials; `…` stands for a query. */
  to: string;
  /** What `--url` would be, where the address has its session and its user as ours does. */
  url?: string;
  /** It redirects to what was asked. */
  isSame: boolean;
}

const SCHEMES: Record<string, string> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

/** Reads a Location (RFC 9110, section 10.2.2) against what was asked; nothing where it is no address. */
export function redirectTo(location: string, { template, url, session, user, secrets }: Asked): Redirect | undefined {
  const asked = new URL(url);
  const base = new URL(url.replace(/^ws/, 'http'));
  let found: URL;
  try {
    found = new URL(location, base);
  } catch {
    return undefined;
  }
  const scheme = SCHEMES[found.protocol];
  const query = found.search === '' ? '' : '?…';
  const to = shown(`${found.protocol}//${found.host}${found.pathname}`, secrets) + query;
  if (scheme === undefined) return { to, isSame: false };
  const origin = `${scheme}//${found.host}`;
  const isSame = origin === `${asked.protocol}//${asked.host}` && found.pathname === asked.pathname;
  if (isSame) return { to, isSame };
  const own = printable(template).replace(/^\w+:\/\/[^/]*/, '');
  // A user's id begins with its session's.
  const named = (path: string, id: string, name: string): string =>
    id === '' ? path : path.replaceAll(encodeURIComponent(id), name);
  const path = named(named(found.pathname, user, '{user}'), session, '{session}');
  const isFilled = path.includes('{session}') && path.includes('{user}');
  const filled =
    found.pathname === asked.pathname ? own : isFilled ? path.replace(/\/ws\/\{session\}\/\{user\}$/, '') : undefined;
  const usable = filled !== undefined && shown(filled, secrets, 1000) === filled;
  return { to, isSame, ...(usable && { url: origin + filled.replace(/^\/$/, '') }) };
}

/** The option that follows a redirect. */
export const optionOf = (url: string): string => `--url ${shellWord(url)}`;
