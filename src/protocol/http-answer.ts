/** What a server answered to an opening handshake, as far as it was read. */
export interface HttpAnswer {
  /** Of HTTP: `1.0` or `1.1`. */
  version: string;
  status: number;
  /** What stands behind the status: `Not Found`; often empty. */
  reason: string;
  /** By name in lower case; the values of a name that is repeated stand behind each other, with commas. */
  fields: ReadonlyMap<string, string>;
  /** The beginning of the body. */
  body: string;
}

/** Characters of what a stranger wrote that are shown. */
const SHOWN = 120;

/**
 * What a stranger wrote, fit to stand in a line: in one line, control and direction characters as escapes, the secrets
 * of this side left out, and no longer than can be read.
 */
export function shown(text: string, secrets: readonly string[] = [], most = SHOWN): string {
  // The longest first: one may hold another.
  const hidden = secrets.toSorted((a, b) => b.length - a.length).reduce((rest, one) => rest.replaceAll(one, '…'), text);
  const flat = hidden.replaceAll(/\s+/g, ' ').trim();
  const cut = [...flat].length > most ? `${[...flat].slice(0, most).join('')}…` : flat;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);
}

/** The first words of a body: of a page what a browser shows, of what is compressed how. */
export function firstLine({ fields, body }: HttpAnswer, secrets: readonly string[] = []): string {
  const coding = fields.get('content-encoding');
  if (coding !== undefined && coding !== 'identity' && body !== '')
    return `a body compressed by ${shown(coding, secrets, 20)}`;
  const isPage = /html/i.test(fields.get('content-type') ?? '') || /^\s*<(?:!doctype|html|head|body|h1)/i.test(body);
  const text = isPage
    ? body.replaceAll(/<(style|script)\b.*?(?:<\/\1>|$)/gis, '').replaceAll(/<[^>]*(?:>|$)/g, '\n')
    : body;
  const line = shown(text.split(/[\r\n]+/).find((one) => one.trim() !== '') ?? '', secrets);
  return line === '' ? '' : `“${line}”`;
}

/** Fields that say why, in the order in which they are told. */
const TELLING = ['retry-after', 'www-authenticate', 'proxy-authenticate', 'upgrade', 'sec-websocket-version'];

/** An answer in one line: `HTTP 429 Too Many Requests, Retry-After: 30, “slow down”`. */
export function answerWords(answer: HttpAnswer, secrets: readonly string[] = []): string {
  const { version, status, reason, fields } = answer;
  const http = version === '1.1' ? 'HTTP' : `HTTP/${version}`;
  const told = TELLING.filter((name) => fields.has(name)).map(
    (name) => `${titled(name)}: ${shown(fields.get(name)!, secrets)}`,
  );
  const first = `${http} ${status} ${shown(reason, secrets, 40)}`.trim();
  return [first, ...told, firstLine(answer, secrets)].filter((part) => part !== '').join(', ');
}

const titled = (name: string): string =>
  name === 'www-authenticate'
    ? 'WWW-Authenticate'
    : name.replaceAll(/(^|-)(\w)/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
