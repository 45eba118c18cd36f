/**
 * The token of a change (docs/protocol.md, The token, version 1): what a simulated user needs back, as one ASCII string of
 * fixed width, as servers may reprint numbers but never strings:
 *
 *     lt1.RUN.SESSION.SENDER.EPOCH.SEQ.DUE.LAG.CRC      all in base 36, zero-padded
 */

/** Offsets and widths in characters: RUN 6, SESSION 4, SENDER 4, EPOCH 3, SEQ 6, DUE 9, LAG 6, CRC 7. */
const RUN_AT = 4;
const SESSION_AT = 11;
const SENDER_AT = 16;
const EPOCH_AT = 21;
const SEQ_AT = 25;
const DUE_AT = 32;
const LAG_AT = 42;
const CRC_AT = 49;

/** Length of a whole token. */
export const TOKEN_LENGTH = 56;

/** The highest numbers that fit; a lag beyond (36 minutes) is kept at the highest. */
export const MAX_EPOCH = 36 ** 3 - 1;
const MAX_LAG = 36 ** 6 - 1;

const DOT = 0x2e;
const pad = (value: number, width: number): string => value.toString(36).padStart(width, '0');

/** The token without its CRC: `lt1.….LAG`. `due` and `lag` are whole µs. */
export const tokenHead = (
  run: string,
  session: number,
  sender: number,
  epoch: number,
  seq: number,
  due: number,
  lag: number,
): string =>
  `lt1.${run}.${pad(session, 4)}.${pad(sender, 4)}.${pad(Math.min(epoch, MAX_EPOCH), 3)}.${pad(seq, 6)}.${pad(due, 9)}.${pad(Math.min(Math.max(lag, 0), MAX_LAG), 6)}`;

/** A whole token: its head and the CRC-32 over head and content. */
export const withCrc = (head: string, crc: number): string => `${head}.${pad(crc >>> 0, 7)}`;

/** A token as read: one object is reused for all reads, so that reading allocates nothing. */
export class Stamp {
  /** Whether the run's id is the expected one. */
  ours = false;
  session = 0;
  sender = 0;
  epoch = 0;
  seq = 0;
  /** µs of the run's clock. */
  due = 0;
  lag = 0;
}

/** The value of base-36 characters; −1 where one is none. */
function numberAt(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) {
    const byte = bytes[i]!;
    const digit = byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 122 ? byte - 87 : -1;
    if (digit < 0) return -1;
    value = value * 36 + digit;
  }
  return value;
}

/**
 * Where the next token begins in `[start, end)`, −1 if there is none. Tries `guess` first: a broadcast's copies have
 * it at one place.
 */
export function findToken(bytes: Uint8Array, start: number, end: number, guess: number): number {
  const last = end - TOKEN_LENGTH;
  if (guess >= start && guess <= last && isTokenAt(bytes, guess)) return guess;
  for (let at = start; at <= last; at++) {
    if (bytes[at] === 0x6c && isTokenAt(bytes, at)) return at;
  }
  return -1;
}

const isTokenAt = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x6c && bytes[at + 1] === 0x74 && bytes[at + 2] === 0x31 && bytes[at + 3] === DOT;

/**
 * Reads the token at `at` into `stamp`.
 * @param run the six bytes of the expected run id
 * @returns false where a digit or dot is damaged; `stamp` is then half-written
 */
export function readToken(bytes: Uint8Array, at: number, run: Uint8Array, stamp: Stamp): boolean {
  if (
    bytes[at + SESSION_AT - 1] !== DOT ||
    bytes[at + SENDER_AT - 1] !== DOT ||
    bytes[at + EPOCH_AT - 1] !== DOT ||
    bytes[at + SEQ_AT - 1] !== DOT ||
    bytes[at + DUE_AT - 1] !== DOT ||
    bytes[at + LAG_AT - 1] !== DOT ||
    bytes[at + CRC_AT - 1] !== DOT
  ) {
    return false;
  }
  stamp.ours = true;
  for (let i = 0; i < 6; i++) if (bytes[at + RUN_AT + i] !== run[i]) stamp.ours = false;
  stamp.session = numberAt(bytes, at + SESSION_AT, 4);
  stamp.sender = numberAt(bytes, at + SENDER_AT, 4);
  stamp.epoch = numberAt(bytes, at + EPOCH_AT, 3);
  stamp.seq = numberAt(bytes, at + SEQ_AT, 6);
  stamp.due = numberAt(bytes, at + DUE_AT, 9);
  stamp.lag = numberAt(bytes, at + LAG_AT, 6);
  return (
    stamp.session >= 0 && stamp.sender >= 0 && stamp.epoch >= 0 && stamp.seq >= 0 && stamp.due >= 0 && stamp.lag >= 0
  );
}
