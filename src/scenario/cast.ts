import type { UserKind } from './define.ts';

/**
 * Which kind each user of a session is: shares are kept as even as whole users allow, at every prefix, so that a small
 * session has its mix too.
 * @returns for each user the index of its kind
 */
export function castOf(kinds: readonly UserKind[], users: number): Uint8Array {
  const total = kinds.reduce((sum, kind) => sum + kind.share, 0);
  const given = kinds.map(() => 0);
  const cast = new Uint8Array(users);
  for (let user = 0; user < users; user++) {
    let best = 0;
    let bestDeficit = -Infinity;
    for (const [at, kind] of kinds.entries()) {
      const deficit = ((user + 1) * kind.share) / total - given[at]!;
      if (deficit > bestDeficit + 1e-9) {
        best = at;
        bestDeficit = deficit;
      }
    }
    given[best]!++;
    cast[user] = best;
  }
  return cast;
}

/**
 * Changes a second of a user of each kind, so that the mean over all users of a session is `rate`, watchers included.
 */
export function ratesOf(kinds: readonly UserKind[], cast: Uint8Array, rate: number): number[] {
  const weight = (kind: UserKind): number => (kind.edits ? (kind.edits.weight ?? 1) : 0);
  let sum = 0;
  for (const at of cast) sum += weight(kinds[at]!);
  return kinds.map((kind) => (sum > 0 ? (rate * cast.length * weight(kind)) / sum : 0));
}
