import { keyOf, uniform } from '../../core/random.ts';
import { Recorder } from '../../core/recorder.ts';
import { VirtualTime } from '../../load/testing/virtual-time.ts';
import { userId } from '../../plan/plan.ts';
import type { Knowledge } from '../attendees.ts';
import { Presence } from '../presence.ts';

export const RUN = 'abc123';
export const DEADLINE_US = 2_000_000;
const TICK_US = 250_000;

/** What a server says to one user. */
export type Said =
  | { kind: 'ack'; users: string[] | undefined; is_host: boolean | undefined }
  | { kind: 'joined' | 'left'; id: string }
  | { kind: 'host'; id: string }
  | { kind: 'close' };

/** How a lawful server may be, and what one that is not does. */
export interface Manners {
  /** Lists users on joining · tells who comes and goes · says who is host · tells who becomes it. */
  lists?: boolean;
  tells?: boolean;
  says_host?: boolean;
  tells_host?: boolean;
  /** Replaces the older connection of a user without a word (P6); else it announces the newer one, and later that the older left. */
  replaces?: boolean;
  /** How long after it happened a notice is sent, µs. */
  lag?: number;
  /** How long a message takes at most, µs. */
  delay?: number;
  deadline_us?: number;
  /** Instead of saying this to a user: what is said, in this order. */
  says?(said: Said, to: Guest, town: Town): Said[];
}

interface Guest {
  readonly seat: number;
  /** Whether the client still reads. */
  open: boolean;
  /** Whether the client has read that it is in. */
  joined: boolean;
  /** Whether the server has seen it end. */
  ended: boolean;
  /** When the last message sent arrives: each connection keeps its order. */
  last: number;
}

/** One session of the protocol as far as presence goes: users, a server and the ways between them, in virtual time. */
export class Town {
  readonly time = new VirtualTime();
  readonly presence: Presence;
  readonly users: number;
  /** Those present, the longest first. */
  members: Guest[] = [];
  readonly #manners: Required<Omit<Manners, 'says'>> & Pick<Manners, 'says'>;
  readonly #recorder = new Recorder({ ramp: 0, settle: 0, steady: 1e9 });
  readonly #guests: (Guest | undefined)[];
  readonly #heard: Float64Array;
  readonly #key: number;
  #draws = 0;

