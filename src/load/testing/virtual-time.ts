import type { Clock, Timer } from '../ports.ts';

/** Time that passes only when it is told to: whole hours in milliseconds, the same each time. */
export class VirtualTime {
  #now = 0;
  #nth = 0;
  #waiting: { at: number; nth: number; call: () => void }[] = [];

  readonly clock: Clock = () => this.#now;

  /** Calls back at `at` µs; calls of one moment come in the order in which they were asked for. */
  at(at: number, call: () => void): () => void {
    const entry = { at: Math.ceil(Math.max(at, this.#now)), nth: this.#nth++, call };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  timer(): Timer {
    let cancel = (): void => {};
    return {
      set: (due, fire) => {
        cancel();
        cancel = this.at(due, fire);
      },
      clear: () => cancel(),
    };
  }

  every(us: number, call: () => void): void {
    const next = (): void => {
      call();
      this.at(this.#now + us, next);
    };
    this.at(this.#now + us, next);
  }

  /** Lets time pass until `until` says so, or nothing is left to come, or `end` µs are reached. */
  run(end: number, until: () => boolean = () => false): void {
    while (this.#waiting.length > 0 && !until()) {
      this.#waiting.sort((a, b) => a.at - b.at || a.nth - b.nth);
      if (this.#waiting[0]!.at > end) break;
      const { at, call } = this.#waiting.shift()!;
      this.#now = at;
      call();
    }
  }
}
