import { isUtf8 } from 'node:buffer';
import { TEXT } from '../core/frames.ts';
import { parseMessage, Refusal } from '../../server/input.ts';
import type { Passed } from './frame-tap.ts';

/** A text or binary message, read as far as it can be. */
export interface Message {
  /** Of a text message. */
  text?: string;
  /** Its JSON, where it is an object with a type. */
  fields?: Record<string, unknown>;
  type?: string;
  /** Why it is no message of the protocol. */
  refusal?: Refusal;
  /** Text that is not UTF-8. */
  invalid?: true;
}

/** Reads a message; of one that was too long to be kept there is nothing to read. */
export function readMessage({ opcode, payload, cut }: Passed): Message {
  if (opcode !== TEXT) return {};
  if (cut) return {};
  const text = payload.toString('utf8');
  if (!isUtf8(payload)) return { text, invalid: true };
  const parsed = parseMessage(text);
  return parsed instanceof Refusal
    ? { text, refusal: parsed }
    : { text, fields: parsed, type: parsed['type'] as string };
}
