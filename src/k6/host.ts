import { WebSocket } from 'k6/websockets';
import { clearTimeout, setTimeout } from 'k6/timers';
import exec from 'k6/execution';
import { Recorder } from '../core/recorder.ts';
import { parseDuration } from '../core/units.ts';
import { Population } from '../load/population.ts';
import type { Clock, Connection, Door, DoorEvents, Timer } from '../load/ports.ts';
import { sessionId, stageEnds, userId, type Plan } from '../plan/plan.ts';
import type { ScenarioSpec } from '../scenario/define.ts';

/**
 * The host of a scenario inside k6. A virtual user of k6 is a session: all its simulated users live on one loop and one
 * clock, or nobody could check what should have arrived. Records leave as lines of the console, one a second.
 *
 * k6's traps minded here: its constants `OPEN` … do not exist at run time, `setInterval` drifts, closing before open
 * blocks the loop, and what a listener throws ends the whole iteration.
 */

declare const __ENV: Record<string, string | undefined>;
declare const console: { log(text: string): void; error(text: string): void };

/** What k6's socket has at run time; its types lack close codes and have constants that are not there. */
interface Socket {
  readyState: number;
  binaryType: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
}
interface SocketEvent {
  data?: ArrayBuffer;
  /** Wall clock, ms with a fraction: taken by the reader as the frame was read, before any queue. */
  timestamp: number;
  code?: number;
  reason?: string;
  error?: string;
}
const SocketOf = WebSocket as unknown as new (url: string, protocols: null, params: object) => Socket;
const OPEN = 1;
const CONNECTING = 0;
const TICK_MS = 1000;

/** The plan from k6's environment, by the names and defaults of the options: `USERS`, `SESSIONS`, `RATE` … */
function planOf(spec: ScenarioSpec): Plan {
  const { defaults = {} } = spec;
  const number = (name: string, fallback: number): number => Number(__ENV[name] ?? fallback);
  const duration = (name: string, fallback: string): number => parseDuration(__ENV[name] ?? fallback, name);
  const users = number('USERS', defaults.users ?? 10);
  const sessions = number('SESSIONS', defaults.sessions ?? 5);
  return {
    command: 'run',
    scenario: spec.name,
    users,
    sessions,
    users_total: users * sessions,
    rate: number('RATE', defaults.rate ?? 1),
    heartbeat_ms: duration('HEARTBEAT', defaults.heartbeat ?? '30s'),
    items: number('ITEMS', defaults.items ?? 20),
    ramp_up_ms: duration('RAMP_UP', defaults['ramp-up'] ?? '5s'),
    settle_ms: duration('SETTLE', defaults.settle ?? '2s'),
    duration_ms: duration('DURATION', defaults.duration ?? '30s'),
    deadline_ms: duration('DEADLINE', defaults.deadline ?? '10s'),
    seed: number('SEED', 1),
    workers: sessions,
    engine: 'k6',
    transport: 'k6',
    model: 'open',
    shard: { index: 1, of: 1 },
    thresholds: spec.thresholds,
    require: [],
    abort_on: [],
    tags: {},
    target: 'k6',
    plans: { edits: true, cursors: true, heartbeats: true, leaves: true },
    faults: [],
  };
}

/** Sockets of k6. */
function k6Door(run: string, url: string, toRunClock: (wallMs: number) => number): Door {
  const at = (event: SocketEvent): number => toRunClock(event.timestamp);
  return {
    connect(seat, session, user, events) {
      const address = `${url.replace(/\/+$/, '')}/ws/${sessionId(run, session)}/${userId(run, session, user)}`;
      // One name for all addresses: k6 keeps a time series for each.
      const socket = new SocketOf(address, null, { tags: { name: 'collab' } });
      socket.binaryType = 'arraybuffer';
      return new K6Connection(socket, seat, events, at);
    },
  };
}

class K6Connection implements Connection {
  readonly #socket: Socket;
  #weClose = false;
  #silent = false;
  #error: string | undefined;

