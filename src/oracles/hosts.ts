import type { Attendees, Knowledge } from './attendees.ts';
import { RIVALS, type Check, type Checks } from './checks.ts';
import type { PresenceStories } from './presence-stories.ts';

const NOBODY = -1;
const NEVER = Infinity;

export interface HostsOptions {
  users: number;
  sessions: number;
  deadline_us: number;
  attendees: Attendees;
  checks: Checks;
  stories: PresenceStories;
}

/**
 * Who is host of each session, as the server says it: never two at once, and somebody where the server says who it is.
 * That another becomes host when one leaves (P13) is claimed only of a server that was seen to tell so.
 */
export class Hosts {
  readonly #options: HostsOptions;
  /** The one host of each session. Who was named while there was one is not. */
  readonly #host: Int32Array;
  /** Since when a session should have had a host and had none, µs. */
  readonly #vacant: Float64Array;
  /** Sessions of which nobody was ever named host, and nobody has left. */
  readonly #fresh: Uint8Array;
  /** Whether this server tells who becomes host. */
  #tells = false;
  /** Whether somebody was let in without a word on who is host. */
  #isVague = false;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#host = new Int32Array(options.sessions).fill(NOBODY);
    this.#vacant = new Float64Array(options.sessions).fill(NEVER);
    this.#fresh = new Uint8Array(options.sessions).fill(1);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#options.users);
  }

  joined(seat: number, isHost: boolean | undefined, at: number): void {
    const session = this.#sessionOf(seat);
    if (isHost === undefined) this.#isVague = true;
    else if (isHost) this.#named(seat, session, at);
    else if (this.#fresh[session] === 1 && this.#vacant[session] === NEVER) this.#vacant[session] = at;
  }

  /** The server made a user host who was in. */
  told(seat: number, at: number): void {
    this.#tells = true;
    this.#named(seat, this.#sessionOf(seat), at);
  }

  #named(seat: number, session: number, at: number): void {
    const host = this.#host[session]!;
    this.#fresh[session] = 0;
    this.#vacant[session] = NEVER;
    if (host === seat) return;
    if (host !== NOBODY && this.#options.attendees.isIn(host)) this.#options.checks.add(RIVALS, at, seat, host);
    else this.#host[session] = seat;
  }

  gone(seat: number, knowledge: Knowledge, at: number): void {
    if (knowledge === 'never') return;
    const session = this.#sessionOf(seat);
    // A host who has gone unnoticed remains host for the server.
    const noticed = knowledge === 'unknown' ? NEVER : knowledge === 'cut' ? at + this.#options.deadline_us : at;
    if (this.#host[session] === seat) {
      this.#host[session] = NOBODY;
      this.#vacant[session] = this.#tells ? noticed : NEVER;
    } else if (this.#vacant[session]! < NEVER) {
      // It may have been the one who was to become host, or was.
      this.#vacant[session] = this.#tells ? noticed : NEVER;
    }
    if (!this.#tells) this.#fresh[session] = 0;
  }

  /** One was named while another one was, and both are still there. */
  rivals({ seat, other, at }: Check): void {
    this.#options.stories.tell('two_hosts', seat, other, at, 'made host although the other one is');
  }

  /** One was named while another one was who was just leaving: it is the host, if nobody else is. */
  succeeds({ seat, epoch }: Check): void {
    const session = this.#sessionOf(seat);
    if (this.#host[session] !== NOBODY || !this.#options.attendees.isIn(seat, epoch)) return;
    this.#host[session] = seat;
    this.#vacant[session] = NEVER;
  }

  /** Whether a session waits for a host. */
  get isVacant(): boolean {
    return this.#vacant.some((since) => since < NEVER);
  }

  tick(now: number): void {
    const { users, deadline_us } = this.#options;
    for (let session = 0; session < this.#vacant.length; session++) {
      const since = this.#vacant[session]!;
      if (since + deadline_us > now) continue;
      this.#vacant[session] = NEVER;
      this.#claim(session * users, since, now);
    }
  }

  /** Nobody is host of a session, unless it is one who would not hear of it. */
  #claim(first: number, since: number, now: number): void {
    const { users, attendees, deadline_us, stories } = this.#options;
    if (this.#isVague) return;
    let present = NOBODY;
    for (let seat = first; seat < first + users; seat++) {
      if (attendees.mayLinger(seat, since)) return;
      if (present === NOBODY && attendees.isInSince(seat, now - deadline_us)) present = seat;
    }
    if (present === NOBODY) return;
    this.#fresh[first / users] = 0;
    stories.tell('no_host', present, undefined, since, 'in a session that has no host');
  }
}
