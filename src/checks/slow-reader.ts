import { formatBytes } from '../core/units.ts';
import { failed, onceMore, passed, type CheckContext, type Finding } from './step.ts';
import { closing } from './subject.ts';
import { join, newItem, together, type User } from './user.ts';

const PIECE = 60 * 1024;
const AT_ONCE = 8;
const MOST_BYTES = 24 * 1024 * 1024;

/** How far changes got through to `other` until no more came. */
interface Flow {
  bytes: number;
  /** Why it ended early. */
  stalled?: string;
}

/** Sends changes as fast as they arrive at the other user, up to an amount. */
async function flow(one: User, other: User, most_bytes: number, wait_ms: number): Promise<Flow> {
  const item = newItem();
  const filler = 'x'.repeat(PIECE);
  const data = { ...item.data, filler };
  let bytes = 0;
  const began = performance.now();
  const got = (): number => other.wire.received.reduce((all, { text }) => all + (text.includes(filler) ? 1 : 0), 0);
  while (bytes < most_bytes && performance.now() - began < 2 * wait_ms) {
    for (let i = 0; i < AT_ONCE; i++) one.change('update_item', item.id, data);
    bytes += AT_ONCE * PIECE;
    if (!(await other.wire.until(() => got() >= AT_ONCE, wait_ms))) {
      const { closed } = other.wire;
      return { bytes, stalled: closed ? closing(closed) : `nothing more came for ${wait_ms / 1000} s` };
    }
    // What was seen is not needed again.
    other.wire.received.length = 0;
    one.wire.received.length = 0;
  }
  return { bytes };
}

/** Two users exchange changes while a third is in their session, and reads or does not. */
const withThird = (context: CheckContext, reads: boolean, most_bytes: number): Promise<Flow> =>
  together(context, async (one, other) => {
    const third = await join(context, one.session, context.fresh('slow'));
    if (!reads) third.wire.pause();
    try {
      return await flow(one, other, most_bytes, context.wait_ms);
    } finally {
      third.wire.cut();
    }
  });

/** One user stops reading; the other two must not notice. Where they do, the same once more with all reading. */
export async function slowReader(context: CheckContext): Promise<Finding> {
  const { bytes, stalled } = await withThird(context, false, MOST_BYTES);
  if (stalled === undefined) return passed(`a user who does not read holds up nobody (${formatBytes(bytes)} sent)`);
  const control = await withThird(context, true, bytes);
  const says = `after ${formatBytes(bytes)} to a user who does not read, the others: ${stalled}`;
  const evidence = onceMore([['the third user reads', control.stalled ?? `all ${formatBytes(control.bytes)} arrived`]]);
  return failed(
    says,
    control.stalled === undefined ? { stalled_by_slow_reader: { after_bytes: bytes } } : {},
    evidence,
  );
}
