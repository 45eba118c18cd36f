import type { Interval, RunEvent } from '../core/record.ts';
import { STAGES } from '../core/record.ts';
import { EXIT, messageOf, ToolError, unlessStopped } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import { holds, parseThreshold, type Threshold } from '../core/expression.ts';
import type { GaugeName } from '../core/metrics.ts';
import { stageEnds } from '../plan/plan.ts';
import { conclude } from '../judges/conclude.ts';
import { openJournal, type JournalWriter } from '../result/journal.ts';
import { valueOf } from '../judges/values.ts';
import { emptyInterval } from '../result/interval.ts';
import { measured } from '../result/measured.ts';
import { addInterval, emptyMeasurement, totalOf } from '../result/measurement.ts';
import { calibrate, type Calibration } from './calibrate.ts';
import { sessionsOf } from './channel.ts';
import { monotonicUs, runClock } from './clock.ts';
import { CutOffs } from './cut-offs.ts';
import { readEnvironment } from './environment.ts';
import { nobodyJoined, probeAll } from './probe.ts';
import type { ExecuteHooks, Executed, RunObserver, RunRequest } from './request.ts';
import { SCENARIO_THREW } from './scenario-errors.ts';
import { ServerGauges } from './server-gauges.ts';
import { checkMetrics } from './server-metrics.ts';
import { refuseFullServer, startTarget, type RunningTarget } from './target.ts';
import { checkSources, waysTo } from './sources.ts';
import { inTimeOfDay } from './time-of-day.ts';
import { UnreadBytes } from './unread-bytes.ts';
import { telling } from './started.ts';
import { Walls } from './walls.ts';
import { Workers } from './workers.ts';

/** The workers begin together so long after they are told, µs. */
const LEAD_US = 20_000;
/** The generator's own sockets are looked at in one of so many seconds: with many users it takes a while. */
const LOOKED_AT = 5;

/**
 * Carries a run out: target, workers, journal, verdicts. Everything it starts is ended on every way out.
 * @throws ToolError where there is no result: nobody could join (111), a scenario that a worker cannot load (104),
 * killed (105)
 */
export async function execute(request: RunRequest, hooks: ExecuteHooks = {}): Promise<Executed> {
  let died = (_how: string): void => {};
  const beginning = stoppable(hooks);
  // While server and workers start: nobody waits for it.
  const calibration = calibrate();
  const { source_addresses = [], loopback_sources = [] } = request;
  const sources = [...source_addresses, ...loopback_sources];
  await unlessStopped(checkSources(sources, request.target?.urls ?? []), beginning);
  const started = await startTarget(request, (how) => died(how), beginning);
  try {
    const { address, ...ways } = await unlessStopped(waysTo(started.target.urls, request), beginning);
    const target = { ...started, target: { ...started.target, ...ways }, ...(address !== undefined && { address }) };
    refuseFullServer(request, target);
    if (target.metrics !== undefined) await unlessStopped(checkMetrics(target.metrics), beginning);
    await probeAll(request, target.target, beginning);
    const run = new Running(known(request, target), target, calibration, hooks);
    died = (how) => run.targetDied(how);
    return await run.finish(beginning);
  } finally {
    // Who wants out at once does not wait for a server that takes its time.
    await (hooks.kill?.aborted ? started.leave() : started.stop());
  }
}

/** Where a command started the server, the plan names it as it is, with its port. */
const known = (request: RunRequest, { where }: RunningTarget): RunRequest =>
  request.start === undefined ? request : { ...request, plan: { ...request.plan, target: where } };

/** Aborted by whatever stops a run: until it has begun there is nothing to be judged. */
function stoppable({ stop, kill }: ExecuteHooks): AbortSignal {
  return AbortSignal.any([stop, kill].filter((signal) => signal !== undefined));
}

/** One run from its first connection to its verdicts. */
class Running {
  readonly #request: RunRequest;
  readonly #target: RunningTarget;
  readonly #hooks: ExecuteHooks;
  readonly #observer: RunObserver;
  #environment = readEnvironment();
  readonly #calibration: Promise<Calibration | undefined>;
  readonly #measurement;
  readonly #workers: Workers;
  readonly #server: ServerGauges;
  readonly #walls: Walls;
  readonly #cutOffs: CutOffs;
  readonly #unread: UnreadBytes;
  #seconds = 0;
  /** When the generator's own sockets were looked at last, ms. */
  #lookedAt = 0;
  #clock = (): number => 0;
  #journal: JournalWriter | undefined;
  /** Events of the coordinator's own, for the next interval. */
  #events: RunEvent[] = [];
  #windowEnd: number | undefined;
  #ended = false;
  #pending = 0;
  #aborted: string | undefined;
  readonly #abortOn: Threshold[];

