const ASCII = 0x80;

/**
 * Whether a range of bytes is well-formed UTF-8 (RFC 3629): shortest forms, no surrogates, nothing above U+10FFFF.
 * Pure, without a view of the range: it is asked of every message that is not known by its bytes.
 */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++]!;
    if (lead < ASCII) continue;
    // How many bytes continue it, and what the first of these may be: the bounds keep to shortest forms and Unicode.
    let more = 1;
    let least = 0x80;
    let most = 0xbf;
    if (lead < 0xc2 || lead > 0xf4) return false;
    if (lead >= 0xf0) {
      more = 3;
      if (lead === 0xf0) least = 0x90;
      else if (lead === 0xf4) most = 0x8f;
    } else if (lead >= 0xe0) {
      more = 2;
      if (lead === 0xe0) least = 0xa0;
      else if (lead === 0xed) most = 0x9f;
    }
    if (end - at < more) return false;
    const next = bytes[at]!;
    if (next < least || next > most) return false;
    for (let i = 1; i < more; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}
