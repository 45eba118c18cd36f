import type { Clock } from './clock.ts';
import type { Frame } from './frames.ts';
import type { Sabotage } from './sabotage.ts';
import type { Receiver } from './session.ts';

const MINUTE = 60_000;

interface Delayed {
  at: number;
  receiver: Receiver;
  frame: Frame;
}

/** Messages to clients that go out late, for the faults `slow` and `drift`. A delay never shrinks: the order stays. */
export class Delays {
  readonly #sabotage: Sabotage;
  readonly #clock: Clock;
  #waiting: Delayed[] = [];
  #cancel: (() => void) | undefined;

  constructor(sabotage: Sabotage, clock: Clock) {
    this.#sabotage = sabotage;
    this.#clock = clock;
  }

  /** Where such a fault was asked for. */
  static of(sabotage: Sabotage | undefined, clock: Clock): Delays | undefined {
    const slow = sabotage?.asked('slow');
    const isDelay = slow !== undefined && slow.period === 0;
    return sabotage && (isDelay || sabotage.asked('drift')) ? new Delays(sabotage, clock) : undefined;
  }

  send(receiver: Receiver, frame: Frame): void {
    const now = this.#clock.now();
    const delay = this.#delay(now);
    if (delay === 0 && this.#waiting.length === 0) {
      receiver.send(frame);
      return;
    }
    if (this.#waiting.push({ at: now + delay, receiver, frame }) === 1) this.#wait();
  }

  /** Sends at once what waits for one receiver: it is about to be closed. */
  flush(receiver: Receiver): void {
    const [own, others]: [Delayed[], Delayed[]] = [[], []];
    for (const delayed of this.#waiting) (delayed.receiver === receiver ? own : others).push(delayed);
    this.#waiting = others;
    for (const { frame } of own) receiver.send(frame);
  }

  #delay(now: number): number {
    const sabotage = this.#sabotage;
    let delay = 0;
    const slow = sabotage.active('slow');
    if (slow?.period === 0) {
      delay += slow.value;
      sabotage.count('slow');
    }
    const grown = ((sabotage.active('drift')?.value ?? 0) * (now - sabotage.from('drift'))) / MINUTE;
    if (grown > 0) {
      delay += grown;
      sabotage.count('drift');
    }
    return delay;
  }

  #wait(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(Math.max(0, this.#waiting[0]!.at - this.#clock.now()), this.#go);
  }

  readonly #go = (): void => {
    const now = this.#clock.now();
    let due = 0;
    while (due < this.#waiting.length && this.#waiting[due]!.at <= now) due++;
    for (const { receiver, frame } of this.#waiting.splice(0, due)) receiver.send(frame);
    if (this.#waiting.length > 0) this.#wait();
  };
}
