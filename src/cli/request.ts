import { randomInt } from 'node:crypto';
import { ToolError } from '../core/errors.ts';
import { parseThreshold } from '../core/expression.ts';
import { loopbackAddresses, portOf, printable, reachOf } from '../engine/addresses.ts';
import type { LoadedScenario } from '../engine/loader.ts';
import type { RunRequest } from '../engine/request.ts';
import { ServerProcesses } from '../engine/server-processes.ts';
import { estimate, loopbackSourcesFor, workersFor, type Estimate, type Machine } from '../plan/estimate.ts';
import type { Plan, RunIdentity, Target } from '../plan/plan.ts';
import { OWN_ITEMS } from '../protocol/change.ts';
import { refuseWhatCannotFit } from '../plan/walls.ts';
import { castOf } from '../scenario/cast.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { ITEMS_EACH } from '../scenario/journey.ts';
import { roomOf } from '../scenario/replay.ts';
import { joined } from './header-readers.ts';
import { OPTIONS, type Settings } from './options.ts';
import { refuseTlsWithout, trustOf } from './pem-files.ts';

/** The settings that decide a run; the others are about what is printed and written. */
export type RunSettings = Omit<Settings, 'help' | 'version' | 'port' | 'host' | 'debug'>;

const BUNDLED = 'bundled';

/** Where `--start` puts a server whose address is not told. */
const STARTED = 'ws://127.0.0.1:{port}';

/** The scenario's thresholds, those on a metric of the user's replaced by the user's. */
function thresholdsOf(spec: ScenarioSpec, own: readonly string[]): string[] {
  const replaced = new Set(own.map((text) => parseThreshold(text).metric));
  const kept = spec.thresholds.map((text) => parseThreshold(text)).filter(({ metric }) => !replaced.has(metric));
  return [...kept.map(({ text }) => text), ...own];
}

function meanCursors({ users: kinds }: ScenarioSpec, users: number): number {
  return castOf(kinds, users).reduce((sum, kind) => sum + (kinds[kind]!.cursors_per_second ?? 0), 0) / users;
}

const targetName = ({ url, start }: RunSettings): string =>
  url.length > 0 ? url.map(printable).join(', ') : start === undefined ? BUNDLED : STARTED;

/** What is to be done, out of the settings and the scenario. Workers are as many as this machine is best served by. */
export function planOf(settings: RunSettings, spec: ScenarioSpec, machine: Machine): Plan {
  const { users, sessions, rate } = settings;
  const kinds = spec.users;
  const recorded = spec.replay?.sessions.flatMap((session) => session.users);
  const edits =
    spec.journey === true || (rate > 0 && (recorded !== undefined || kinds.some((kind) => kind.edits !== undefined)));
  const plan: Plan = {
    command: 'run',
    scenario: spec.name,
    users,
    sessions,
    users_total: users * sessions,
    rate,
    heartbeat_ms: settings.heartbeat,
    items: settings.items,
    ramp_up_ms: settings['ramp-up'],
    settle_ms: settings.settle,
    duration_ms: settings.duration,
    deadline_ms: settings.deadline,
    seed: settings.seed ?? randomInt(2 ** 32),
    workers: 1,
    engine: 'node',
    transport: settings.transport,
    model: spec.journey ? 'closed' : 'open',
    shard: settings.shard,
    thresholds: thresholdsOf(spec, settings.threshold),
    require: settings.require,
    abort_on: settings['abort-on'],
    tags: Object.fromEntries(settings.tag),
    target: targetName(settings),
    plans: {
      edits,
      cursors: kinds.some((kind) => (kind.cursors_per_second ?? 0) > 0),
      heartbeats: true,
      leaves:
        kinds.some((kind) => kind.leaves !== undefined) ||
        recorded?.some(({ visits }) => visits.some(({ leaves_ms }) => leaves_ms !== undefined)) === true,
    },
    faults: settings.fault,
  };
  const workers =
    settings.workers === 'auto'
      ? workersFor(plan, meanCursors(spec, users), machine, reachOf(settings.url))
      : settings.workers;
  return { ...plan, workers: Math.min(workers, sessions) };
}

