import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { addressOf, isLoopback, printable, portOf } from '../engine/addresses.ts';
import { readEnvironment } from '../engine/environment.ts';
import { holderWords, timeOfDay } from '../engine/port-holder.ts';
import { builtUrl } from '../engine/programs.ts';
import { conclude } from '../judges/conclude.ts';
import { ToolError } from '../core/errors.ts';
import { shellWord } from '../core/shell-word.ts';
import type { RunIdentity, Target } from '../plan/plan.ts';
import { emptyMeasurement } from '../result/measurement.ts';
import type { NotClaimed, Result, Verdict } from '../result/result.ts';
import { carryOut, type LayerOutcome, type Watcher } from './carry-out.ts';
import type { Diagnosis, Scene } from './causes/rule.ts';
import { diagnose, unexplained } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import { launch } from './launch.ts';
import { smallPlan } from './load.ts';
import { Lookout } from './lookout.ts';
import { noPython } from './python.ts';
import { python } from './qt-client.ts';
import { LAYERS, LAYER_NAMES, type Carried, type CheckContext, type LayerName } from './step.ts';
import { layersFor, STEPS } from './steps.ts';

/** What is to be looked at. */
export interface CheckRequest {
  run: RunIdentity;
  /** Absent: the bundled server, or the one that `start` starts. */
  target?: Target;
  start?: string;
  layer?: LayerName;
  for_ms: number;
  wait_ms: number;
  /** Whether a real Qt client is demanded. */
  qt: boolean;
}

/** How long an answer may take where nobody says otherwise, ms. */
export const WAIT_MS = 3000;

/** `serve` of this program, as a command for a shell. */
const bundled = (): string =>
  `"${process.execPath}" "${fileURLToPath(builtUrl('main.js'))}" serve --port {port} --quiet`;

/**
 * Looks at a server, layer by layer. Everything it starts is ended on every way out.
 * @throws ToolError where `start` starts nothing that listens, or Qt is demanded and not there
 */
export async function check(request: CheckRequest, watcher: Watcher, signal: AbortSignal): Promise<Result> {
  const { run, start, target: given, for_ms, wait_ms, qt } = request;
  if (qt && !(await python())) {
    const { why, how } = noPython();
    throw new ToolError(`--qt demands a real Qt client, and ${why}.`, { hint: `${how}.` });
  }
  // Each connection of a step listens to it.
  setMaxListeners(0, signal);
  const ours = given === undefined || start !== undefined;
  const called = start === undefined ? 'loadtest serve' : '--start';
  const server = ours ? await launch(start ?? bundled(), signal, called, given?.urls[0]) : undefined;
  const lookout = new Lookout();
  try {
    const plain: Target = given ?? { urls: [], headers: {}, subprotocols: [] };
    const target: Target = server ? { ...plain, urls: [server.url] } : plain;
    const context: Omit<CheckContext, 'facts'> = {
      target,
      address: (session, user) => addressOf(target.urls[0]!, session, user),
      fresh: freshIds(run.id),
      for_ms,
      wait_ms,
      ...(server && { server }),
      seen: {},
      lookout,
      signal,
    };
    const wanted = new Set([...layersUpTo(request.layer), ...(qt ? layersFor('qt') : [])]);
    const layers = LAYER_NAMES.filter((name) => wanted.has(name));
    const began_ms = Date.parse(run.started_at);
    const { layers: outcomes, facts } = await carryOut(STEPS, layers, context, watcher, began_ms);
    return await resultOf(request, context, outcomes, facts);
  } finally {
    await lookout.end(wait_ms);
    await server?.stop();
  }
}

const layersUpTo = (layer: LayerName | undefined): readonly LayerName[] =>
  layer === undefined ? LAYER_NAMES : layersFor(layer);

/** Ids that nobody has used on this server: `lt-check-RUN-s0a1b2c`. */
function freshIds(run: string): (what: string) => string {
  let count = 0;
  return (what) => {
    const noise = randomInt(36 ** 4)
      .toString(36)
      .padStart(4, '0');
    return `lt-check-${run}-${what}${(count++).toString(36)}${noise}`;
  };
}

const BUNDLED = 'bundled';

