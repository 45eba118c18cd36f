import type { Snapshot } from '../protocol/snapshot.ts';
import { DOUBTFUL, NONE, TAKEN, type Flight } from './flight.ts';

/** Its sender was cut off just after sending it, and nobody received it: whether the server took it nobody knew. */
const isDoubtful = (flight: Flight, entry: number): boolean => (flight.flags[entry]! & (TAKEN | DOUBTFUL)) === DOUBTFUL;

/**
 * The change of which a state is the only witness, where one version up to the state's is nobody's: that version is
 * this change's, so that the server took it.
 *
 * The state shows it; or it shows none whose version is not known, and there is only this one that it can be, such as
 * a removal, which leaves no trace.
 * @param users of each session
 * @param seat whose state it is
 * @param areAllInFlight whether every change of the session whose version is not known is still on its way
 * @param fits whether a change that the state does not show may be in it all the same
 * @returns none where it cannot be told
 */
export function witnessed(
  flight: Flight,
  users: number,
  seat: number,
  { changes }: Snapshot,
  areAllInFlight: boolean,
  fits: (entry: number) => boolean,
): number {
  const session = Math.floor(seat / users);
  let found = NONE;
  for (let i = 0; i < changes.length; i += 2) {
    const entry = flight.find(session * users + changes[i]!, changes[i + 1]!);
    if (entry === NONE || flight.version[entry] !== 0) continue;
    if (found !== NONE) return NONE;
    found = entry;
  }
  if (found === NONE && areAllInFlight) {
    found = onlyNameless(flight, session);
    if (found !== NONE && !fits(found)) return NONE;
  }
  return found !== NONE && isDoubtful(flight, found) ? found : NONE;
}

/** The only change on its way whose version is not known; none where there are several. */
function onlyNameless(flight: Flight, session: number): number {
  let found = NONE;
  for (let entry = flight.first(session); entry !== NONE; entry = flight.next(entry)) {
    if (flight.version[entry] !== 0) continue;
    if (found !== NONE) return NONE;
    found = entry;
  }
  return found;
}
