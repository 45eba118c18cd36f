import { TEXT } from '../core/frames.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import type { Facts, Kind } from './facts.ts';
import type { Lookout } from './lookout.ts';
import { skipped, type Finding } from './step.ts';
import { open, type WireOptions } from './open.ts';
import { jsonOf, type Closed, type Wire } from './wire.ts';

/** What a probe is pointed at: the target, or the control. */
export interface Subject {
  kind: Kind;
  address(): string;
  options: WireOptions;
  /** How long is watched for what nobody asked for, ms. */
  watch_ms: number;
  facts: Readonly<Facts>;
  lookout: Lookout;
}

export const MIB = 1024 * 1024;

export const closing = ({ code, reason, breach }: Pick<Closed, 'code' | 'reason' | 'breach'>): string =>
  breach
    ? `${reason}; so we closed it with ${code}`
    : `code ${code} (${closeCodeMeaning(code)})${reason === '' ? ', no reason' : `, "${reason}"`}`;

export const connect = (subject: Subject, more: Partial<WireOptions> = {}): Promise<Wire> =>
  open(subject.address(), { ...subject.options, ...more });

/** A message of about so many bytes that is answered: by its echo, or by `pong`. */
export const question = (bytes: number): string =>
  JSON.stringify({ type: 'ping', user_id: 'check', filler: 'é'.repeat(Math.max(0, Math.floor((bytes - 64) / 2))) });

/** Whether text is answered at all; otherwise what rests on it cannot be seen. */
export async function answered(wire: Wire, { options }: Subject, from: number): Promise<boolean> {
  return wire.until(
    () =>
      wire.received
        .slice(from)
        .some((one) => one.opcode === TEXT && (jsonOf(one)?.['type'] === 'pong' || one.text.includes('"filler"'))),
    options.wait_ms,
  );
}

const talks = ({ kind }: Subject): boolean => kind === 'echo' || kind === 'collaboration';

/** Closes at once, or speaks another protocol: what can be tried on it is little. */
export function unseen(subject: Subject): Finding | undefined {
  if (subject.facts.closed_at_once) return skipped('not tried: it closes before anything can be sent');
  const { largest_text } = subject.facts;
  if (subject.kind === 'collaboration' && largest_text === 0) return skipped('not tried: it answers no ping');
  return talks(subject) ? undefined : skipped('not tried: it answers no message that we know');
}

export const aborts = (wire: Wire): string =>
  wire.closed ? closing(wire.closed) : 'the connection stayed, without an answer';
