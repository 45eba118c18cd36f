import { performance } from 'node:perf_hooks';

/** Time as the server knows it: an argument, so that a test can run hours of it in no time. */
export interface Clock {
  /** Monotonic, ms. */
  now(): number;
  /** Wall clock, s: the `timestamp` of messages. */
  wall(): number;
  /**
   * Runs `task` once, `ms` from now.
   * @returns what cancels it
   */
  after(ms: number, task: () => void): () => void;
}

/** The machine's own time. Its timers never keep the process alive. */
export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now() / 1000,
  after: (ms, task) => {
    const timer = setTimeout(task, ms).unref();
    return () => clearTimeout(timer);
  },
};
