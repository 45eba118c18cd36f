import type { Clock } from './clock.ts';
import { corrupted } from './corruption.ts';
import type { Frame } from './frames.ts';
import * as messages from './messages.ts';
import type { Member } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import type { Receiver } from './session.ts';
import type { Telemetry } from './telemetry.ts';

/** How long a copy is held back for another to overtake it, ms: then it goes out after all, and nothing was done. */
const HOLD = 1000;

/** A copy that another one is to overtake. */
interface Held {
  fault: 'reorder' | 'reorder-senders';
  frame: Frame;
  sender: Member;
  receiver: Receiver;
  /** Cancels the end of its time. */
  cancel: () => void;
}

/** What {@link Copies} works with. */
interface CopiesOptions {
  sabotage: Sabotage;
  clock: Clock;
  telemetry: Telemetry;
  /** A user of another session. */
  stranger(): Receiver | undefined;
}

/** The copies of a session's commands, with the faults that can befall them. */
export class Copies {
  readonly #options: CopiesOptions;
  /** At most one for each receiver. */
  readonly #held = new Map<Member, Held>();
  #inventions = 0;

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** Sends a command to everybody but its sender. */
  deliver(frame: Frame, sender: Member, members: readonly Member[]): void {
    const { sabotage, stranger } = this.#options;
    for (const member of members) {
      if (member === sender || sabotage.commits('drop')) continue;
      const altered = sabotage.happens('corrupt') ? corrupted(frame) : undefined;
      if (altered) sabotage.count('corrupt');
      const copy = altered ?? frame;
      this.#pass(copy, sender, member);
      if (sabotage.commits('duplicate')) this.#send(member.receiver, copy);
      const other = sabotage.happens('leak') ? stranger() : undefined;
      if (other) {
        sabotage.count('leak');
        this.#send(other, frame);
      }
      if (sabotage.commits('invent')) this.#send(member.receiver, this.#invention());
    }
    if (sabotage.commits('echo')) this.#send(sender.receiver, frame);
  }

  #send(receiver: Receiver, frame: Frame): void {
    const { telemetry } = this.#options;
    receiver.send(frame);
    telemetry.sent.command++;
    telemetry.deliveries++;
  }

  /** Sends a copy, or holds it back; the one that was held back goes out behind the one that was to overtake it. */
  #pass(copy: Frame, sender: Member, member: Member): void {
    const { sabotage } = this.#options;
    const held = this.#held.get(member);
    if (!held) {
      const fault = sabotage.happens('reorder')
        ? 'reorder'
        : sabotage.happens('reorder-senders')
          ? 'reorder-senders'
          : undefined;
      if (fault) this.#hold(fault, copy, sender, member);
      else this.#send(member.receiver, copy);
      return;
    }
    const overtakes = (held.sender === sender) === (held.fault === 'reorder');
    // What is of one sender stays in order where it is senders that change places.
    if (!overtakes && held.sender === sender) this.release(member);
    this.#send(member.receiver, copy);
    if (!overtakes) return;
    sabotage.count(held.fault);
    this.release(member);
  }

  #hold(fault: Held['fault'], frame: Frame, sender: Member, member: Member): void {
    const cancel = this.#options.clock.after(HOLD, () => this.release(member));
    this.#held.set(member, { fault, frame, sender, receiver: member.receiver, cancel });
  }

  /** Sends what is held back for a user: whatever comes next takes it for sent. */
  release(member: Member): void {
    const held = this.#held.get(member);
    if (!held) return;
    this.#held.delete(member);
    held.cancel();
    this.#send(held.receiver, held.frame);
  }

  /** Sends everything that is held back, or all that is of one sender. */
  releaseAll(sender?: Member): void {
    for (const [member, held] of this.#held) if (!sender || held.sender === sender) this.release(member);
  }

  /** A user is gone, or its connection is. */
  forget(member: Member): void {
    this.#held.get(member)?.cancel();
    this.#held.delete(member);
  }

  #invention(): Frame {
    const { sabotage, clock } = this.#options;
    const nth = ++this.#inventions;
    const digits = (number: number, length: number): string => number.toString(16).padStart(length, '0');
    const id = `${digits(sabotage.lot('invent'), 8)}-0000-4000-8000-${digits(nth, 12)}`;
    return messages.invented(id, `nobody-${nth}`, clock.wall());
  }
}
