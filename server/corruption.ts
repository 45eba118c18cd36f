import { Frame } from './frames.ts';

/** Where a command's data has a character that can be another: a coordinate, or the id in it, or the item's own. */
const SPOTS = ['"x_mm":', '"item_uuid":"', '"item_id":"'].map((text) => Buffer.from(text));
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** A copy with one digit or letter changed, of the same length and still JSON; nothing where there is no such place. */
export function corrupted(frame: Frame): Frame | undefined {
  for (const spot of SPOTS) {
    const found = frame.bytes.indexOf(spot, frame.header);
    if (found < 0) continue;
    let at = found + spot.length;
    while (frame.bytes[at] === 0x20 || frame.bytes[at] === 0x2d) at++;
    const changed = changedTo(frame.bytes[at]!);
    if (changed === undefined) continue;
    const bytes = Buffer.from(frame.bytes);
    bytes[at] = changed;
    return new Frame(bytes, frame.header, frame.droppable);
  }
  return undefined;
}

/** Another character of the same kind: never a leading zero, which JSON forbids, and never outside of a UUID's digits. */
function changedTo(byte: number): number | undefined {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return ((byte - DIGIT_0) % 9) + 1 + DIGIT_0;
  if (byte >= 0x61 && byte <= 0x66) return ((byte - 0x61 + 1) % 6) + 0x61;
  if (byte >= 0x41 && byte <= 0x46) return ((byte - 0x41 + 1) % 6) + 0x41;
  return undefined;
}
