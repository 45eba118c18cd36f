/** The head of an HTTP request or answer, as far as a relay has to know it. */
export interface Head {
  /** `GET /ws/s/u HTTP/1.1`, or `HTTP/1.1 101 Switching Protocols`. */
  first: string;
  /** Each field as it was written: name and value. */
  fields: readonly (readonly [name: string, value: string])[];
}

/** The longest head that is looked at: what Node's own server takes. */
const LONGEST = 16 * 1024;
const END = '\r\n\r\n';

/** Collects what comes until a head is whole. */
export class HeadReader {
  #bytes = Buffer.alloc(0);

  /** @returns the head and what came behind it; `none` where no head is, with all that came */
  read(chunk: Buffer): { head: Head; rest: Buffer } | { none: Buffer } | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const end = this.#bytes.indexOf(END);
    if (end < 0 && this.#bytes.length <= LONGEST && isText(this.#bytes)) return undefined;
    const [first = '', ...lines] = this.#bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
    if (!FIRST.test(first)) return { none: this.#bytes };
    const fields = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    return { head: { first, fields }, rest: this.#bytes.subarray(end + END.length) };
  }
}

const FIRST = /^(?:[A-Z]+ \S+ HTTP\/1\.[01]|HTTP\/1\.[01] \d{3}.*)$/;

/** Whether it begins as text does, and not as TLS. */
const isText = (bytes: Buffer): boolean => bytes[0]! >= 0x20 && bytes[0]! < 0x7f;

/** All values of a field, in one text. */
export const fieldOf = (head: Head, name: string): string | undefined => {
  const values = head.fields.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : undefined;
};

/** The same head with another first line, and other values of fields; those that it lacks are added. */
export function rewritten({ fields }: Head, first: string, changes: Readonly<Record<string, string>>): string {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const kept = fields.map(([name, value]): [string, string] => [name, changes[name.toLowerCase()] ?? value]);
  const added = Object.entries(changes).filter(([name]) => !names.has(name));
  return `${first}\r\n${[...kept, ...added].map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
