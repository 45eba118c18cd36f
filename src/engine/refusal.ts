import { answerWords, firstLine, shown, type HttpAnswer } from '../protocol/http-answer.ts';
import { refusalMeaning, type Meaning } from '../protocol/refusals.ts';
import { sessionId, userId, type Target } from '../plan/plan.ts';
import { SPEAKS_TLS } from './answer.ts';
import { printable, wayOf } from './addresses.ts';
import { basicAuth } from './credentials.ts';
import { OF_101 } from './handshake.ts';
import { proxyNote } from './proxy-env.ts';
import { optionOf, redirectTo } from './redirect.ts';
import { wallAndRemedy } from './system-error.ts';

/** What was asked, as far as a refusal is read against it. */
export interface Asked {
  /** The address as it was given, and as it was asked with the ids filled in. */
  template: string;
  url: string;
  session: string;
  user: string;
  /** Names of the header fields that were given, in lower case. */
  given: readonly string[];
  showsCertificate: boolean;
  /** What no answer may be shown with. */
  secrets: readonly string[];
}

/** Why a connection could not be had, with what to do, and what was answered. */
export interface Refusal extends Meaning {
  /** `HTTP 403 Forbidden, “Access denied”`, `ECONNREFUSED 127.0.0.1`; empty where the meaning says it all. */
  said: string;
}

/** What one user asked of a target. @param session and user are indices in the whole run */
export function askedOf(target: Target, run: string, session: number, user: number): Asked {
  const { url } = wayOf(target, run, session, user);
  const ids = { session: sessionId(run, session), user: userId(run, session, user) };
  return asked(target, target.urls[session % target.urls.length]!, url, ids.session, ids.user);
}

export const asked = (
  { headers, cert }: Pick<Target, 'headers' | 'cert'>,
  template: string,
  url: string,
  session: string,
  user: string,
): Asked => ({
  template,
  url,
  session,
  user,
  given: Object.keys(headers).map((name) => name.toLowerCase()),
  showsCertificate: cert !== undefined,
  secrets: [...secretsOf(Object.entries(headers)), ...secretsOfUrl(url, [session, user])],
});

/** Fields that tell nothing of who asks. */
const OPEN =
  /^(?:host|origin|user-agent|connection|upgrade|accept(?:-\w+)?|cache-control|pragma|sec-websocket-(?:version|extensions|protocol))$/i;
/** What is shorter stands in every text. */
const SHORTEST = 3;
const SHORTEST_PART = 6;
/** How one identifies oneself is no secret. */
const SCHEME = /^(?:bearer|digest|negotiate)$/i;

