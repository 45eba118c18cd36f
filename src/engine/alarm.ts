import { parentPort, workerData } from 'node:worker_threads';
import { DUE, NEXT, runClock, WAKES, type AlarmMemory } from './clock.ts';

/**
 * The thread that wakes a worker at a due time to within tens of µs, where `setTimeout` knows whole ms only. It sleeps
 * on a futex with a fractional time-out. What costs is each waking, 20 µs and more on a virtual machine: so it is told
 * one due time ahead, sleeps on by itself, and is woken only for what is due before it would wake anyhow.
 */
const { setting, times } = workerData as AlarmMemory;
const clock = runClock(0);
/** A sleep has to be finite to be asked again. */
const LONGEST_MS = 60_000;

let rung = -1;
/** Whether it slept on after it rang. */
let rested = false;
for (;;) {
  const number = Atomics.load(setting, 0);
  const now = clock();
  let wakes = times[DUE]!;
  if (wakes <= now) {
    if (number !== rung) {
      rung = number;
      rested = false;
      parentPort!.postMessage(number);
    }
    // Whoever was rung has set a new time by then; where it is held up, it wakes this thread once it has.
    wakes = rested ? Infinity : Math.max(times[NEXT]!, now);
    rested = true;
  }
  times[WAKES] = wakes;
  // A setting that was made meanwhile is seen here: the sleep then does not begin.
  Atomics.wait(setting, 0, number, Math.min((wakes - now) / 1000, LONGEST_MS));
}
