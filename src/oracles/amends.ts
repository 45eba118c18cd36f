import { COUNTER, type Recorder } from '../core/recorder.ts';
import { NONE, type Flight } from './flight.ts';
import type { Membership } from './membership.ts';

/**
 * Changes that never came to a joiner and that its next state holds: whoever joins is often given two, one for joining
 * and one for asking. Nobody saw the loss, so it is at most one: `lost_upper`.
 */
export class Amends {
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #flight: Flight;
  readonly #members: Membership;
  /** Versions of the first and the last state of each user's present stay; −1 for none. */
  readonly #first: Float64Array;
  readonly #last: Float64Array;
  /** The highest version of any state of each session. */
  readonly #newest: Float64Array;

  constructor(recorder: Recorder, users: number, sessions: number, flight: Flight, members: Membership) {
    this.#recorder = recorder;
    this.#users = users;
    this.#flight = flight;
    this.#members = members;
    this.#first = new Float64Array(sessions * users).fill(-1);
    this.#last = new Float64Array(sessions * users).fill(-1);
    this.#newest = new Float64Array(sessions).fill(-1);
  }

  connecting(seat: number): void {
    this.#first[seat] = this.#last[seat] = -1;
  }

  /** A state of this version came. What it holds and was sent before it would have come before it. */
  state(seat: number, version: number): void {
    const session = Math.floor(seat / this.#users);
    const last = this.#last[seat]!;
    if (version > this.#newest[session]!) this.#newest[session] = version;
    if (last < 0) this.#first[seat] = version;
    this.#last[seat] = version;
    if (last < 0 || version <= last) return;
    const flight = this.#flight;
    for (let entry = flight.first(session); entry !== NONE; entry = flight.next(entry)) {
      if (flight.version[entry]! > last && flight.version[entry]! <= version) this.#look(entry, seat);
    }
  }

  /** It is known for the first time which version a change has: states may have come that hold it. */
  versioned(entry: number): void {
    const { session, version } = this.#flight;
    if (version[entry]! > this.#newest[session[entry]!]!) return;
    const first = session[entry]! * this.#users;
    for (let seat = first; seat < first + this.#users; seat++) {
      if (version[entry]! > this.#first[seat]! && version[entry]! <= this.#last[seat]!) this.#look(entry, seat);
    }
  }

  /** What was sent after the join was read had to come by itself, and is missed by itself. */
  #look(entry: number, seat: number): void {
    const { order, sender, stage } = this.#flight;
    if (this.#first[seat]! < 0 || sender[entry] === seat || this.#members.orderOf(seat) <= order[entry]!) return;
    if (this.#flight.has(entry, seat % this.#users)) return;
    this.#recorder.count(stage[entry]!, COUNTER.lost_upper, 1);
  }
}