/** What of header fields is not to be shown: their values, and the longer parts of them. */
export function secretsOf(headers: Iterable<readonly [name: string, value: string]>): string[] {
  return [...headers]
    .filter(([name]) => !OPEN.test(name))
    .flatMap(([, value]) => [
      value,
      ...value.split(/[\s;,="]+/).filter((part) => part.length >= SHORTEST_PART && !SCHEME.test(part)),
    ])
    .filter((value) => value.length >= SHORTEST);
}

/** Credentials and query of an address, as they are written and as they are read. */
export function secretsOfUrl(address: string, known: readonly string[] = []): string[] {
  const url = new URL(address);
  const basic = Object.values(basicAuth(url)).map((value) => value.replace(/^Basic /, ''));
  const values = url.search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [url.username, url.password, ...values, ...basic]
    .flatMap((value) => [value, decoded(value)])
    .filter((value) => value.length >= SHORTEST && !known.includes(value));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads why a connection could not be had: the one place for `run`, `check` and `watch`.
 * @param error what the system said, `HTTP 403`, or what was wrong with the answer
 */
export function explain(error: string, answer?: HttpAnswer, ask?: Asked): Refusal {
  const own = wallAndRemedy(error);
  if (own) return { meaning: own.wall, hint: `${own.remedy.charAt(0).toUpperCase()}${own.remedy.slice(1)}.`, said: '' };
  const byStatus = refusalMeaning(error);
  if (answer && answer.status !== 101 && byStatus) {
    const read = ask ? readAnswer(answer, ask, byStatus) : byStatus;
    return { ...read, hint: `${read.hint}${oldHttp(answer)}`, said: answerWords(answer, ask?.secrets) };
  }
  if (!byStatus) return { meaning: error, hint: hintFor(error), said: '' };
  const tls = ask && (error === SPEAKS_TLS || byStatus.hint.startsWith('Write ws:// ')) ? otherScheme(ask) : undefined;
  const proxy = ask && isUnreachable(error) ? proxyNote(ask.url) : undefined;
  const isCut = ask?.showsCertificate === true && /ECONNRESET|EPIPE|closed without/.test(error);
  const cut = isCut ? 'It may not accept the certificate of --cert: then its log says so.' : undefined;
  const hint = [cut, tls ?? byStatus.hint, proxy].filter((part) => part !== undefined).join(' ');
  return { meaning: byStatus.meaning, hint, said: error };
}

export const isUnreachable = (error: string): boolean =>
  /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/.test(error);

/** `Write --url wss://localhost:8765.` */
function otherScheme({ template }: Asked): string {
  const now = printable(template);
  return `Write ${optionOf(now.startsWith('wss:') ? now.replace(/^wss:/, 'ws:') : now.replace(/^ws:/, 'wss:'))}.`;
}

/** What to do about an answer that says 101 and is no handshake, or that is no HTTP. */
function hintFor(error: string): string {
  if (error.startsWith('no HTTP')) return 'Look at host and port: something else listens there.';
  if (!error.startsWith(OF_101)) return 'Look at the server’s log.';
  if (error.includes('which was not offered')) return 'Offer it with --subprotocol, or let the server choose none.';
  if (error.includes('sub-protocols')) return 'Offer one that it knows with --subprotocol.';
  if (error.includes('extension')) return 'Let the server answer only what is offered: compression is not.';
  return 'Every client refuses that: it is the server’s to mend, or of a proxy on the way.';
}

const oldHttp = ({ version }: HttpAnswer): string =>
  version === '1.0' ? ' It answers by HTTP/1.0, and a WebSocket needs HTTP/1.1: an old proxy on the way?' : '';

/** What more an answer says than its status. */
function readAnswer(answer: HttpAnswer, ask: Asked, known: Meaning): Meaning {
  const { status, fields } = answer;
  if (status >= 300 && status < 400) return readRedirect(answer, ask);
  if (wantsTls(answer) && ask.url.startsWith('ws:')) {
    return { meaning: 'it speaks TLS at that port', hint: otherScheme(ask) };
  }
  const isGiven = /^wss?:\/\/[^/]*@/.test(ask.url) || ask.given.some((name) => /^(?:authorization|cookie)$/.test(name));
  switch (status) {
    case 400:
      return fields.has('sec-websocket-version')
        ? { meaning: 'it wants another version of the WebSocket protocol than 13', hint: 'Look how old the server is.' }
        : known;
    case 401:
      return readUnauthorized(answer, isGiven, known);
    case 403:
      return readForbidden(ask, isGiven);
    case 426: {
      const wanted = fields.get('upgrade');
      return wanted === undefined || /^websocket$/i.test(wanted)
        ? known
        : {
            meaning: `it wants an upgrade to ${shown(wanted, [], 40)}, not to a WebSocket`,
            hint: 'Look at the address.',
          };
    }
    case 429:
    case 503:
      return readBusy(answer, known);
    default:
      return known;
  }
}

/** What nginx, Go and others say to plain HTTP at a port of theirs that speaks TLS. */
const wantsTls = (answer: HttpAnswer): boolean =>
  answer.status === 400 &&
  /plain HTTP request was sent to HTTPS|HTTP request to an HTTPS|requires TLS/i.test(answer.body);

function readUnauthorized({ fields }: HttpAnswer, isGiven: boolean, known: Meaning): Meaning {
  const scheme = /^[\w-]+/.exec(fields.get('www-authenticate') ?? '')?.[0];
  const how =
    scheme?.toLowerCase() === 'basic'
      ? 'Give them in the address (ws://USER:PASSWORD@HOST) or with --header "Authorization: Basic …".'
      : `Give them with --header "Authorization: ${scheme ?? '…'}${scheme === undefined ? '' : ' …'}" or LOADTEST_TOKEN.`;
  if (!isGiven) return { meaning: known.meaning, hint: how };
  return {
    meaning: 'it does not accept the credentials that it was given, or wants others',
    hint: `Are they whole, and still valid? ${how}`,
  };
}

function readForbidden({ given }: Asked, isGiven: boolean): Meaning {
  const causes = [
    'the path',
    given.includes('origin') ? 'the Origin that it was given' : 'the lack of an Origin',
    isGiven ? 'the credentials that it was given' : 'the lack of credentials',
  ];
  const hints = [
    'Look at the path in --url',
    `give the Origin of the web application with --header "Origin: https://…"`,
    ...(isGiven ? ['look what these credentials may do'] : ['give credentials with --header "Authorization: …"']),
  ];
  return {
    meaning: `it forbids it, for ${causes.slice(0, -1).join(', ')} or ${causes.at(-1)}`,
    hint: `${hints.slice(0, -1).join('; or ')}; or ${hints.at(-1)}.`,
  };
}

function readBusy({ fields }: HttpAnswer, { meaning, hint }: Meaning): Meaning {
  const after = fields.get('retry-after');
  if (after === undefined) return { meaning, hint };
  const when = /^\d+$/.test(after) ? `for ${after} s` : `until ${shown(after, [], 40)}`;
  return { meaning, hint: `It says to wait ${when}. ${hint}` };
}

function readRedirect({ status, fields }: HttpAnswer, ask: Asked): Meaning {
  const location = fields.get('location');
  const found = location === undefined || location === '' ? undefined : redirectTo(location, ask);
  const meaning = 'it redirects';
  if (!found) {
    const where = location === undefined ? 'without saying where (no Location)' : 'to what is no address';
    return { meaning: `${meaning} ${where}`, hint: 'Look at the address, and at its log.' };
  }
  if (found.isSame)
    return {
      meaning: `${meaning} to the same address (${found.to})`,
      hint: 'Look at its log: the redirect leads nowhere.',
    };
  const to = `${meaning} to ${found.to}, and a WebSocket does not follow`;
  if (found.url !== undefined) {
    const query = /\?/.test(ask.template.replaceAll(/#.*$/g, '')) ? ', with the query that yours has' : '';
    return { meaning: to, hint: `Write ${optionOf(found.url)}${query}.` };
  }
  const isLogin = status !== 301 && status !== 308;
  return {
    meaning: to,
    hint: isLogin
      ? 'It may send whom it does not know to a login: give credentials with --header "Authorization: …" or --header "Cookie: …". Or the WebSocket is there: give that address in --url.'
      : 'Give that address in --url, with {session} and {user} where it takes them.',
  };
}

/** What an answer says in its own words, for evidence: `Location: …` as it may be printed, and the first of its body. */
export function evidenceOf(answer: HttpAnswer, ask: Asked): string[] {
  const location = answer.fields.get('location');
  const to = location === undefined ? undefined : redirectTo(location, ask)?.to;
  const { reason, version, status } = answer;
  return [
    `HTTP/${version} ${status} ${shown(reason, ask.secrets, 40)}`.trim(),
    ...(to === undefined ? [] : [`Location: ${to}`]),
    ...SHOWN_FIELDS.flatMap(([lower, name]) => {
      const value = answer.fields.get(lower);
      return value === undefined ? [] : [`${name}: ${shown(value, ask.secrets)}`];
    }),
    ...[firstLine(answer, ask.secrets)].filter((line) => line !== '').map((line) => `body: ${line}`),
  ];
}

const SHOWN_FIELDS = [
  ['server', 'Server'],
  ['via', 'Via'],
  ['retry-after', 'Retry-After'],
  ['www-authenticate', 'WWW-Authenticate'],
  ['upgrade', 'Upgrade'],
  ['content-type', 'Content-Type'],
] as const;
