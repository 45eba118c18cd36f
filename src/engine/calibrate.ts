import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Connection } from '../load/ports.ts';
import { monotonicUs, runClock } from './clock.ts';
import { netDoor } from './net-door.ts';
import { builtUrl } from './programs.ts';

/** What this machine does with an echo on its own loopback: the least that any latency here can be. */
export interface Calibration {
  /**
   * The median time of an echo, ms: from sending over the door that users take, through another event loop, to having
   * it back. The median, as what else starts at this moment makes the tail.
   */
  floor_ms: number;
  /** What one costs the event loop that sends and receives it, µs. */
  echo_us: number;
}

/** About as long as an edit with its token. */
const MESSAGE = JSON.stringify({ type: 'command', data: 'x'.repeat(280) });
/** The first ones are slow, as the code is not compiled yet. */
const WARM_UP = 150;
/** The cost is that of the cheapest batch: whatever came between the others made them dearer. */
const BATCHES = 16;
const BATCH = 25;
/** A machine that is so slow at it is not measured: a run must not wait for this. */
const LONGEST_MS = 1500;

let known: Promise<Calibration | undefined> | undefined;

/**
 * Measures this machine for about 100 ms, once: it stays the same for all runs of a process.
 * @returns nothing where it cannot be: without loopback, or where it takes too long
 */
export const calibrate = (): Promise<Calibration | undefined> => (known ??= measure());

async function measure(): Promise<Calibration | undefined> {
  const thread = new Worker(builtUrl('echo.js'));
  const too_late = new AbortController();
  const timer = setTimeout(() => too_late.abort(), LONGEST_MS);
  try {
    return await new Promise((resolve) => {
      thread.once('error', () => resolve(undefined));
      too_late.signal.addEventListener('abort', () => resolve(undefined));
      thread.once('message', (port: number) => echoes(port, resolve));
    });
  } finally {
    clearTimeout(timer);
    void thread.terminate();
  }
}

/** Sends one message after the other and has each come back first. */
function echoes(port: number, done: (result: Calibration | undefined) => void): void {
  const clock = runClock(monotonicUs());
  const target = { urls: [`ws://127.0.0.1:${port}`], headers: {}, subprotocols: [] };
  const times: number[] = [];
  const costs: number[] = [];
  let sent = 0;
  let before = performance.eventLoopUtilization();
  const send = (connection: Connection): void => {
    sent = clock();
    connection.send(MESSAGE);
  };
  let warm = 0;
  netDoor(target, 'floor', clock).connect(0, 0, 0, {
    opened: (_seat, connection) => send(connection),
    message(_seat, connection, _bytes, _start, _end, at) {
      if (warm < WARM_UP) {
        if (++warm === WARM_UP) before = performance.eventLoopUtilization();
        return send(connection);
      }
      times.push(at - sent);
      if (times.length % BATCH === 0) {
        const now = performance.eventLoopUtilization();
        costs.push(((now.active - before.active) * 1000) / BATCH);
        before = now;
      }
      if (times.length < BATCHES * BATCH) return send(connection);
      connection.cut();
      done({ floor_ms: median(times) / 1000, echo_us: Math.min(...costs) });
    },
    binary() {},
    closed: () => done(undefined),
  });
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
