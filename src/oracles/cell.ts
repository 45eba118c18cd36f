/**
 * What a document holds in one place: which change was applied there last, and what that made of it. One number, so
 * that a replica is a typed array: stamp × 4 + kind. The stamp is the change's version, or where the server gives none,
 * its place in the order of sends; below 2³⁰, which is a day of ten thousand changes a second.
 */

/** Nothing was ever there, or it was removed. */
const ABSENT = 0;
const PRESENT = 1;
/** Edited without being there: an addition with a lower version may yet come. */
const EDITED = 2;
/** There, with another content than was sent. */
const DAMAGED = 3;

/** What a change does to its place. */
export const ADD = 0;
export const EDIT = 1;
export const REMOVE = 2;

export const stampOf = (cell: number): number => cell >>> 2;
export const isThere = (cell: number): boolean => (cell & 1) === 1;
/** What is not there is the same, whatever became of it. */
export const isSame = (a: number, b: number): boolean => a === b || (!isThere(a) && !isThere(b));

const cellOf = (stamp: number, kind: number): number => ((stamp << 2) | kind) >>> 0;

/** The cell once a copy with altered content has been applied: an addition or edit shows it, a removal fails. */
export function damaged(cell: number, stamp: number, action: number): number {
  if (stamp <= stampOf(cell)) return cell;
  return cellOf(stamp, action === ADD || isThere(cell) ? DAMAGED : EDITED);
}

/** An item is there, as a change made it. */
export const shownAs = (stamp: number): number => cellOf(stamp, PRESENT);
/** An item is there, and what it shows is not known. */
export const unknownAt = (stamp: number): number => cellOf(stamp, DAMAGED);
export const isDamaged = (cell: number): boolean => (cell & 3) === DAMAGED;

/**
 * The cell once a change is applied, whatever the order in which changes come: the highest stamp wins. An edit of what
 * is not there changes nothing (P9). A user's items are removed by that user alone, so no removal meets another's edit.
 */
export function applied(cell: number, stamp: number, action: number): number {
  const isNewer = stamp > stampOf(cell);
  if (action === ADD) {
    if (isNewer) return cellOf(stamp, PRESENT);
    return (cell & 3) === EDITED ? cellOf(stampOf(cell), PRESENT) : cell;
  }
  if (!isNewer) return cell;
  return cellOf(stamp, action === REMOVE ? ABSENT : isThere(cell) ? PRESENT : EDITED);
}

/** The same in the order of arrival, as clients do that know no versions. */
export const appliedNow = (cell: number, stamp: number, action: number): number => applied(cell & 3, stamp, action);

/** A cell of a snapshot, under what came after it. */
export function over(base: number, cell: number): number {
  if (stampOf(cell) <= stampOf(base)) return base;
  return (cell & 3) === EDITED && isThere(base) ? cellOf(stampOf(cell), PRESENT) : cell;
}
