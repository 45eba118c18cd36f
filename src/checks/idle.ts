import { formatDuration } from '../core/units.ts';
import type { Facts } from './facts.ts';
import { onceMore, type CheckContext, type Finding } from './step.ts';
import { NoWire } from './open.ts';
import { join, NotJoined } from './user.ts';
import type { Closed } from './wire.ts';

/** A shorter silence is a pause. */
export const SHORTEST_MS = 1000;
/** Longer ones would hold the check up: they are told as what they are, a close. */
const LONGEST_MS = 15_000;
/** Pings in the time after which a connection was ended, and how many such times are lived through. */
const PINGS = 2;
const TIMES = 2;

/** Nobody is let in any more: then it was no silence. */
function noUser(error: unknown): undefined {
  if (error instanceof NotJoined) error.wire.cut();
  else if (!(error instanceof NoWire)) throw error;
}

/**
 * Whether a connection was ended for its silence: then the same user, who only pings more often, stays. What was found
 * is added to a finding.
 */
export async function heldAgainstSilence(context: CheckContext, finding: Finding, closed: Closed): Promise<Finding> {
  const { quiet_ms } = closed;
  if (quiet_ms < SHORTEST_MS || quiet_ms > LONGEST_MS) return finding;
  const every_ms = quiet_ms / PINGS;
  const user = await join(context, context.fresh('s'), context.fresh('u')).catch(noUser);
  if (!user) return finding;
  for (let sent = 0; sent < PINGS * TIMES && !user.wire.closed; sent++) {
    user.ping();
    await user.wire.ended(every_ms);
  }
  const ended = user.wire.closed;
  user.wire.cut();
  const outcome = ended ? `${ended.code} after ${formatDuration(ended.after_ms)}` : 'it stays';
  const evidence = onceMore([[`a ping every ${formatDuration(every_ms)}`, outcome]]);
  const facts: Facts = ended ? {} : { idle_limit: { quiet_ms, kept_by_ms: every_ms } };
  return {
    ...finding,
    evidence: [...(finding.evidence ?? []), ...evidence],
    facts: { ...finding.facts, ...facts },
  };
}
