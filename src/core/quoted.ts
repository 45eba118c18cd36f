/** As much of what somebody typed as is worth repeating. */
const LONGEST = 100;

/** A field of a request: `Authorization: …`; without a space only by such names as secrets have. */
const FIELD =
  /^(["']?[a-z][a-z\d-]*):\s+\S.*$|^(["']?(?:[a-z]+-[a-z-]+|authorization|cookie|token|password|secret)):(?!\d+(?:\/|$)|\/\/).+$/is;
const PAIR = /([\w.-]+)=(?![\d.]+(?:ms|[smhd%])?(?:$|[\s&,;]))[^\s&,;]+/g;
const SCHEME = /\b(bearer|basic|digest|token)\s+\S.*$/is;
/** Tokens as services give them out, and JSON Web Tokens. */
const TOKEN = /\b(eyJ|sk-|pk-|gh[opsu]_|github_pat_|glpat-|xox[a-z]-|AKIA)[\w.~+/=-]{4,}/g;
/** A long word of letters and digits without any sign between them. */
const RANDOM = /(?=[A-Za-z+/]*\d)(?=[\d+/]*[A-Za-z])[A-Za-z\d+/]{24,}={0,2}/g;

/**
 * What somebody typed, as a sentence may repeat it: in one line, not long, and without what may be a secret: the user and
 * password of an address, its query and fragment, the value of a field, of `name=value`, a token.
 */
export function quoted(text: string): string {
  const [line = '', ...more] = text.split(/[\r\n]/);
  const masked = masks(line);
  const short = masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked;
  return more.length > 0 && !short.endsWith('…') ? `${short}…` : short;
}

function masks(text: string): string {
  const isAddress = /:.*@|\/\/|\?/s.test(text);
  if (!isAddress && FIELD.test(text)) return text.replace(FIELD, '$1$2: …');
  const bare = isAddress ? withoutSecrets(text) : text;
  return bare.replace(SCHEME, '$1 …').replaceAll(TOKEN, '$1…').replaceAll(RANDOM, '…').replaceAll(PAIR, '$1=…');
}

/** An address as it may be shown, also a mistyped one, in which a password may hold `/`, `?` and `#`. */
const withoutSecrets = (text: string): string =>
  text
    .replace(/^([a-z][\w+.-]*:?\/\/)?[^]*@/i, '$1')
    .replace(/\?[^]*$/, '?…')
    .replace(/#[^]*$/, '#…');
