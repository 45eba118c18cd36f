import { Recorder } from '../core/recorder.ts';
import { messageOf } from '../core/errors.ts';
import { Population } from '../load/population.ts';
import { stageEnds } from '../plan/plan.ts';
import type { Order, Report } from './channel.ts';
import { runClock, runTimer } from './clock.ts';
import { Health } from './health.ts';
import { hiding, hidingIn } from './hiding.ts';
import { loadScenario, type LoadedScenario } from './loader.ts';
import { complaintOf, isOfFile, SCENARIO_THREW, withoutCode } from './scenario-errors.ts';
import { netDoor } from './net-door.ts';
import { standBack } from './priority.ts';
import { WatchedTimer } from './watched-timer.ts';
import { wsDoor } from './ws-door.ts';

/**
 * A worker: a child process that simulates the users of whole sessions and hands over one interval a second. It dies
 * with its parent.
 */
const INTERVAL_MS = 1000;

const report = (message: Report): void => {
  process.send?.(message);
};

let stop = (): void => {};
let go: ((epoch: number) => void) | undefined;

process.on('disconnect', () => process.exit(1));
// Signals of the terminal go to all its processes: the coordinator decides.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
process.on('uncaughtException', thrown);
process.on('unhandledRejection', thrown);
process.on('message', (order: Order) => {
  if (order.kind === 'prepare') prepare(order).catch(fail);
  else if (order.kind === 'go') go?.(order.epoch);
  else stop();
});

/** Told of what the user's scenario file throws once it is loaded; until there is a run, it waits. */
let threw: ((message: string) => void) | undefined;
const early: string[] = [];
let scenarioUrl = '';

/** What nobody caught: a defect of this tool ends the worker, a scenario file that goes on by itself does not. */
function thrown(error: unknown): void {
  if (!isOfFile(error, scenarioUrl)) return fail(error);
  return ofScenario(error);
}

function ofScenario(error: unknown): void {
  const message = complaintOf(error);
  if (threw) threw(message);
  else early.push(message);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  report({ kind: 'failed', message: withoutCode(message, 'scenario') });
  process.disconnect?.();
}

async function prepare(order: Extract<Order, { kind: 'prepare' }>): Promise<void> {
  scenarioUrl = order.scenario_url;
  const { spec, walk } = await loadScenario(scenarioUrl);
  go = (epoch) => simulate(order, { spec, ...(walk && { walk }) }, epoch);
  report({ kind: 'ready' });
}

function simulate(
  order: Extract<Order, { kind: 'prepare' }>,
  scenario: Pick<LoadedScenario, 'spec' | 'walk'>,
  epoch: number,
): void {
  const { plan, run } = order;
  const clock = runClock(epoch);
  const hide = hiding(order.target);
  const recorder = new Recorder(stageEnds(plan));
  const health = new Health(recorder, clock);
  standBack('helpers');
  const timer = runTimer(clock, epoch);
  const watched = new WatchedTimer(timer, clock, (ms) =>
    recorder.gauge(recorder.stageOf(clock()), 'generator_event_loop_delay', ms),
  );
  const population = new Population({
    plan,
    run,
    ...scenario,
    sessions: order.sessions,
    recorder,
    clock,
    timer: watched,
    door: (plan.transport === 'ws' ? wsDoor : netDoor)(order.target, run, clock),
    wallClock: () => Date.now() / 1000,
    same: sameBytes,
    threw: ofScenario,
    done: finish,
  });
  let told = false;
  threw = (message) => {
    const at_ms = Math.max(clock() / 1000, 0);
    recorder.error(SCENARIO_THREW, message, at_ms);
    if (!told) recorder.event({ at_ms, kind: SCENARIO_THREW, text: `the scenario file threw: ${message}` });
    told = true;
  };
  for (const message of early) threw(message);
  let taken = 0;
  let ticking: NodeJS.Timeout | undefined;

  function hand(): void {
    const now = Math.max(clock() / 1000, taken);
    // By the middle: at the end of a stage some workers report just before it and some just after.
    const stage = recorder.stageOf(((taken + now) / 2) * 1000);
    recorder.gauge(stage, 'users_connected', population.connected);
    watched.tellOverdue();
    health.sample(recorder, stage);
    report({
      kind: 'interval',
      interval: hidingIn(hide, recorder.take(order.worker, taken, now, population.pending)),
      connected: population.connected,
    });
    taken = now;
  }

  /** Whole seconds of the run's clock, so that the workers' intervals lie beside each other. */
  function tick(): void {
    population.tick();
    hand();
    schedule();
  }
  function schedule(): void {
    // Before the epoch the clock is negative: the first interval is a whole one all the same.
    const now = clock() / 1000;
    const next = (Math.floor(Math.max(now, 0) / INTERVAL_MS + 0.01) + 1) * INTERVAL_MS;
    ticking = setTimeout(tick, Math.max(1, Math.ceil(next - now)));
  }
  function finish(): void {
    clearTimeout(ticking);
    // What is due at once may still be under way in the call that ended the last connection.
    setImmediate(() => {
      clearTimeout(ticking);
      hand();
      health.stop();
      timer.end();
      process.send?.({ kind: 'done' } satisfies Report, () => process.disconnect?.());
    });
  }

  stop = () => population.stop();
  // The epoch may lie a little ahead, so that all workers begin together.
  setTimeout(() => population.start(), Math.max(0, -clock() / 1000));
  schedule();
}

/** Any bytes have it done by the machine, not only Node's own kind of them. */
const { compare } = Buffer.prototype;
const sameBytes = (a: Uint8Array, start: number, end: number, b: Uint8Array): boolean =>
  compare.call(a as Buffer, b, 0, end - start, start, end) === 0;
