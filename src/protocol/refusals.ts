/** What each system error, or HTTP status, says about the target, in a person's words, with what to do. */
const REFUSALS: [pattern: RegExp, meaning: string, hint: string][] = [
  [/ECONNREFUSED/, 'nothing listens there', 'Start the server, or look at its port.'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of that name', 'Look at the name in --url.'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'nothing answers there: often a firewall',
    'Try it from the server’s own machine.',
  ],
  [
    /ECONNRESET|socket hang up/,
    'the connection was cut before it was a WebSocket',
    'Is it a WebSocket server? Does it want wss://?',
  ],
  [/HTTP 30\d/, 'it redirects, and a WebSocket does not follow', 'Give the address it redirects to.'],
  [/HTTP 40[13]/, 'it asks for credentials', 'Give them with --header "Authorization: …" or LOADTEST_TOKEN.'],
  [
    /HTTP 404/,
    'there is no WebSocket at that path',
    'Give the path in --url, with {session} and {user} where it takes them.',
  ],
  [/HTTP 503/, 'it is there and takes nobody now', 'Look at its log: is it starting, or full?'],
  [/HTTP \d+/, 'it is no WebSocket endpoint', 'Look at the address.'],
  [/CERT_HAS_EXPIRED/, 'its TLS certificate has expired', 'It needs a new one: loadtest check says since when.'],
  [
    /ALTNAME_INVALID/,
    'its TLS certificate is for another name',
    'Reach it by a name that is in it: loadtest check says which.',
  ],
  [
    /certificate|CERT|SELF_SIGNED|UNABLE_TO_VERIFY/i,
    'its TLS certificate is not trusted',
    'Give its authority with --ca FILE.',
  ],
  [/EPROTO|SSL|wrong version number/, 'TLS failed', 'Does it speak TLS at all? Use ws:// if it does not.'],
];

/** Why a connection could not be had, as a person reads it; nothing where the error is in words already. */
export function refusalMeaning(error: string): { meaning: string; hint: string } | undefined {
  const [, meaning, hint] = REFUSALS.find(([pattern]) => pattern.test(error)) ?? [];
  return meaning === undefined || hint === undefined ? undefined : { meaning, hint };
}

/** `nothing listens there (ECONNREFUSED 127.0.0.1)` */
export function refusalWords(error: string): string {
  const meaning = refusalMeaning(error)?.meaning;
  return meaning === undefined ? error : `${meaning} (${error})`;
}
