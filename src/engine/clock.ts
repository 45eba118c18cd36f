import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../load/ports.ts';
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

/** What this thread and the one that wakes it both see. */
export interface AlarmMemory {
  /** [0] number of the setting, which changes with each new due time. */
  setting: Int32Array;
  /** By DUE, NEXT and WAKES: µs of the machine's monotonic clock, Infinity for never. */
  times: Float64Array;
}
/** What is due first. */
export const DUE = 0;
/** What is due after that. */
export const NEXT = 1;
/** Until when the other thread sleeps. */
export const WAKES = 2;

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
  const { setting, times }: AlarmMemory = {
    setting: new Int32Array(new SharedArrayBuffer(4)),
    times: new Float64Array(new SharedArrayBuffer(3 * 8)).fill(Infinity),
  };
  const thread = new Worker(builtUrl('alarm.js'), { workerData: { setting, times } satisfies AlarmMemory });
  let then = (): void => {};
  let at = Infinity;
  let number = 0;
  thread.on('message', (rung: number) => {
    // A message of an earlier setting crossed a newer one.
    if (rung !== number || at === Infinity) return;
    at = Infinity;
    then();
  });
  const arm = (due: number, next: number): void => {
    at = due;
    times[DUE] = due + epoch;
    times[NEXT] = next + epoch;
    number = Atomics.add(setting, 0, 1) + 1;
    // Read after the number has changed: a thread that is about to sleep sees that, or has said until when.
    if (due + epoch < times[WAKES]!) Atomics.notify(setting, 0);
  };
  return {
    set(due, call, next) {
      then = call;
      const soonest = Math.max(due, clock() + LEAST_SLEEP_US);
      if (at === Infinity || soonest < at || due > at) arm(soonest, Math.max(next, soonest + LEAST_SLEEP_US));
    },
    clear() {
      if (at !== Infinity) arm(Infinity, Infinity);
    },
    end: () => void thread.terminate(),
  };
}
