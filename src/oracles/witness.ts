import type { Snapshot } from '../protocol/snapshot.ts';
import { DOUBTFUL, NONE, TAKEN, type Flight } from './flight.ts';

/**
 * The change of which a state is the only witness: its sender was cut off just after sending it, nobody received it,
 * and the state shows it, so that the server took it. Where one version up to the state's is nobody's, it is this
 * change's.
 * @param first the first seat of the state's session
 * @returns none where the state shows several changes whose version is not known
 */
export function witnessed(flight: Flight, first: number, { changes }: Snapshot): number {
  let found = NONE;
  for (let i = 0; i < changes.length; i += 2) {
    const entry = flight.find(first + changes[i]!, changes[i + 1]!);
    if (entry === NONE || flight.version[entry] !== 0) continue;
    if (found !== NONE) return NONE;
    found = entry;
  }
  return found !== NONE && (flight.flags[found]! & (TAKEN | DOUBTFUL)) === DOUBTFUL ? found : NONE;
}