  constructor(
    request: RunRequest,
    target: RunningTarget,
    calibration: Promise<Calibration | undefined>,
    hooks: ExecuteHooks,
  ) {
    this.#calibration = calibration;
    this.#request = request;
    this.#target = target;
    this.#hooks = hooks;
    this.#observer = hooks.observer ?? {};
    this.#measurement = emptyMeasurement(request.plan);
    this.#abortOn = request.plan.abort_on.map(parseThreshold);
    this.#server = new ServerGauges(target, (kind, text) => this.#event({ at_ms: this.#now(), kind, text }));
    this.#walls = new Walls();
    this.#cutOffs = new CutOffs(request.plan.users_total);
    this.#unread = new UnreadBytes(target.target.urls);
    this.#workers = new Workers(request, target.target, sessionsOf(request.plan), {
      interval: (interval) => this.#interval(interval),
      event: (event) => this.#event(event),
      now: () => this.#now(),
    });
  }

  #now(): number {
    return this.#clock() / 1000;
  }

  targetDied(how: string): void {
    if (this.#ended) return;
    const said = telling(this.#target.lastLines());
    const text = `the server’s process ended (${how})${said === undefined ? '' : `, having said “${said}”`}`;
    this.#event({ at_ms: this.#now(), kind: 'server-died', text });
  }

  /** @param beginning aborted by whatever stops a run that has not begun: nothing is to be judged then */
  async finish(beginning: AbortSignal): Promise<Executed> {
    const { request, hooks } = { request: this.#request, hooks: this.#hooks };
    const kill = (): void => this.#workers.kill();
    hooks.kill?.addEventListener('abort', kill, { once: true });
    try {
      await unlessStopped(this.#workers.ready(), beginning);
      const calibration = await unlessStopped(this.#calibration, beginning);
      if (calibration) this.#environment = { ...this.#environment, floor_ms: calibration.floor_ms };
      this.#begin();
      await this.#workers.ended;
    } catch (error) {
      this.#workers.kill();
      throw error;
    } finally {
      hooks.kill?.removeEventListener('abort', kill);
      this.#unread.stop();
      if (hooks.kill?.aborted) this.#journal?.close();
    }
    if (hooks.kill?.aborted) {
      throw new ToolError('Stopped at once; what was measured until then is in the journal.', {
        exitCode: EXIT.interrupted,
        ...(request.folder !== undefined && { hint: `loadtest report ${shellWord(request.folder)} renders it.` }),
      });
    }
    // All that is to be judged has been seen: who wants out at once does not wait for the server's end.
    const { kill: out = new AbortController().signal } = hooks;
    await unlessStopped(this.#target.stop(), out).catch(() => undefined);
    return this.#conclude();
  }

  #begin(): void {
    const { request, hooks } = { request: this.#request, hooks: this.#hooks };
    const { processes } = this.#target;
    const { address } = this.#target;
    this.#environment = {
      ...this.#environment,
      ...processes?.described(),
      ...(address !== undefined && { target_address: address }),
    };
    const epoch = monotonicUs() + LEAD_US;
    this.#clock = runClock(epoch);
    request.run.started_at = new Date(Date.now() + LEAD_US / 1000).toISOString();
    if (request.folder !== undefined) {
      this.#journal = openJournal(
        request.folder,
        { run: request.run, plan: request.plan, environment: this.#environment },
        (event) => this.#event({ at_ms: this.#now(), ...event }),
      );
    }
    const { where, pid } = this.#target;
    const pids = { workers: this.#workers.pids, ...(pid !== undefined && { server: pid }) };
    this.#observer.started?.({ url: where, environment: this.#environment, pids });
    this.#workers.go(epoch);
    const stop = (): void => this.#stop();
    if (hooks.stop?.aborted) stop();
    hooks.stop?.addEventListener('abort', stop, { once: true });
  }

  /** Nothing more is sent; what is on its way is waited for. */
  #stop(): void {
    this.#windowEnd ??= Math.min(this.#now(), stageEnds(this.#request.plan).steady);
    this.#workers.stop();
  }

  /** `--abort-on`: the same grammar as a threshold, and stops the run once it holds. */
  #checkAbort(at: number): void {
    if (this.#abortOn.length === 0 || this.#windowEnd !== undefined) return;
    const so_far = measured(totalOf(this.#measurement), {
      plan: this.#request.plan,
      run: this.#request.run,
      environment: this.#environment,
      ended_ms: at,
    });
    const held = this.#abortOn.find(
      (threshold) => at >= (threshold.not_before_ms ?? 0) && holds(threshold, valueOf(so_far, threshold)) === true,
    );
    if (!held) return;
    this.#aborted = `stopped by --abort-on ${held.text}`;
    this.#event({ at_ms: at, kind: 'abort', text: this.#aborted });
    this.#stop();
  }

  #event(event: RunEvent): void {
    this.#events.push(event);
    this.#observer.event?.(event);
  }

  #interval(interval: Interval): void {
    const events = interval.events.map((event) => inTimeOfDay(event, this.#request.run.started_at));
    for (const event of events) this.#observer.event?.(event);
    // Of all workers together, whichever of them still live: one series.
    const whole = { ...interval, worker: 0, events: [...events, ...this.#events] };
    this.#pending = whole.pending;
    this.#events = [];
    this.#addGauges(whole);
    for (const event of [...this.#walls.hitIn(whole, this.#server.full), ...this.#cutOffs.seenIn(whole)]) {
      whole.events.push(event);
      this.#observer.event?.(event);
    }
    addInterval(this.#measurement, whole);
    this.#journal?.write(whole);
    this.#observer.interval?.(whole);
    this.#checkAbort(whole.to_ms);
  }

  /** The server's resources, and what all workers left unread. */
  #addGauges(interval: Interval): void {
    const unread = this.#unread.take();
    if (unread !== undefined) this.#addGauge(interval, this.#lookedAt, 'generator_unread_bytes', unread);
    if (this.#seconds++ % LOOKED_AT === 0) {
      this.#lookedAt = this.#now();
      this.#unread.look();
    }
    const at = interval.to_ms;
    for (const [name, value] of this.#server.sample(at)) this.#addGauge(interval, at, name, value);
  }

  /** Into the stage in which it was read. */
  #addGauge(interval: Interval, at: number, name: GaugeName, value: number): void {
    const ends = stageEnds(this.#request.plan);
    const stage = STAGES[at < ends.ramp ? 0 : at < ends.settle ? 1 : at < ends.steady ? 2 : 3]!;
    const record = (interval.stages[stage] ??= { counters: {}, gauges: {}, trends: {} });
    record.gauges[name] = { count: 1, sum: value, min: value, max: value, last: value };
  }

  #conclude(): Executed {
    const { request, hooks } = { request: this.#request, hooks: this.#hooks };
    this.#ended = true;
    const faults = Object.entries(this.#target.faults()).map(([name, count]) => `${name} ${count}`);
    if (faults.length > 0) {
      const text = `the server committed on purpose: ${faults.join(', ')}`;
      this.#event({ at_ms: this.#now(), kind: 'faults', text });
    }
    for (const text of this.#server.afterwards()) this.#event({ at_ms: this.#now(), kind: 'server-processes', text });
    const now = this.#now();
    // What happened after the last interval still belongs to the run.
    if (this.#events.length > 0) this.#interval({ ...emptyInterval(now, now), pending: this.#pending });
    const interrupted = hooks.stop?.aborted ? messageOf(hooks.stop.reason) : this.#aborted;
    const end = {
      ended_ms: this.#now(),
      ...(interrupted !== undefined && { interrupted }),
      ...(this.#windowEnd !== undefined && { window_end_ms: this.#windowEnd }),
    };
    this.#journal?.end(end);
    this.#journal?.close();
    const header = { run: request.run, plan: request.plan, environment: this.#environment };
    const result = conclude({ header, measurement: this.#measurement, end });
    if (this.#workers.failure !== undefined) throw new ToolError(this.#workers.failure, { exitCode: EXIT.defect });
    const joined = result.metrics['connections'];
    if (joined?.kind === 'counter' && joined.count === 0 && !hooks.stop?.aborted) {
      const first = result.errors.find(({ kind }) => kind !== SCENARIO_THREW);
      throw nobodyJoined(this.#target.where, first?.message ?? 'no connection was acknowledged');
    }
    return { result, scenario_threw: result.errors.some(({ kind }) => kind === SCENARIO_THREW) };
  }
}
