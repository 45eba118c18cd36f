import { sessionId } from '../plan/plan.ts';
import { NONE, type Flight } from './flight.ts';

/** Finds out of which change a damaged copy was, where that can be told. A user is a seat of this process. */
export class Attribution {
  readonly #run: string;
  readonly #users: number;
  readonly #sessions: readonly number[];
  readonly #flight: Flight;

  constructor(options: { run: string; users: number; sessions: readonly number[] }, flight: Flight) {
    this.#run = options.run;
    this.#users = options.users;
    this.#sessions = options.sessions;
    this.#flight = flight;
  }

  /** The seat of the sender that a copy names, if it is one of the receiver's own session. */
  senderNamed(receiver: number, id: string | undefined): number {
    if (id === undefined) return NONE;
    const session = Math.floor(receiver / this.#users);
    const prefix = `${sessionId(this.#run, this.#sessions[session]!)}-u`;
    const user = id.startsWith(prefix) ? Number(id.slice(prefix.length)) : Number.NaN;
    return Number.isInteger(user) && user >= 0 && user < this.#users ? session * this.#users + user : NONE;
  }

  /** The one change of a sender that a receiver lacks; none where there are several. */
  onlyOneLacking(receiver: number, sender: number): number {
    let found = NONE;
    const user = receiver % this.#users;
    const flight = this.#flight;
    for (let entry = flight.first(Math.floor(receiver / this.#users)); entry !== NONE; entry = flight.next(entry)) {
      if (flight.sender[entry] !== sender || flight.left[entry] === 0 || flight.has(entry, user)) continue;
      if (found !== NONE) return NONE;
      found = entry;
    }
    return found;
  }
}
