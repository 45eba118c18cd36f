import type { Clock } from './clock.ts';
import type { Sabotage } from './sabotage.ts';

/**
 * A server with a fixed service time, for the fault `saturate`: what comes from clients is taken one after the other,
 * each as long as the rate says, whatever comes.
 */
export class Service {
  readonly #sabotage: Sabotage;
  readonly #clock: Clock;
  #waiting: { at: number; take: () => void }[] = [];
  /** When the last of those that wait is done, ms. */
  #free = 0;

  constructor(sabotage: Sabotage, clock: Clock) {
    this.#sabotage = sabotage;
    this.#clock = clock;
  }

  /** Where the fault was asked for. */
  static of(sabotage: Sabotage | undefined, clock: Clock): Service | undefined {
    return sabotage?.asked('saturate') && new Service(sabotage, clock);
  }

  /** A message came. */
  serve(take: () => void): void {
    const fault = this.#sabotage.active('saturate');
    const now = this.#clock.now();
    if (this.#free > now) this.#sabotage.count('saturate');
    if (fault) this.#free = Math.max(this.#free, now) + 1000 / fault.value;
    this.inTurn(take);
  }

  /** Behind every message that came before; takes no time itself. */
  inTurn(take: () => void): void {
    if (this.#free <= this.#clock.now() && this.#waiting.length === 0) take();
    else if (this.#waiting.push({ at: this.#free, take }) === 1) this.#wait();
  }

  #wait(): void {
    this.#clock.after(Math.max(0, this.#waiting[0]!.at - this.#clock.now()), this.#go);
  }

  readonly #go = (): void => {
    const now = this.#clock.now();
    let done = 0;
    while (done < this.#waiting.length && this.#waiting[done]!.at <= now) done++;
    for (const { take } of this.#waiting.splice(0, done)) take();
    if (this.#waiting.length > 0) this.#wait();
  };
}
