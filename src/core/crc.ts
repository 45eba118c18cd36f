/** CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320), as zlib and Ethernet have it. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @returns an unsigned 32-bit number */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * The CRC-32 of a text's UTF-16 code units, each as two bytes, low byte first: no encoding step, and the same however
 * the text was escaped in between.
 */
export function crc32OfText(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    crc = TABLE[(crc ^ unit) & 255]! ^ (crc >>> 8);
    crc = TABLE[(crc ^ (unit >>> 8)) & 255]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
