import type { Measured } from '../result/measured.ts';
import { counted } from './words.ts';

/** Attempts to connect that never left this machine, as one of its own limits was hit. */
export interface OwnWalls {
  count: number;
  /** Which limits, and how to move them. */
  because: string;
}

/** What the tool's own limits kept from the server: no word on the server. */
export function ownWalls({ errors }: Measured): OwnWalls {
  const walls = errors.filter(({ kind }) => kind === 'wall');
  const count = walls.reduce((sum, one) => sum + one.count, 0);
  const [worst] = walls.toSorted((a, b) => b.count - a.count);
  return {
    count,
    because: worst ? `${counted(count, 'attempt')} to connect never left this machine: ${worst.message}` : '',
  };
}
