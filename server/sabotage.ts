import { draw, keyOf, uniform } from '../src/core/random.ts';
import type { Clock } from './clock.ts';
import { FAULT_NAMES, type Fault, type FaultName } from './faults.ts';

interface Committed {
  fault: Fault;
  /** The clock's ms from which it is committed. */
  from: number;
  key: number;
  /** Draws made so far. */
  draws: number;
}

const OF_COPIES: readonly FaultName[] = [
  'drop',
  'duplicate',
  'reorder',
  'reorder-senders',
  'leak',
  'echo',
  'corrupt',
  'invent',
];
const OF_STATES: readonly FaultName[] = ['forget', 'stale-snapshot', 'empty-state'];

/** Commits the faults asked for, by lot and by the seed, and counts each one that was committed. */
export class Sabotage {
  /** How often each fault asked for was committed: exact. */
  readonly counts: Partial<Record<FaultName, number>> = {};
  readonly #clock: Clock;
  readonly #faults: Partial<Record<FaultName, Committed>> = {};
  /** Whether a copy of a command, or a state, can meet a fault at all. */
  readonly deliveries: boolean;
  readonly states: boolean;

  constructor(faults: readonly Fault[], seed: number, clock: Clock) {
    this.#clock = clock;
    const start = clock.now();
    for (const fault of faults) {
      const key = keyOf(seed, FAULT_NAMES.indexOf(fault.name));
      this.#faults[fault.name] = { fault, from: start + fault.onset, key, draws: 0 };
      this.counts[fault.name] = 0;
    }
    this.deliveries = OF_COPIES.some((name) => this.#faults[name]);
    this.states = OF_STATES.some((name) => this.#faults[name]);
  }

  /** The fault, where it was asked for and has set in. */
  active(name: FaultName): Fault | undefined {
    const committed = this.#faults[name];
    return committed && this.#clock.now() >= committed.from ? committed.fault : undefined;
  }

  /** The fault as asked for. */
  asked(name: FaultName): Fault | undefined {
    return this.#faults[name]?.fault;
  }

  /** When a fault sets in, by the clock, ms; never where it was not asked for. */
  from(name: FaultName): number {
    return this.#faults[name]?.from ?? Infinity;
  }

  /** Draws whether a fault with a probability is to be committed now. Count it once it is: {@link count}. */
  happens(name: FaultName): boolean {
    const fault = this.active(name);
    return fault !== undefined && uniform(this.#faults[name]!.key, this.#faults[name]!.draws++) < fault.value;
  }

  /** {@link happens}, and counts it: for a fault that nothing can get in the way of. */
  commits(name: FaultName): boolean {
    const happens = this.happens(name);
    if (happens) this.count(name);
    return happens;
  }

  count(name: FaultName): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  /** A number of 32 bits, by lot. */
  lot(name: FaultName): number {
    const committed = this.#faults[name];
    return committed ? draw(committed.key, committed.draws++) : 0;
  }

  /** One of many, by lot. */
  pick<Of>(name: FaultName, among: readonly Of[]): Of | undefined {
    return among.length === 0 ? undefined : among[this.lot(name) % among.length];
  }
}
