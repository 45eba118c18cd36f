import { performance } from 'node:perf_hooks';
import { Recorder } from '../../core/recorder.ts';
import { conclude } from '../../judges/conclude.ts';
import { Population } from '../../load/population.ts';
import type { Timer } from '../../load/ports.ts';
import { stageEnds, type Plan, type Target } from '../../plan/plan.ts';
import { addInterval, emptyMeasurement } from '../../result/measurement.ts';
import type { Result } from '../../result/result.ts';
import type { ScenarioSpec } from '../../scenario/define.ts';
import { netDoor } from '../net-door.ts';
import { wsDoor } from '../ws-door.ts';

/** How often books are kept, ms: oftener than in a worker, as these runs are short. */
const TICK_MS = 250;

/** A timer of the host: late by a millisecond, which is nothing here. */
function hostTimer(clock: () => number): Timer {
  let handle: NodeJS.Timeout | undefined;
  return {
    set(due, fire) {
      clearTimeout(handle);
      handle = setTimeout(fire, Math.max(0, Math.ceil((due - clock()) / 1000)));
    },
    clear: () => clearTimeout(handle),
  };
}

const { compare } = Buffer.prototype;

/** A whole run in this process: real sockets, real time, every judge, no children. */
export function rehearse(plan: Plan, run: string, spec: ScenarioSpec, target: Target): Promise<Result> {
  const zero = performance.now();
  const clock = (): number => Math.floor((performance.now() - zero) * 1000);
  const recorder = new Recorder(stageEnds(plan));
  const measurement = emptyMeasurement(plan);
  const started_at = new Date().toISOString();
  return new Promise((resolve) => {
    let taken = 0;
    const take = (): void => {
      const now = clock() / 1000;
      addInterval(measurement, recorder.take(0, taken, now, population.pending));
      taken = now;
    };
    const ticking = setInterval(() => {
      population.tick();
      take();
    }, TICK_MS);
    const population = new Population({
      plan,
      run,
      spec,
      sessions: Array.from({ length: plan.sessions }, (_, session) => session),
      recorder,
      clock,
      timer: hostTimer(clock),
      door: (plan.transport === 'ws' ? wsDoor : netDoor)(target, run, clock),
      wallClock: () => Date.now() / 1000,
      same: (a, start, end, b) => compare.call(a as Buffer, b, 0, end - start, start, end) === 0,
      done: () => {
        clearInterval(ticking);
        // What the call that ended the last connection still has to say belongs to the run.
        setImmediate(() => {
          take();
          const environment = { tool: 'test', node: process.version, os: '', cpu: '', cores: 1, memory_bytes: 0 };
          const header = { run: { id: run, started_at }, plan, environment };
          resolve(conclude({ header, measurement, end: { ended_ms: clock() / 1000 } }));
        });
      },
    });
    population.start();
  });
}
