import leven from 'leven';

/** The candidate that a mistyped word most likely meant; nothing where none is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  // Half of the word may be wrong, and never more than four letters.
  let fewest = Math.min(4, Math.ceil(wanted.length / 2)) + 1;
  for (const candidate of candidates) {
    // A part of a name is nearer than another name of like letters.
    const distance = candidate.includes(wanted) && wanted.length > 2 ? 1 : leven(wanted, candidate.toLowerCase());
    if (distance < fewest) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

/** `Did you mean NAME?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const name = nearest(word, candidates);
  return name === undefined ? undefined : `Did you mean ${name}?`;
}
