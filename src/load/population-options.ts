import type { Recorder } from '../core/recorder.ts';
import type { DeliveryOptions } from '../oracles/delivery.ts';
import type { Plan } from '../plan/plan.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import type { Walk } from '../scenario/journey.ts';
import type { Clock, Door, Timer } from './ports.ts';

/** Who the users of a process are, and the host that they run on. */
export interface PopulationOptions {
  plan: Plan;
  run: string;
  spec: ScenarioSpec;
  /** Indices in the whole run of this process's sessions. */
  sessions: readonly number[];
  recorder: Recorder;
  clock: Clock;
  timer: Timer;
  door: Door;
  /** Wall clock, s, for the `timestamp` of messages. */
  wallClock: () => number;
  same: DeliveryOptions['same'];
  /** What the users of a journey do. */
  walk?: Walk;
  /** Told of what a journey throws. */
  threw?: (error: unknown) => void;
  /** Everybody has left after the drain. */
  done: () => void;
}