/** A result like every other, so that whatever reads results reads this one: a verdict a layer. */
async function resultOf(
  request: CheckRequest,
  context: Omit<CheckContext, 'facts'>,
  outcomes: readonly LayerOutcome[],
  facts: Facts,
): Promise<Result> {
  const { run, target: given, start } = request;
  const plan = smallPlan(context, []);
  const target = given || start !== undefined ? context.target.urls.map(printable).join(', ') : BUNDLED;
  const header = { plan: { ...plan, target }, run, environment: readEnvironment() };
  const ended_ms = Date.now() - Date.parse(run.started_at);
  const interrupted: { interrupted?: string } = context.signal.aborted
    ? { interrupted: String(context.signal.reason) }
    : {};
  const base = conclude({ header, measurement: emptyMeasurement(header.plan), end: { ended_ms, ...interrupted } });
  const verdicts = outcomes.flatMap(verdictOf);
  const fails = verdicts.some(({ standing }) => standing === 'fail');
  const unknown = verdicts.length === 0 || verdicts.some(({ standing }) => standing === 'unknown');
  const failed = outcomes.flatMap(({ steps }) => steps).find(({ standing }) => standing === 'fail');
  const scene = sceneOf(request, context, failed);
  const known = diagnose(facts, scene);
  const isNamed = !failed || known.some(({ kind }) => kind === 'cause');
  const diagnosis = isNamed ? known : [unexplained(failed, scene), ...known];
  const here = await python();
  const lines = start === undefined ? [] : (context.server?.lastLines() ?? []);
  return {
    ...base,
    command: 'check',
    outcome: fails ? 'fail' : unknown ? 'inconclusive' : 'pass',
    summary: summaryOf(verdicts, outcomes, fails ? diagnosis : [], interrupted.interrupted),
    verdicts,
    not_claimed: outcomes.flatMap(notClaimedOf),
    check: {
      layers: outcomes.map(({ layer, standing, not_run, steps }) => ({
        layer,
        number: LAYERS[layer].number,
        standing,
        ...(not_run !== undefined && { not_run }),
        steps: steps.map(({ id, title, standing: own, says, evidence, at_ms, took_ms }) => {
          return { id, title, standing: own, says, evidence, at_ms, took_ms };
        }),
      })),
      facts: { ...facts },
      diagnosis,
      ...(here && { python: `Python ${here.python}, Qt ${here.qt}` }),
      ...(lines.length > 0 && { server_output: lines.slice(-20) }),
    },
  };
}

/** Where and when it failed, for what is to be done about it. */
function sceneOf(
  { run, target: given, start }: CheckRequest,
  { target, server }: Omit<CheckContext, 'facts'>,
  failed: Carried | undefined,
): Scene {
  const url = printable(target.urls[0]!);
  const port = portOf(new URL(target.urls[0]!));
  const said = start === undefined ? undefined : server?.lastLines().findLast((line) => COMPLAINS.test(line));
  const options = [
    ...(start === undefined ? [] : [`--start ${shellWord(start)}`]),
    ...(given?.urls[0] !== undefined ? [`--url ${shellWord(printable(given.urls[0]!))}`] : []),
  ];
  return {
    url,
    port,
    at: timeOfDay(Date.parse(run.started_at) + (failed ? failed.at_ms : 0)),
    holder: isLoopback(new URL(target.urls[0]!).hostname) ? holderWords(port) : `what listens on port ${port} there`,
    ...(said !== undefined && { said: said.trim() }),
    again: (layer) => ['npx loadtest check', ...options, `--layer ${layer}`].join(' '),
  };
}

const COMPLAINS = /error|exception/i;

function verdictOf({ layer, standing, not_run, steps }: LayerOutcome): Verdict[] {
  const claim = LAYERS[layer].about;
  if (not_run !== undefined) {
    const because = `not run: rests on ${LAYERS[not_run].number} ${not_run}`;
    return [{ judge: layer, claim, standing: 'unknown', because, explained_by: not_run }];
  }
  if (steps.length === 0) return [{ judge: layer, claim, standing: 'unknown', because: 'not run: stopped before it' }];
  if (standing === 'skip') return [];
  const worst = steps.find((step) => step.standing === standing)!;
  const count = steps.filter((step) => step.standing === 'pass').length;
  const claimed = steps.filter((step) => step.standing !== 'skip').length;
  const because = standing === 'pass' ? `${count} of ${claimed}` : `${worst.id}: ${worst.says}`;
  return [{ judge: layer, claim, standing, because }];
}

const notClaimedOf = ({ layer, steps }: LayerOutcome): NotClaimed[] =>
  steps
    .filter(({ standing }) => standing === 'skip')
    .map(({ title, says }) => ({ judge: layer, claim: title, because: says }));

function summaryOf(
  verdicts: readonly Verdict[],
  outcomes: readonly LayerOutcome[],
  [found]: readonly Diagnosis[],
  interrupted: string | undefined,
): string {
  if (found?.kind === 'cause') return found.what;
  const stopped = outcomes.find(({ standing, not_run }) => standing === 'unknown' && not_run === undefined);
  if (interrupted !== undefined && stopped && !verdicts.some(({ standing }) => standing === 'fail')) {
    const held = outcomes.filter(({ standing }) => standing === 'pass').length;
    return `Ended in layer ${LAYERS[stopped.layer].number}, ${interrupted}: ${held} of ${outcomes.length} layers had passed.`;
  }
  const worst =
    verdicts.find(({ standing }) => standing === 'fail') ?? verdicts.find(({ standing }) => standing === 'unknown');
  if (worst)
    return `${worst.standing === 'fail' ? 'It fails at' : 'Undecided at'} ${worst.judge}: ${worst.because.replace(/\.$/, '')}.`;
  if (verdicts.length === 0) return 'Nothing was looked at.';
  const skips = outcomes.filter(({ standing }) => standing === 'skip').map(({ layer }) => layer);
  return `Everything holds in ${verdicts.length} layers${skips.length > 0 ? `; not claimed: ${skips.join(', ')}` : ''}.`;
}
