import { performance, PerformanceObserver, type EventLoopUtilization } from 'node:perf_hooks';
import { TREND, type Recorder } from '../core/recorder.ts';
import type { Clock } from '../load/ports.ts';
import { StolenTime } from './stolen-time.ts';

/** Memory of this process; to read it the system opens a file, which a process with too many of them may not. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/** Watches this process: a load generator that is itself the bottleneck has to say so. */
export class Health {
  #loop: EventLoopUtilization = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #at = performance.now();
  readonly #stolen = new StolenTime();
  readonly #collections: PerformanceObserver;

  constructor(recorder: Recorder, clock: Clock) {
    this.#collections = new PerformanceObserver((list) => {
      const stage = recorder.stageOf(clock());
      for (const entry of list.getEntries()) recorder.measure(stage, TREND.generator_gc_pause, entry.duration * 1000);
    });
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  /** Takes down the time since the last call. */
  sample(recorder: Recorder, stage: number): void {
    const now = performance.now();
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const seconds = (now - this.#at) / 1000;
    const used = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1e6;
    recorder.gauge(
      stage,
      'generator_event_loop_utilization',
      performance.eventLoopUtilization(loop, this.#loop).utilization,
    );
    if (seconds > 0) recorder.gauge(stage, 'generator_cpu', used / seconds);
    const rss = residentBytes();
    if (rss !== undefined) recorder.gauge(stage, 'generator_rss', rss);
    const stolen = this.#stolen.sample();
    if (stolen !== undefined) recorder.gauge(stage, 'generator_steal', stolen);
    this.#loop = loop;
    this.#cpu = cpu;
    this.#at = now;
  }

  stop(): void {
    this.#collections.disconnect();
    this.#stolen.stop();
  }
}
