/** Exists wherever this code runs, but in no library that every host's types share. */
declare const TextDecoder: new (encoding?: string) => { decode(bytes: Uint8Array): string };

const decoder = new TextDecoder();

/** The text of a range of UTF-8 bytes; damaged sequences become U+FFFD. */
export const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));

/** The bytes of a text that is known to be ASCII. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The text of a file that a person wrote: UTF-8, or UTF-16 as editors and shells on Windows mark it; without the mark. */
export function fileText(bytes: Uint8Array): string {
  const mark = (bytes[0]! << 8) | bytes[1]!;
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
