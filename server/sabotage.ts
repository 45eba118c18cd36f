import { draw, keyOf, uniform } from '../src/core/random.ts';
import type { Clock } from './clock.ts';
import { FAULT_NAMES, type Fault, type FaultName } from './faults.ts';
import { Frame } from './frames.ts';

interface Committed {
  fault: Fault;
  /** The clock's ms from which it is committed. */
  from: number;
  key: number;
  /** Draws made so far. */
  draws: number;
}

/** Commits the faults asked for, by lot and by the seed, and counts each one that was committed. */
export class Sabotage {
  /** How often each fault asked for was committed: exact. */
  readonly counts: Partial<Record<FaultName, number>> = {};
  readonly #clock: Clock;
  readonly #faults: Partial<Record<FaultName, Committed>> = {};
  /** Whether a copy of a command can meet a fault at all. */
  readonly deliveries: boolean;

  constructor(faults: readonly Fault[], seed: number, clock: Clock) {
    this.#clock = clock;
    const start = clock.now();
    for (const fault of faults) {
      const key = keyOf(seed, FAULT_NAMES.indexOf(fault.name));
      this.#faults[fault.name] = { fault, from: start + fault.onset, key, draws: 0 };
      this.counts[fault.name] = 0;
    }
    this.deliveries = (['drop', 'duplicate', 'leak', 'echo', 'corrupt'] as const).some((name) => this.#faults[name]);
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

  /** Draws whether a fault with a probability is to be committed now. Count it once it is: {@link count}. */
  happens(name: FaultName): boolean {
    const fault = this.active(name);
    return fault !== undefined && uniform(this.#faults[name]!.key, this.#faults[name]!.draws++) < fault.value;
  }

  count(name: FaultName): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  /** One of many, by lot. */
  pick<Of>(name: FaultName, among: readonly Of[]): Of | undefined {
    const committed = this.#faults[name];
    if (!committed || among.length === 0) return undefined;
    return among[draw(committed.key, committed.draws++) % among.length];
  }
}

/** Where a command's data has a character that can be another: a coordinate, or the id in it, or the item's own. */
const SPOTS = ['"x_mm":', '"item_uuid":"', '"item_id":"'].map((text) => Buffer.from(text));
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** A copy with one digit or letter changed, of the same length and still JSON; nothing where there is no such place. */
export function corrupted(frame: Frame): Frame | undefined {
  for (const spot of SPOTS) {
    const found = frame.bytes.indexOf(spot, frame.header);
    if (found < 0) continue;
    let at = found + spot.length;
    while (frame.bytes[at] === 0x20 || frame.bytes[at] === 0x2d) at++;
    const changed = changedTo(frame.bytes[at]!);
    if (changed === undefined) continue;
    const bytes = Buffer.from(frame.bytes);
    bytes[at] = changed;
    return new Frame(bytes, frame.header, frame.droppable);
  }
  return undefined;
}

/** Another character of the same kind: never a leading zero, which JSON forbids, and never outside of a UUID's digits. */
function changedTo(byte: number): number | undefined {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return ((byte - DIGIT_0) % 9) + 1 + DIGIT_0;
  if (byte >= 0x61 && byte <= 0x66) return ((byte - 0x61 + 1) % 6) + 0x61;
  if (byte >= 0x41 && byte <= 0x46) return ((byte - 0x41 + 1) % 6) + 0x41;
  return undefined;
}
