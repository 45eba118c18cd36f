import { textOf } from '../core/text.ts';

const QUOTE = 0x22;
/** Ids that are kept: those that are told of at the same time, and a power of two. */
const PLACES = 1024;

/** Makes texts of ids, each but once as long as it is told of: every copy of a broadcast names the same. */
export class Ids {
  readonly #bytes: (Uint8Array | undefined)[] = Array.from({ length: PLACES });
  readonly #texts: string[] = Array.from({ length: PLACES }, () => '');

  /** The id that begins at `from` and ends before the next quote, which is before `end`. */
  text(bytes: Uint8Array, from: number, end: number): string {
    let hash = 0;
    let to = from;
    for (; to < end && bytes[to] !== QUOTE; to++) hash = (Math.imul(hash, 31) + bytes[to]!) | 0;
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#bytes[place];
    if (known !== undefined && isAt(known, bytes, from, to)) return this.#texts[place]!;
    // A copy, whatever kind of array it is: what it is read from is used again.
    this.#bytes[place] = new Uint8Array(bytes.subarray(from, to));
    return (this.#texts[place] = textOf(bytes, from, to));
  }
}

function isAt(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[from + at]) return false;
  return true;
}
