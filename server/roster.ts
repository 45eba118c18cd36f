import { userJson } from './messages.ts';
import type { Receiver } from './session.ts';

/** A user who is present in a session. A newer connection of the same user takes over its place (P6). */
export interface Member {
  readonly userId: string;
  receiver: Receiver;
  /** The member's entry in the ack's `users`. */
  readonly json: string;
}

/** Who is present in a session, the longest first: the first is the host (P13). */
export class Roster {
  readonly #members: Member[] = [];
  readonly #byId = new Map<string, Member>();
  /** Everybody's entry in the ack's `users`. A joiner is appended: a storm of n joiners writes n entries, not n². */
  #json: string | undefined = '';

  /** The entries of those who have left, are remembered and have not come back, the longest gone first. */
  readonly #gone = new Map<string, string>();

  get size(): number {
    return this.#members.length;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get host(): Member | undefined {
    return this.#members[0];
  }

  member(userId: string): Member | undefined {
    return this.#byId.get(userId);
  }

  /** @param wall when the user came, s */
  add(userId: string, receiver: Receiver, wall: number): Member {
    const member = { userId, receiver, json: userJson(userId, wall) };
    if (this.#json !== undefined) this.#json += this.#json === '' ? member.json : `,${member.json}`;
    this.#members.push(member);
    this.#byId.set(userId, member);
    this.#gone.delete(userId);
    return member;
  }

  /** @param remembered whether {@link goneJson} is to know of it */
  remove(member: Member, remembered: boolean): void {
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#byId.delete(member.userId);
    this.#json = undefined;
    if (remembered) this.#gone.set(member.userId, member.json);
  }

  /** The entry of who has been away longest, for the fault that lists it. */
  goneJson(): string | undefined {
    return this.#gone.values().next().value;
  }

  /** The entries of the ack's `users`. */
  usersJson(): string {
    return (this.#json ??= this.#members.map(({ json }) => json).join(','));
  }
}
