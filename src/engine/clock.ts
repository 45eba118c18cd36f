import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../load/ports.ts';

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

/** The one timer of a process, over `setTimeout`, which knows whole ms only: it fires up to 1 ms late, never early. */
export function runTimer(clock: Clock): Timer {
  let armed: NodeJS.Timeout | undefined;
  let at = Infinity;
  let then = (): void => {};
  const fire = (): void => {
    armed = undefined;
    at = Infinity;
    then();
  };
  return {
    set(due, call) {
      then = call;
      if (armed && due === at) return;
      clearTimeout(armed);
      at = due;
      armed = setTimeout(fire, Math.max(1, Math.ceil((due - clock()) / 1000)));
    },
    clear() {
      clearTimeout(armed);
      armed = undefined;
      at = Infinity;
    },
  };
}
