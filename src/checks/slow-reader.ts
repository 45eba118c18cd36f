import { formatBytes } from '../core/units.ts';
import { failed, passed, type CheckContext, type Finding } from './step.ts';
import { closing } from './subject.ts';
import { join, newItem, together } from './user.ts';

const PIECE = 60 * 1024;
const AT_ONCE = 8;
const MOST_BYTES = 24 * 1024 * 1024;

/** One user stops reading; the other two must not notice. */
export const slowReader = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    const slow = await join(context, one.session, context.fresh('slow'));
    slow.wire.pause();
    const item = newItem();
    const filler = 'x'.repeat(PIECE);
    const data = { ...item.data, filler };
    let sent = 0;
    const began = performance.now();
    const got = (): number => other.wire.received.reduce((all, { text }) => all + (text.includes(filler) ? 1 : 0), 0);
    try {
      while (sent * PIECE < MOST_BYTES && performance.now() - began < 2 * context.wait_ms) {
        for (let i = 0; i < AT_ONCE; i++) one.change('update_item', item.id, data);
        sent += AT_ONCE;
        if (await other.wire.until(() => got() >= AT_ONCE, context.wait_ms)) {
          // What was seen is not needed again.
          other.wire.received.length = 0;
          one.wire.received.length = 0;
          continue;
        }
        const bytes = sent * PIECE;
        const why = other.wire.closed
          ? closing(other.wire.closed)
          : `nothing more reached the others for ${context.wait_ms / 1000} s`;
        return failed(`after ${formatBytes(bytes)} to a user who does not read: ${why}`, {
          stalled_by_slow_reader: { after_bytes: bytes },
        });
      }
      return passed(`a user who does not read holds up nobody (${formatBytes(sent * PIECE)} sent)`);
    } finally {
      slow.wire.cut();
    }
  });
