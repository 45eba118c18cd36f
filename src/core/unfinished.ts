import { BreachError, tooMuchUnfinished } from './breaches.ts';

/** How much of what is not finished all connections of a process keep together. */
export class Unfinished {
  readonly #most: number;
  #bytes = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes room, or gives it back. @throws BreachError where there is none left */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#most) throw new BreachError(tooMuchUnfinished(this.#most));
    this.#bytes += bytes;
  }
}
