import { formatBytes } from './units.ts';

/**
 * What no server may send over a WebSocket (RFC 6455), and what is more than this tool takes: a client that meets it
 * ends the connection.
 */
export interface Breach {
  /** What the client closes with (section 7.4.1). */
  code: number;
  /** The section that forbids it; absent where a limit of this tool's own is passed. */
  section?: string;
  /** What is wrong; where a limit is passed, what the server does. */
  says: string;
}

/** A stream is not what a server may send. */
export class BreachError extends Error {
  readonly breach: Breach;

  constructor(breach: Breach) {
    super(breach.says);
    this.breach = breach;
  }
}

const breach = (code: number, section: string, says: string): Breach => ({ code, section, says });
const flood = (code: number, says: string): Breach => ({ code, says });

export const RESERVED_BIT = breach(
  1002,
  '5.2',
  'a frame has a reserved bit set, to which no extension gives a meaning',
);
export const MASKED_BY_SERVER = breach(1002, '5.1', 'a frame of the server is masked');
export const MASKLESS = breach(1002, '5.1', 'a frame of the client is not masked');
export const FRAGMENTED_CONTROL = breach(1002, '5.5', 'a control frame is fragmented');
export const LONG_CONTROL = breach(1002, '5.5', 'a control frame is longer than 125 bytes');
export const HALF_A_CODE = breach(1002, '5.5.1', 'a close frame has half a code');
export const CONTINUES_NOTHING = breach(1002, '5.4', 'a continuation continues nothing');
export const MESSAGE_WITHIN = breach(1002, '5.4', 'a message begins within another');
export const LENGTH_NOT_SHORTEST = breach(1002, '5.2', 'the length of a frame is not written in the shortest way');
export const REASON_NOT_UTF8 = breach(1007, '5.5.1', 'the reason of a close frame is not UTF-8');
export const TEXT_NOT_UTF8 = breach(1007, '8.1', 'a text message is not UTF-8');
export const unknownOpcode = (opcode: number): Breach =>
  breach(1002, '5.2', `a frame has the unknown opcode ${opcode}`);
export const closeCodeBreach = (code: number): Breach =>
  breach(1002, '7.4', `a close frame has the code ${code}, which nobody may send`);

export const tooLong = (bytes: number): Breach =>
  flood(1009, `sends a message of more than ${formatBytes(bytes)}, the most that this tool takes`);
export const tooManyFragments = (count: number): Breach =>
  flood(1008, `sends a message in more than ${count.toLocaleString('en-US')} fragments`);
export const tooMuchUnfinished = (bytes: number): Breach =>
  flood(1009, `leaves messages of more than ${formatBytes(bytes)} unfinished, over all connections of a worker`);
export const unansweredPings = (count: number): Breach =>
  flood(1008, `sends pings and reads nothing: ${count.toLocaleString('en-US')} of them could not be answered`);

export const tooMuchUnread = (messages: number, bytes: number): Breach =>
  flood(1008, `sends without end: more than ${messages.toLocaleString('en-US')} messages, or ${formatBytes(bytes)}`);

/** `the server broke the WebSocket protocol (RFC 6455, 5.1): a frame of the server is masked` */
export const breachWords = ({ section, says }: Breach): string =>
  section === undefined
    ? `the server ${says}`
    : `the server broke the WebSocket protocol (RFC 6455, ${section}): ${says}`;

/** Whether a close frame may carry a code (section 7.4): of those below 3000 only what is registered to be sent. */
export const isSendable = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
