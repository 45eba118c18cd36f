/** An escape sequence of an address, as many bytes as stand together. */
const ESCAPES = /(?:%[\da-f]{2})+/gi;

/** A part of an address as it was meant: a `%` that begins no escape, or one of no character, stands for itself. */
const meant = (part: string): string =>
  part.replaceAll(ESCAPES, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });

/** What an address's user and password are in a request (RFC 7617), whatever stands in them; nothing without them. */
export function basicAuth({ username, password }: URL): { Authorization?: string } {
  if (username === '' && password === '') return {};
  return { Authorization: `Basic ${Buffer.from(`${meant(username)}:${meant(password)}`).toString('base64')}` };
}

/** An address without user and password, for those who would send them in a way of their own. */
export function withoutCredentials(address: URL): URL {
  const bare = new URL(address);
  bare.username = '';
  bare.password = '';
  return bare;
}
