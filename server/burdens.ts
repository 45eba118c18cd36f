import { closeSync, openSync } from 'node:fs';
import type { Clock } from './clock.ts';
import type { Fault, FaultName } from './faults.ts';
import type { Sabotage } from './sabotage.ts';

/** A file that is on every machine and can be read. */
const A_FILE = process.execPath;

/** Faults of the whole process: it stands still, burns time, or keeps memory and files. */
export class Burdens {
  readonly #sabotage: Sabotage;
  readonly #clock: Clock;
  readonly #cancel = new Map<FaultName, () => void>();
  #memory: Buffer[] = [];
  #files: number[] = [];

  constructor(sabotage: Sabotage, clock: Clock) {
    this.#sabotage = sabotage;
    this.#clock = clock;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    this.#everyPeriod(
      'stall',
      ({ value }) => value,
      ({ value }) => void Atomics.wait(cell, 0, 0, value),
    );
    this.#everyPeriod(
      'slow',
      ({ value }) => value,
      ({ value }) => this.#burn(value),
    );
    // Written to, as the system gives no memory that nobody has touched.
    this.#everyPeriod(
      'memory-leak',
      () => 0,
      ({ value }) => this.#memory.push(Buffer.alloc(value, 1)),
    );
  }

  /** A client was let in. */
  connected(): void {
    if (this.#sabotage.happens('fd-leak')) {
      this.#files.push(openSync(A_FILE, 'r'));
      this.#sabotage.count('fd-leak');
    }
  }

  /** Ends them, and gives back what they took: a server need not be a process of its own. */
  stop(): void {
    for (const cancel of this.#cancel.values()) cancel();
    for (const file of this.#files) closeSync(file);
    this.#files = [];
    this.#memory = [];
  }

  /** Does something in each period, at times that do not drift: so long before its end that it ends with it. */
  #everyPeriod(name: FaultName, length: (fault: Fault) => number, act: (fault: Fault) => void): void {
    const fault = this.#sabotage.asked(name);
    if (!fault || fault.period === 0) return;
    const start = this.#sabotage.from(name) - length(fault);
    let nth = 0;
    const wait = (): void => {
      nth++;
      const ms = Math.max(0, start + nth * fault.period - this.#clock.now());
      this.#cancel.set(
        name,
        this.#clock.after(ms, () => {
          this.#sabotage.count(name);
          act(fault);
          wait();
        }),
      );
    };
    wait();
  }

  #burn(ms: number): void {
    const until = this.#clock.now() + ms;
    while (this.#clock.now() < until);
  }
}
