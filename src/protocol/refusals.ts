/** Why a connection could not be had, as a person reads it, with what to do. */
export interface Meaning {
  /** Goes on after `Nobody could join ws://…: `. */
  meaning: string;
  /** Whole sentences. */
  hint: string;
}

const CLIENT_CERTIFICATE = 'Give one that it accepts: --cert FILE --key FILE.';

/** What each system or TLS error says about the target, the first that fits. */
const ERRORS: [pattern: RegExp, meaning: string, hint: string][] = [
  [/ECONNREFUSED/, 'nothing listens there', 'Start the server, or look at its port.'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of that name', 'Look at the name in --url.'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'nothing answers there: often a firewall',
    'Try it from the server’s own machine.',
  ],
  [
    /in the TLS handshake/,
    'it cuts the connection in the TLS handshake',
    'Does it speak TLS at all? Use ws:// if it does not. Or it has no certificate for that name.',
  ],
  [
    /ECONNRESET|EPIPE|closed without an answer/,
    'it cuts the connection before it is a WebSocket',
    'Is it a WebSocket server? Does it want wss://, or another path? Does it cut whom it does not let in?',
  ],
  [/TLS, where HTTP was expected/, 'it speaks TLS', 'Write wss:// for ws://.'],
  // What the server says in TLS (RFC 8446, section 6.2): alerts, which prove that it speaks TLS.
  [/alert.certificate.required/i, 'it wants a certificate of the client’s', CLIENT_CERTIFICATE],
  [
    /alert.(?:unknown.ca|bad.certificate|certificate.(?:unknown|expired|revoked)|unsupported.certificate|access.denied)/i,
    'it does not accept the client’s certificate, or the lack of one',
    CLIENT_CERTIFICATE,
  ],
  [
    /alert.handshake.failure/i,
    'it refuses the TLS handshake: it wants a certificate of the client’s, or has no cipher or certificate to share',
    `${CLIENT_CERTIFICATE} Or look at its certificate and ciphers, in its log.`,
  ],
  [
    /alert.protocol.version|unsupported.protocol|version.too.low|no.protocols.available/i,
    'it speaks another version of TLS than this tool, which speaks 1.2 and 1.3',
    'Let it take TLS 1.2 or 1.3, or older ones here: NODE_OPTIONS=--tls-min-v1.0.',
  ],
  [
    /no.shared.cipher|no.ciphers?.available|insufficient.security|key.too.small|md.too.weak|wrong.cipher/i,
    'its TLS has no cipher or key that is strong enough for this system',
    'Let it take the ciphers of today, with a certificate of 2048 bits or more.',
  ],
  [
    /unrecognized.name/i,
    'it has no TLS certificate for the name it was asked for by',
    'Reach it by a name that it knows, or let it have a certificate for this one.',
  ],
  [
    /wrong.version.number|packet.length.too.long|http.request|unknown.protocol/i,
    'it answers without TLS',
    'Write ws:// for wss://.',
  ],
  [/CERT_HAS_EXPIRED/, 'its TLS certificate has expired', 'It needs a new one: loadtest check says since when.'],
  [
    /CERT_NOT_YET_VALID/,
    'its TLS certificate is not valid yet',
    'Look at the clock of this machine; loadtest check says from when it is valid.',
  ],
  [
    /ALTNAME_INVALID/,
    'its TLS certificate is for another name',
    'Reach it by a name that is in it: loadtest check says which.',
  ],
  [
    /DEPTH_ZERO_SELF_SIGNED_CERT/,
    'its TLS certificate is signed by itself, and not trusted',
    'Give that certificate with --ca FILE.',
  ],
  [
    /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY|GET_ISSUER)\w*|CERT_UNTRUSTED|INVALID_CA/,
    'its TLS certificate is signed by an authority that nobody here knows',
    'Give that authority’s certificate with --ca FILE; or let the server send the full chain.',
  ],
  [/\bCERT_\w+|certificate/i, 'its TLS certificate is not accepted', 'loadtest check says more of it.'],
  [/ALERT/, 'it ends TLS with an alert', 'Look at its log: it speaks TLS, and refuses this.'],
  [/EPROTO|SSL/, 'TLS failed', 'Does it speak TLS at all? Use ws:// if it does not.'],
];

