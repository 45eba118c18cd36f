import { TEXT } from '../core/frames.ts';
import { binaryWords } from '../protocol/binary.ts';
import { formatDuration } from '../core/units.ts';
import { ACKNOWLEDGED } from './causes/rule.ts';
import type { Variation } from './facts.ts';
import { NoWire } from './open.ts';
import { failed, onceMore, passed, type CheckContext, type Finding } from './step.ts';
import { closing } from './subject.ts';
import { join, NotJoined } from './user.ts';
import { vary } from './variations.ts';

const ACK = 'connection:ack';

/** Whether a user is let in; where not, the attempt is repeated with one thing changed each time. */
export async function joins(context: CheckContext): Promise<Finding> {
  try {
    const user = await join(context, context.fresh('s'), context.fresh('u'));
    await user.leave();
    return passed(`connection:ack came${user.ack['is_host'] === true ? ', as host' : ''}`, {
      join: { outcome: 'acknowledged' },
    });
  } catch (error) {
    if (error instanceof NotJoined) return notJoined(context, error);
    if (!(error instanceof NoWire)) throw error;
    const { variations, evidence } = await varied(context, '1006');
    const says = `cut by the server in the handshake: ${error.message}`;
    return failed(says, { join: { outcome: 'closed', code: 1006, reason: '', after_ms: 0 }, variations }, evidence);
  }
}

/** The same with one thing changed each time. @param before how it ended without a change */
async function varied(context: CheckContext, before: string): Promise<{ variations: Variation[]; evidence: string[] }> {
  const variations = await vary(context, before);
  const rows = variations.map(({ change, outcome, rules_out, same }) => {
    // Only what is better shows what it was: much may make it worse.
    const helps = outcome === ACKNOWLEDGED;
    const so = helps
      ? `that makes the difference: ${rules_out}`
      : same
        ? `so not ${rules_out}`
        : 'otherwise, and no better';
    return [change, `${outcome}  ${so}`] as const;
  });
  return { variations, evidence: onceMore(rows) };
}

async function notJoined(context: CheckContext, { wire }: NotJoined): Promise<Finding> {
  const { closed } = wire;
  const first = wire.received.find(({ opcode }) => opcode === TEXT);
  if (!closed) wire.cut();
  const { kind } = context.facts;
  if (closed?.breach) return failed(closing(closed), { join: { outcome: 'other' } });
  if (wire.received.some(({ type }) => type === ACK)) return failed(binaryWords(ACK), { join: { outcome: 'other' } });
  if (kind === 'engine.io' || kind === 'yjs' || kind === 'echo') {
    return failed('no connection:ack: it speaks another protocol', { join: { outcome: 'other' } });
  }
  const { variations, evidence } = await varied(context, closed ? String(closed.code) : 'no connection:ack');
  if (closed) {
    const { code, reason, after_ms } = closed;
    const says = `closed by the server ${formatDuration(after_ms)} after the handshake, before connection:ack and before we sent a byte: ${closing(closed)}`;
    return failed(says, { join: { outcome: 'closed', code, reason, after_ms }, variations }, evidence);
  }
  const says = `no connection:ack within ${context.wait_ms / 1000} s${first ? `; it said ${first.text.slice(0, 80)}` : ''}`;
  return failed(says, { join: { outcome: 'silent' }, variations }, evidence);
}
