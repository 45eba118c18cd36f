import { ACKNOWLEDGED } from './causes/rule.ts';
import type { Variation } from './facts.ts';
import { NOT_HERE, qtOutcome } from './qt-client.ts';
import type { CheckContext } from './step.ts';
import { NoWire, open, type WireOptions } from './open.ts';
import { jsonOf, type Wire } from './wire.ts';

/** One thing that is changed, and what it rules out where it makes no difference. */
interface Change {
  change: string;
  rules_out: string;
  attempt(context: CheckContext): Promise<string>;
}

/** How a connection that was to be acknowledged ended. */
async function outcomeOf(
  context: CheckContext,
  address: string,
  more: Partial<WireOptions> = {},
  first?: string,
): Promise<string> {
  let wire: Wire;
  try {
    wire = await open(address, { ...context, ...more });
  } catch (error) {
    // Cut so early that the answer to the handshake was lost: layer 0 had one.
    if (error instanceof NoWire) return error.why === 'failed' || error.why === 'closed' ? '1006' : error.message;
    throw error;
  }
  if (first !== undefined) wire.send(first);
  const acknowledged = (): boolean => wire.received.some((one) => jsonOf(one)?.['type'] === 'connection:ack');
  await wire.until(acknowledged, context.wait_ms);
  const { closed } = wire;
  const outcome = acknowledged() ? ACKNOWLEDGED : closed ? String(closed.code) : 'no connection:ack';
  wire.cut();
  return outcome;
}

const user = (context: CheckContext): string => context.address(context.fresh('s'), context.fresh('u'));

const CHANGES: readonly Change[] = [
  { change: 'other session and user', rules_out: 'the ids', attempt: (context) => outcomeOf(context, user(context)) },
  {
    change: 'path / for /ws/S/U',
    rules_out: 'the path',
    attempt: (context) => outcomeOf(context, new URL('/', user(context)).href),
  },
  {
    change: 'path /ws/S/U alone',
    rules_out: 'what stands before /ws in the path',
    attempt(context) {
      const url = new URL(user(context));
      const own = /\/ws\/[^/]+\/[^/]+$/.exec(url.pathname)?.[0];
      if (own === undefined || own === url.pathname) return Promise.resolve(NOT_HERE);
      url.pathname = own;
      return outcomeOf(context, url.href);
    },
  },
  {
    change: 'compression offered',
    rules_out: 'compression',
    attempt: (context) =>
      outcomeOf(context, user(context), { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } }),
  },
  {
    change: 'a sub-protocol offered',
    rules_out: 'the sub-protocol',
    attempt: (context) => outcomeOf(context, user(context), { headers: { 'Sec-WebSocket-Protocol': 'collab' } }),
  },
  {
    change: 'pongs not answered',
    rules_out: 'pings',
    attempt: (context) => outcomeOf(context, user(context), { pongs: false }),
  },
  {
    change: 'a message of ours first',
    rules_out: 'who speaks first',
    attempt: (context) => outcomeOf(context, user(context), {}, '{"type":"sync:request"}'),
  },
  { change: 'real Qt client', rules_out: 'the client', attempt: (context) => qtOutcome(context, user(context)) },
];

/** Repeats a connection that was not acknowledged with one thing changed each time. */
export async function vary(context: CheckContext, before: string): Promise<Variation[]> {
  const tried = await Promise.all(
    CHANGES.map(async ({ change, rules_out, attempt }) => ({ change, rules_out, outcome: await attempt(context) })),
  );
  return tried
    .filter(({ outcome }) => outcome !== NOT_HERE)
    .map(({ change, rules_out, outcome }) => ({ change, rules_out, outcome, same: outcome === before }));
}
