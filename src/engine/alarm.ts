import { parentPort, workerData } from 'node:worker_threads';
import { monotonicUs } from './clock.ts';

/**
 * The thread that wakes a worker at a due time to within tens of µs, where `setTimeout` knows whole ms only. It sleeps
 * on a futex with a fractional time-out; a new due time wakes it early.
 */
export interface AlarmMemory {
  /** [0] number of the setting, which changes with each new due time. */
  setting: Int32Array;
  /** [0] due, µs of the machine's monotonic clock; Infinity for never. */
  due: Float64Array;
}

const { setting, due } = workerData as AlarmMemory;
/** A sleep has to be finite to be asked again. */
const LONGEST_MS = 60_000;

for (;;) {
  const number = Atomics.load(setting, 0);
  const ms = (due[0]! - monotonicUs()) / 1000;
  if (ms > 0) Atomics.wait(setting, 0, number, Math.min(ms, LONGEST_MS));
  else {
    parentPort!.postMessage(number);
    // Until the next setting there is nothing to wake anybody for.
    Atomics.wait(setting, 0, number);
  }
}