const hasCredentials = (url: string): boolean => /^\w+:\/\/[^/?#]*@/.test(url);

/** The server, where it is not the bundled one. */
export function targetOf({
  url,
  header,
  subprotocol,
  start,
  ...files
}: Pick<Settings, 'url' | 'header' | 'subprotocol' | 'ca' | 'cert' | 'key' | 'start'>): Target | undefined {
  if (url.length === 0 && start === undefined) return undefined;
  if (start === undefined && url.some((text) => text.includes('{port}'))) {
    throw new ToolError('--url holds {port}, which only --start fills in.');
  }
  const headers = joined(header);
  if (Object.keys(headers).some((name) => /^authorization$/i.test(name)) && url.some(hasCredentials)) {
    throw new ToolError('The address has a user or password, and a header or LOADTEST_TOKEN another authorisation.', {
      hint: 'Leave one of them out.',
    });
  }
  const twice = subprotocol.find((name, at) => subprotocol.indexOf(name) !== at);
  if (twice !== undefined) throw new ToolError(`--subprotocol ${twice} is given twice.`, { hint: 'Give it once.' });
  const trust = { ca: files.ca, cert: files.cert, key: files.key };
  refuseTlsWithout(trust, url.length > 0 ? url : [STARTED]);
  return {
    urls: url,
    headers,
    subprotocols: subprotocol,
    ...trustOf(trust),
  };
}

/** Settings that are each right and not right together. */
function refuseContradictions(settings: RunSettings): void {
  const { url, start, fault, open, report, sessions, shard } = settings;
  const own = url.length > 0 || start !== undefined;
  if (fault.length > 0 && own) {
    throw new ToolError('--fault is for the bundled server, and the target is a server of yours.', {
      hint: 'Leave out --url (or LOADTEST_URL) and --start, or leave out --fault.',
    });
  }
  const idle =
    !own &&
    (['header', 'subprotocol', 'ca', 'cert', 'key', 'server-pid', 'server-metrics'] as const).find(
      (name) => [settings[name]].flat()[0] !== undefined,
    );
  if (idle)
    throw new ToolError(`--${idle} is about a server of yours, and there is none.`, {
      hint: 'Add --url ws://HOST:PORT.',
    });
  if (settings['server-metrics']?.includes('{port}') && start === undefined) {
    throw new ToolError('--server-metrics holds {port}, which only --start fills in.');
  }
  if (start !== undefined && settings['server-pid'] !== undefined) {
    throw new ToolError('--server-pid is not needed with --start, which knows the process it started.');
  }
  if (open && !report.includes('html')) throw new ToolError('--open opens the page, and --report leaves html out.');
  if (shard.of > sessions) {
    throw new ToolError(`--shard ${shard.index}/${shard.of} has nothing to do: there are only ${sessions} sessions.`);
  }
}

/** A recording is played at its own pace, and so is a journey; and where nobody makes changes there is none. */
function refuseOtherPace({ rate }: RunSettings, { name, replay, journey, defaults, users }: ScenarioSpec): void {
  const edits = replay ?? journey ?? users.some((kind) => kind.edits !== undefined);
  if (edits === false && rate > 0 && rate !== (defaults?.rate ?? Number(OPTIONS.rate.initial))) {
    throw new ToolError(`--rate is of users who make changes, and the scenario ${name} has none.`, {
      hint: 'Leave it out.',
    });
  }
  if (!(replay ?? journey) || rate === defaults?.rate) return;
  throw new ToolError(`--rate does not change the pace of the ${replay ? 'recording' : 'journey'} ${name}.`, {
    hint: 'Leave it out, and take more --users or --sessions for more load.',
  });
}

/** What an item takes in a user's document. */
const PLACE_BYTES = 4;
/** As often as a server lets anybody speak (P16). */
const BUSIEST = 10_000;

/** What the bundled server must take of users whose pace is no rate. */
function roomFor({ replay, journey }: ScenarioSpec, users: number): Pick<RunRequest, 'room'> {
  if (replay) return { room: roomOf(replay, users) };
  return journey ? { room: { rate: BUSIEST, items: users * ITEMS_EACH } } : {};
}

function playsOf({ replay, journey, about }: ScenarioSpec): Pick<Decided, 'plays'> {
  if (replay) return { plays: about.replace(/^Plays /, '') };
  return journey ? { plays: 'a journey at its own pace: what it sends is not known before' } : {};
}

const SIX_OF_36 = 36 ** 6;

/** How many files the server may have open, where its process is known before the run. */
function filesOf({ 'server-pid': pid, url }: RunSettings): number | undefined {
  if (pid === undefined) return undefined;
  return new ServerProcesses({ pid, ports: url.map((one) => portOf(new URL(one))), started: false }).filesLimit();
}

/** A run that is decided: everything but its folder. */
export interface Decided {
  request: RunRequest;
  needs: Estimate;
  machine: Machine;
  /** How many files the server's process may have open, where that is known. */
  server_files?: number;
  /** What of a recording is played, and what is not; or that it is a journey. */
  plays?: string;
}

/**
 * Decides a run, and refuses what cannot be before anything is started.
 * @throws ToolError (104)
 */
export function decide(settings: RunSettings, scenario: LoadedScenario, machine: Machine): Decided {
  refuseContradictions(settings);
  refuseOtherPace(settings, scenario.spec);
  const plan = planOf(settings, scenario.spec, machine);
  const id = settings['run-id'] ?? randomInt(SIX_OF_36).toString(36).padStart(6, '0');
  const towards = reachOf(settings.url);
  const chosen = settings['source-addresses'];
  const sources = chosen ?? loopbackAddresses(loopbackSourcesFor(plan, machine, towards), id, plan.shard.index);
  const { room } = roomFor(scenario.spec, plan.users);
  const needs = estimate(plan, meanCursors(scenario.spec, plan.users), towards, sources.length);
  // Every user's document has a place for each item that a session may have.
  if (room) needs.memory_bytes += needs.connections * Math.max(0, room.items - plan.users * OWN_ITEMS) * PLACE_BYTES;
  const serverFiles = plan.target === BUNDLED ? machine.open_files_limit : filesOf(settings);
  refuseWhatCannotFit(plan, needs, machine, towards, serverFiles);
  const target = targetOf(settings);
  const run: RunIdentity = {
    id,
    started_at: new Date().toISOString(),
  };
  const request: RunRequest = {
    plan,
    run,
    scenario_url: scenario.url,
    ...(target && { target }),
    ...(room && { room }),
    ...(settings.start !== undefined && { start: settings.start }),
    ...(sources.length > 0 && { [chosen ? 'source_addresses' : 'loopback_sources']: sources }),
    ...(settings['server-pid'] !== undefined && { server_pid: settings['server-pid'] }),
    ...(settings['server-metrics'] !== undefined && { server_metrics: settings['server-metrics'] }),
  };
  return {
    request,
    needs,
    machine,
    ...(serverFiles !== undefined && { server_files: serverFiles }),
    ...playsOf(scenario.spec),
  };
}
