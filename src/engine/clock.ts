import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../load/ports.ts';
import type { AlarmMemory } from './alarm.ts';
import { builtUrl } from './programs.ts';

/** The machine's monotonic clock, whole µs: the same in all processes of a machine. */
export const monotonicUs = (): number => Math.floor(Number(process.hrtime.bigint() / 1000n));

/**
 * The run's clock: µs since the coordinator's epoch. `performance.now` reads the same clock as `hrtime` from another
 * zero and costs a third of it; the distance is taken once.
 * @param epoch `monotonicUs()` of the coordinator at the run's zero
 */
export function runClock(epoch: number): Clock {
  const offset = monotonicUs() - performance.now() * 1000 - epoch;
  return () => Math.floor(performance.now() * 1000 + offset);
}

/** The least time between two wake-ups, µs: bounds what waking costs where something is due all the time. */
const LEAST_SLEEP_US = 300;

/** A timer, and how to end the thread behind it. */
export interface RunTimer extends Timer {
  end(): void;
}

/**
 * The one timer of a process: a thread that sleeps to the µs and wakes this one (alarm.ts), as `setTimeout` would make
 * every send up to 1 ms late.
 * @param epoch the run's zero, as for {@link runClock}
 */
export function runTimer(clock: Clock, epoch: number): RunTimer {
  const memory: AlarmMemory = {
    setting: new Int32Array(new SharedArrayBuffer(4)),
    due: new Float64Array(new SharedArrayBuffer(8)),
  };
  memory.due[0] = Infinity;
  const thread = new Worker(builtUrl('alarm.js'), { workerData: memory });
  let then = (): void => {};
  let at = Infinity;
  let setting = 0;
  thread.on('message', (number: number) => {
    // A message of an earlier setting crossed a newer one.
    if (number !== setting || at === Infinity) return;
    at = Infinity;
    then();
  });
  const arm = (due: number): void => {
    at = due;
    memory.due[0] = due + epoch;
    setting = Atomics.add(memory.setting, 0, 1) + 1;
    Atomics.notify(memory.setting, 0);
  };
  return {
    set(due, call) {
      then = call;
      const soonest = Math.max(due, clock() + LEAST_SLEEP_US);
      if (at === Infinity || soonest < at || due > at) arm(soonest);
    },
    clear() {
      if (at !== Infinity) arm(Infinity);
    },
    end: () => void thread.terminate(),
  };
}
