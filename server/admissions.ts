/** How long newcomers may keep a turn of the event loop from those who are in already, ms. */
const BUDGET = 4;

/**
 * Lets newcomers in, a few in each turn of the event loop. A handshake, an acknowledgement that lists everybody and a
 * whole state cost many times what a message does: a thousand at once must not make the others wait.
 */
export class Admissions {
  readonly #now: () => number;
  #waiting: (() => void)[] = [];

  /** @param now a clock's ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param admit lets one in, at the end of this turn or of a later one */
  add(admit: () => void): void {
    if (this.#waiting.push(admit) === 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const until = this.#now() + BUDGET;
    let admitted = 0;
    do this.#waiting[admitted++]!();
    while (admitted < this.#waiting.length && this.#now() < until);
    this.#waiting = this.#waiting.slice(admitted);
    if (this.#waiting.length > 0) setImmediate(this.#turn);
  };
}