/** What each answer of HTTP says about the target, as far as its status alone does. */
const STATUSES: Record<number, [meaning: string, hint: string]> = {
  400: [
    'it takes the handshake for a bad request',
    'What may be missing is a header (--header), a sub-protocol (--subprotocol), or another path in --url.',
  ],
  401: ['it asks for credentials', 'Give them with --header "Authorization: …" or LOADTEST_TOKEN.'],
  403: [
    'it forbids it: for the path, for want of an Origin, or for want of credentials',
    'Look at the path in --url; or give the Origin of the web application with --header "Origin: https://…"; or credentials with --header "Authorization: …".',
  ],
  404: ['there is no WebSocket at that path', 'Give the path in --url, with {session} and {user} where it takes them.'],
  405: ['there is no WebSocket at that path: it takes no GET there', 'Give the path in --url.'],
  407: ['a proxy on the way asks for credentials', 'Let this machine reach the server without that proxy.'],
  408: ['it waited in vain for the whole request', 'Look at what is between: a proxy that holds it back?'],
  410: ['what was at that path is gone', 'Give the path in --url.'],
  421: ['it does not serve that name', 'Look at the name in --url.'],
  426: [
    'it wants an upgrade that did not reach it: a proxy on the way takes "Upgrade: websocket" out, or it wants another one',
    'Let the proxy pass Upgrade and Connection on, by HTTP/1.1 (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade); or look which one it names.',
  ],
  429: ['it takes no more so soon: too many requests', 'Take fewer users or a longer --ramp-up, or raise its limit.'],
  431: ['the head of the handshake is too long for it', 'Shorten --header, or raise its limit.'],
  500: ['it failed at the handshake', 'Look at its log at this moment.'],
  501: ['it knows no WebSocket', 'Look at the address.'],
  502: [
    'a gateway is there, and the server behind it is not, or answers nonsense',
    'Start the server behind the gateway, or look where the gateway expects it.',
  ],
  503: [
    'it is there and takes nobody now',
    'Look at its log: is it starting, or full? A gateway says so too when the server behind it is down, or at its limit of connections (nginx limit_conn, haproxy maxconn).',
  ],
  504: [
    'a gateway is there, and the server behind it does not answer in time',
    'Look at the server behind the gateway.',
  ],
};

const byStatus = (status: number): [meaning: string, hint: string] | undefined => {
  const known = STATUSES[status];
  if (known) return known;
  if (status < 300)
    return [
      'it answers with a page, and is no WebSocket endpoint',
      'Look at the address: host, port and path. Or a proxy on the way takes "Upgrade: websocket" out.',
    ];
  if (status < 400) return ['it redirects, and a WebSocket does not follow', 'Give the address it redirects to.'];
  if (status < 500) return ['it refuses the handshake', 'Look at the address, and at its log.'];
  return ['it is in trouble itself', 'Look at its log at this moment.'];
};

/** Why a connection could not be had, as a person reads it; nothing where the error is in words already. */
export function refusalMeaning(error: string): Meaning | undefined {
  const status = /^HTTP (\d{3})$/.exec(error)?.[1];
  const [meaning, hint] =
    status === undefined
      ? ((ERRORS.find(([pattern]) => pattern.test(error))?.slice(1) as [string, string] | undefined) ?? [])
      : (byStatus(Number(status)) ?? []);
  return meaning === undefined || hint === undefined ? undefined : { meaning, hint };
}

/** `nothing listens there (ECONNREFUSED 127.0.0.1)` */
export function refusalWords(error: string): string {
  const meaning = refusalMeaning(error)?.meaning;
  return meaning === undefined ? error : `${meaning} (${error})`;
}
