import { textOf } from '../core/text.ts';

const QUOTE = 0x22;

/** Makes texts of ids, and keeps the last one: the copies of a broadcast all name the same. */
export class LastId {
  #bytes = new Uint8Array(0);
  #text = '';

  /** The id that begins at `from` and ends before the next quote. */
  text(bytes: Uint8Array, from: number, end: number): string {
    const last = this.#bytes;
    let at = 0;
    while (at < last.length && bytes[from + at] === last[at]) at++;
    if (at === last.length && at > 0 && bytes[from + at] === QUOTE) return this.#text;
    const to = bytes.indexOf(QUOTE, from);
    this.#bytes = bytes.slice(from, to < 0 ? end : to);
    this.#text = textOf(this.#bytes, 0, this.#bytes.length);
    return this.#text;
  }
}
