/** The largest message the server takes (P4), bytes. */
export const MAX_MESSAGE = 1024 * 1024;

const FIN_TEXT = 0x81;

/**
 * One message, framed once whatever the number of its receivers (RFC 6455, section 5.2: FIN, text, unmasked).
 * `bytes` is header and payload.
 */
export class Frame {
  readonly bytes: Buffer;
  /** Length of the header: the payload begins here. */
  readonly header: number;
  /** Whether this may be dropped for a client that does not read: cursors (P15). */
  readonly droppable: boolean;

  constructor(bytes: Buffer, header: number, droppable: boolean) {
    this.bytes = bytes;
    this.header = header;
    this.droppable = droppable;
  }

  /** The message without its header. */
  get payload(): Buffer {
    return this.bytes.subarray(this.header);
  }
}

/** Frames a message. */
export function frameOf(text: string, droppable = false): Frame {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(header + length);
  bytes[0] = FIN_TEXT;
  if (header === 2) {
    bytes[1] = length;
  } else if (header === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, header, 'utf8');
  return new Frame(bytes, header, droppable);
}