  constructor(users: number, seed: number, manners: Manners = {}) {
    this.users = users;
    this.#manners = {
      lists: true,
      tells: true,
      says_host: true,
      tells_host: true,
      replaces: true,
      lag: 0,
      delay: 200_000,
      deadline_us: DEADLINE_US,
      ...manners,
    };
    this.#key = keyOf(seed, 1);
    this.#guests = Array.from({ length: users });
    this.#heard = new Float64Array(users);
    this.presence = new Presence({
      run: RUN,
      users,
      sessions: [0],
      deadline_us: this.#manners.deadline_us,
      recorder: this.#recorder,
      heardAt: (seat) => this.#heard[seat]!,
    });
    this.time.every(TICK_US, () => this.presence.tick(this.time.clock()));
  }

  random(): number {
    return uniform(this.#key, this.#draws++);
  }

  id(seat: number): string {
    return userId(RUN, 0, seat);
  }

  at(us: number, call: () => void): void {
    this.time.at(us, call);
  }

  /** Whether the user has a connection, as its client sees it. */
  isOpen(seat: number): boolean {
    return this.#guests[seat]?.open === true;
  }

  isMember(seat: number): boolean {
    return this.members.some((member) => member.seat === seat);
  }

  #way(): number {
    return Math.round(this.random() * this.#manners.delay);
  }

  connect(seat: number): void {
    if (this.isOpen(seat)) return;
    const guest: Guest = { seat, open: true, joined: false, ended: false, last: 0 };
    this.#guests[seat] = guest;
    this.presence.connecting(seat, this.time.clock());
    this.at(this.time.clock() + this.#way(), () => this.#enter(guest));
  }

  /** An attempt that never came to be a connection. */
  fail(seat: number): void {
    if (this.isOpen(seat)) return;
    this.presence.connecting(seat, this.time.clock());
    this.presence.gone(seat, 'never', this.time.clock());
  }

  leave(seat: number): void {
    const guest = this.#guests[seat];
    if (!guest?.open || !guest.joined) return;
    guest.joined = false;
    this.presence.leaving(seat, this.time.clock());
    this.at(this.time.clock() + this.#way(), () => {
      this.#exit(guest);
      this.#send(guest, { kind: 'close' });
    });
  }

  /** The connection ends at once; the server notices when it does. */
  cut(seat: number, knowledge: Knowledge, noticed: number): void {
    const guest = this.#guests[seat];
    if (!guest?.open) return;
    guest.open = false;
    if (guest.joined) this.presence.leaving(seat, this.time.clock());
    this.presence.gone(seat, knowledge, this.time.clock());
    this.at(this.time.clock() + noticed, () => this.#exit(guest));
  }

  /** The server throws somebody out. */
  kick(seat: number): void {
    const guest = this.members.find((member) => member.seat === seat);
    if (!guest) return;
    this.#exit(guest);
    this.#send(guest, { kind: 'close' });
  }

  #enter(guest: Guest): void {
    const { lists, says_host, replaces } = this.#manners;
    const { seat } = guest;
    // What reaches the server after it has seen the end of it, or after a newer connection, is nobody.
    if (guest.ended || (!guest.open && this.isMember(seat))) return;
    const older = this.members.findIndex((member) => member.seat === seat);
    if (older >= 0) this.members[older] = guest;
    else this.members.push(guest);
    if (older < 0 || !replaces) this.#tellOthers(guest, { kind: 'joined', id: this.id(seat) });
    this.#send(guest, {
      kind: 'ack',
      users: lists ? this.members.map((member) => this.id(member.seat)) : undefined,
      is_host: says_host ? this.members[0] === guest : undefined,
    });
  }

  #exit(guest: Guest): void {
    if (guest.ended) return;
    guest.ended = true;
    const at = this.members.indexOf(guest);
    if (at < 0) {
      // It has been replaced: one that does not know of that tells it all the same.
      if (!this.#manners.replaces && guest.open === false)
        this.#tellOthers(guest, { kind: 'left', id: this.id(guest.seat) });
      return;
    }
    this.members.splice(at, 1);
    this.#tellOthers(guest, { kind: 'left', id: this.id(guest.seat) });
    const host = this.members[0];
    if (at === 0 && host && this.#manners.tells_host) this.#send(host, { kind: 'host', id: this.id(host.seat) });
  }

  #tellOthers(guest: Guest, said: Said): void {
    if (!this.#manners.tells) return;
    const tell = (): void => {
      for (const member of this.members) if (member.seat !== guest.seat) this.#send(member, said);
    };
    if (this.#manners.lag === 0) tell();
    else this.at(this.time.clock() + this.#manners.lag, tell);
  }

  #send(to: Guest, said: Said): void {
    for (const one of this.#manners.says?.(said, to, this) ?? [said]) {
      to.last = Math.max(to.last, this.time.clock() + this.#way());
      this.at(to.last, () => {
        if (to.open) this.#read(to, one);
      });
    }
  }

  #read(guest: Guest, said: Said): void {
    const { presence, time } = this;
    const { seat } = guest;
    const now = time.clock();
    this.#heard[seat] = now;
    switch (said.kind) {
      case 'ack':
        guest.joined = true;
        return presence.joined(
          seat,
          { ...(said.users && { users: said.users }), ...(said.is_host !== undefined && { is_host: said.is_host }) },
          now,
        );
      case 'joined':
      case 'left':
        return presence.notice(seat, said.id, said.kind === 'joined', now);
      case 'host':
        return presence.host(seat, said.id, now);
      case 'close':
        guest.open = false;
        return presence.gone(seat, 'orderly', now);
    }
  }

  /** Something that reaches a user now and then, whatever happens. */
  beat(every: number): void {
    this.time.every(every, () => {
      for (let seat = 0; seat < this.users; seat++) if (this.isOpen(seat)) this.#heard[seat] = this.time.clock();
    });
  }

  /** Lets it be until `end` µs, looks for the last time, and says what was counted. */
  end(end: number): Record<string, number> {
    this.time.run(end);
    this.presence.finish(this.time.clock());
    const { stages } = this.#recorder.take(0, 0, end / 1000, 0);
    return { ...stages.steady?.counters, ...stages.drain?.counters, ...stages.ramp?.counters } as Record<
      string,
      number
    >;
  }
}