  constructor(socket: Socket, seat: number, events: DoorEvents, at: (event: SocketEvent) => number) {
    this.#socket = socket;
    socket.addEventListener('open', (event) => {
      if (this.#silent) return socket.close();
      guard(() => events.opened(seat, this, at(event)));
    });
    socket.addEventListener('message', (event) => {
      if (this.#silent) return;
      const bytes = typeof event.data === 'string' ? utf8(event.data) : new Uint8Array(event.data!);
      const told = typeof event.data === 'string' ? 'message' : 'binary';
      guard(() => events[told](seat, this, bytes, 0, bytes.length, at(event)));
    });
    socket.addEventListener('error', (event) => {
      this.#error ??= event.error ?? 'unknown';
    });
    socket.addEventListener('close', (event) => {
      if (this.#silent) return;
      const code = event.code ?? 1006;
      const initiator = this.#weClose ? 'client' : code === 1006 ? 'network' : 'server';
      const error = code === 1006 && this.#error !== undefined ? { error: this.#error } : {};
      guard(() => events.closed(seat, this, { code, reason: event.reason ?? '', initiator, ...error }, at(event)));
    });
  }

  send(text: string): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#weClose = true;
    if (this.#socket.readyState === OPEN) this.#socket.close(code, reason);
  }

  cut(): void {
    this.#silent = true;
    if (this.#socket.readyState !== CONNECTING) this.#socket.close();
  }

  // k6 has text decoded already: nothing is found in it that no server may send.
  fail(): void {}

  // A script has no way to do these: `hostOf` refuses what would need them.
  pause(): void {}
  resume(): void {}
  halfClose(): void {}
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
/** Text messages come as strings whatever `binaryType` says. */
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    console.error(`collab-loadtest: ${String(error)}`);
  }
}

function k6Timer(clock: Clock): Timer {
  let armed: number | undefined;
  const clear = (): void => {
    if (armed !== undefined) clearTimeout(armed);
    armed = undefined;
  };
  return {
    set(due, fire) {
      clear();
      armed = setTimeout(() => guard(fire), Math.max(0, (due - clock()) / 1000)) as unknown as number;
    },
    clear,
  };
}

function sameBytes(a: Uint8Array, start: number, end: number, b: Uint8Array): boolean {
  for (let i = 0; i < end - start; i++) if (a[start + i] !== b[i]) return false;
  return true;
}

/** Simulates one whole session, and prints one record a second. */
function simulate(spec: ScenarioSpec, plan: Plan): void {
  const run = __ENV['RUN_ID'] ?? 'k6k6k6';
  const began = Date.now() - exec.instance.currentTestRunDuration;
  const clock: Clock = () => Math.floor(exec.instance.currentTestRunDuration * 1000);
  const session = exec.vu.idInTest - 1;
  const recorder = new Recorder(stageEnds(plan));
  let taken = 0;
  let ticking: unknown;
  let over = false;
  const population: Population = new Population({
    plan,
    run,
    spec,
    sessions: [session],
    recorder,
    clock,
    timer: k6Timer(clock),
    door: k6Door(run, __ENV['LOADTEST_URL'] ?? 'ws://localhost:8765', (wallMs) => Math.floor((wallMs - began) * 1000)),
    wallClock: () => Date.now() / 1000,
    same: sameBytes,
    done: () => {
      over = true;
      clearTimeout(ticking as number);
      hand();
    },
  });
  function hand(): void {
    const now = clock() / 1000;
    recorder.gauge(recorder.stageOf(now * 1000), 'users_connected', population.connected);
    console.log(JSON.stringify(recorder.take(session, taken, now, population.pending)));
    taken = now;
  }
  function tick(): void {
    population.tick();
    // The last user may have left in that very call.
    if (over) return;
    hand();
    ticking = setTimeout(() => guard(tick), TICK_MS);
  }
  population.start();
  ticking = setTimeout(() => guard(tick), TICK_MS);
}

/** k6's sockets always read, and close in good order only. */
function refuseStops({ name, users }: ScenarioSpec): void {
  const bad = users.find(({ stops }) => stops !== undefined && stops.how !== 'vanish');
  if (!bad) return;
  throw new Error(
    `The scenario ${name} is not for k6, which cannot stop reading or half-close a socket, as its ${bad.kind} does. ` +
      `Run it without: loadtest run ${name}.`,
  );
}

/** k6's options and what its virtual users do: one iteration each, which ends when everybody has left. */
export function hostOf(spec: ScenarioSpec): { options: Record<string, unknown>; iterate(): unknown } {
  refuseStops(spec);
  const plan = planOf(spec);
  const length = stageEnds(plan).steady + 2 * plan.deadline_ms + 20_000;
  return {
    options: {
      scenarios: {
        sessions: {
          executor: 'per-vu-iterations',
          vus: plan.sessions,
          iterations: 1,
          maxDuration: `${Math.ceil(length / 1000)}s`,
        },
      },
    },
    iterate: () => simulate(spec, plan),
  };
}
