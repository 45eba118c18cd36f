import { Recorder } from '../../core/recorder.ts';
import type { Interval } from '../../core/record.ts';
import { stageEnds, type Plan } from '../../plan/plan.ts';
import type { ScenarioSpec } from '../../scenario/define.ts';
import type { Journey } from '../../scenario/journey.ts';
import { Population } from '../population.ts';
import type { PopulationOptions } from '../population-options.ts';
import type { Door, Timer } from '../ports.ts';
import { sameBytes } from './relay.ts';
import { VirtualTime } from './virtual-time.ts';

export const RUN = 'abc123';

/** A small plan; every test says only what matters to it. */
export function planOf(change: Partial<Plan> = {}): Plan {
  const users = change.users ?? 4;
  const sessions = change.sessions ?? 3;
  return {
    command: 'run',
    scenario: 'test',
    users,
    sessions,
    users_total: users * sessions,
    rate: 2,
    heartbeat_ms: 5000,
    items: 5,
    ramp_up_ms: 1000,
    settle_ms: 500,
    duration_ms: 10_000,
    deadline_ms: 2000,
    seed: 7,
    workers: 1,
    engine: 'node',
    transport: 'net',
    model: 'open',
    shard: { index: 1, of: 1 },
    thresholds: [],
    require: [],
    abort_on: [],
    tags: {},
    target: 'memory',
    plans: { edits: true, cursors: true, heartbeats: true, leaves: false },
    faults: [],
    ...change,
  };
}

export const EDITORS: ScenarioSpec = {
  name: 'test',
  about: 'Everybody edits.',
  users: [
    {
      kind: 'editor',
      share: 1,
      edits: { arrivals: { pattern: 'poisson' }, mix: { add: 1, move: 6, update: 2, remove: 1 } },
      cursors_per_second: 0.5,
    },
  ],
  thresholds: [],
};

export interface Simulated {
  intervals: Interval[];
  /** A counter over the whole run. */
  count(name: string): number;
  /** How many values a trend has, over the whole run. */
  values(name: string): number;
  /** Whether everybody had left before the time was up. */
  finished: boolean;
  ended_us: number;
}

/** What the generator runs on: one that stands still at times does everything later. */
export interface Host {
  timer: Timer;
  /** Calls at once, or as soon as it goes on. */
  run(call: () => void): void;
  /** How late its rings were since the last call, ms. */
  takeLateness?(): number[];
}

/** Runs the whole engine in virtual time against a server in memory. */
export function simulate(
  plan: Plan,
  spec: ScenarioSpec,
  doorOf: (time: VirtualTime) => Door,
  sessions: readonly number[] = Array.from({ length: plan.sessions }, (_, session) => session),
  during: (time: VirtualTime, population: Population) => void = () => {},
  hostOf?: (time: VirtualTime) => Host,
): Simulated {
  const { time, end, isOver, simulated } = begun(plan, { spec }, doorOf, sessions, during, hostOf);
  time.run(end, isOver);
  return simulated();
}

/** The same for users who follow a journey. @param threw told of what it throws */
export async function simulateJourney(
  plan: Plan,
  { spec, walk }: Journey,
  doorOf: (time: VirtualTime) => Door,
  threw?: (error: unknown) => void,
): Promise<Simulated> {
  const sessions = Array.from({ length: plan.sessions }, (_, session) => session);
  const { time, end, isOver, simulated } = begun(plan, { spec, walk, ...(threw && { threw }) }, doorOf, sessions);
  await time.runAsync(end, isOver);
  return simulated();
}

function begun(
  plan: Plan,
  what: Pick<PopulationOptions, 'spec' | 'walk' | 'threw'>,
  doorOf: (time: VirtualTime) => Door,
  sessions: readonly number[],
  during: (time: VirtualTime, population: Population) => void = () => {},
  hostOf: (time: VirtualTime) => Host = (time) => ({ timer: time.timer(), run: (call) => call() }),
): { time: VirtualTime; end: number; isOver(): boolean; simulated(): Simulated } {
  const time = new VirtualTime();
  const host = hostOf(time);
  const recorder = new Recorder(stageEnds(plan));
  let finished = false;
  const population = new Population({
    plan,
    run: RUN,
    ...what,
    sessions,
    recorder,
    clock: time.clock,
    timer: host.timer,
    door: doorOf(time),
    wallClock: () => 1_700_000_000 + time.clock() / 1e6,
    same: sameBytes,
    done: () => {
      finished = true;
    },
  });
  const intervals: Interval[] = [];
  let taken = 0;
  const take = (): void => {
    const now = time.clock() / 1000;
    if (host.takeLateness) {
      const stage = recorder.stageOf(((taken + now) / 2) * 1000);
      for (const ms of host.takeLateness()) recorder.gauge(stage, 'generator_event_loop_delay', ms);
      recorder.gauge(stage, 'users_connected', population.connected);
    }
    intervals.push(recorder.take(0, taken, now, population.pending));
    taken = now;
  };
  population.start();
  time.every(1_000_000, () =>
    host.run(() => {
      population.tick();
      take();
    }),
  );
  during(time, population);
  const simulated = (): Simulated => {
    take();
    const sum = (of: (interval: Interval) => number): number => intervals.reduce((total, one) => total + of(one), 0);
    return {
      intervals,
      finished,
      ended_us: time.clock(),
      count: (name) =>
        sum((one) =>
          Object.values(one.stages).reduce(
            (total, stage) => total + ((stage.counters as Record<string, number>)[name] ?? 0),
            0,
          ),
        ),
      values: (name) =>
        sum((one) =>
          Object.values(one.stages).reduce(
            (total, stage) => total + ((stage.trends as Record<string, { count: number }>)[name]?.count ?? 0),
            0,
          ),
        ),
    };
  };
  const end = (stageEnds(plan).steady + plan.deadline_ms + 30_000) * 1000;
  return { time, end, isOver: () => finished, simulated };
}
