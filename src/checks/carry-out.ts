import { breachWords } from '../core/breaches.ts';
import { messageOf } from '../core/errors.ts';
import { hiding } from '../engine/hiding.ts';
import type { Facts } from './facts.ts';
import {
  failed,
  LAYERS,
  skipped,
  type Carried,
  type CheckContext,
  type Finding,
  type LayerName,
  type Step,
  type StepStanding,
} from './step.ts';
import { NoWire } from './open.ts';
import { closing } from './subject.ts';
import { NotJoined } from './user.ts';

/** How a layer stands: what its steps came to, or what it was not run for. */
export interface LayerOutcome {
  layer: LayerName;
  standing: StepStanding;
  /** The layer below that failed: this one was not run. Without one and without steps, it was stopped before it. */
  not_run?: LayerName;
  steps: Carried[];
}

export interface Watcher {
  step?(step: Carried): void;
  notRun?(layer: LayerName, rests_on: LayerName): void;
}

const RANK: StepStanding[] = ['skip', 'pass', 'unknown', 'fail'];

/** The worst of all; not claimed only where nothing was. */
export const worstOf = (standings: readonly StepStanding[]): StepStanding =>
  standings.reduce((worst, one) => (RANK.indexOf(one) > RANK.indexOf(worst) ? one : worst), 'skip' as StepStanding);

/**
 * Carries the steps out, layer by layer. A layer that fails stops those that rest on it.
 * Stopped, it says what there is: the step in progress and all after it are unknown.
 * @param layers those that are wanted, with those they rest on, in order
 * @param began_ms since 1970: what `at_ms` is counted from
 */
export async function carryOut(
  steps: readonly Step[],
  layers: readonly LayerName[],
  context: Omit<CheckContext, 'facts'>,
  watcher: Watcher = {},
  began_ms = Date.now(),
): Promise<{ layers: LayerOutcome[]; facts: Facts }> {
  const facts: Facts = {};
  const hide = hiding(context.target);
  const outcomes: LayerOutcome[] = [];
  for (const layer of layers) {
    const { rests_on } = LAYERS[layer] as { rests_on?: LayerName };
    const below = outcomes.find((outcome) => outcome.layer === rests_on);
    if (below && (below.standing === 'fail' || below.not_run !== undefined)) {
      outcomes.push({ layer, standing: 'unknown', not_run: below.layer, steps: [] });
      watcher.notRun?.(layer, below.layer);
      continue;
    }
    const carried: Carried[] = [];
    for (const step of steps.filter((one) => one.layer === layer)) {
      if (context.signal.aborted) break;
      const at_ms = Date.now() - began_ms;
      const from = performance.now();
      const wasSound = context.seen.breach === undefined;
      const finding = hide(await unlessStopped(step, { ...context, facts }));
      const { standing, says, evidence = [], facts: learnt = {} } = wasSound ? held(finding, context) : finding;
      Object.assign(facts, learnt, context.seen);
      const { id, title } = step;
      const took_ms = performance.now() - from;
      const done: Carried = { id, layer, title, standing, says, evidence, facts: learnt, at_ms, took_ms };
      carried.push(done);
      watcher.step?.(done);
      // Without an address, a port or a handshake there is nothing for the next step of it.
      if (layer === 'reach' && standing === 'fail') break;
    }
    const standing = context.signal.aborted && carried.length === 0 ? 'unknown' : worstOf(carried.map(standingOf));
    outcomes.push({ layer, standing, steps: carried });
  }
  return { layers: outcomes, facts };
}

/** What broke the WebSocket protocol fails the step in which it came, whatever else it found. */
function held(finding: Finding, { seen: { breach } }: Pick<CheckContext, 'seen'>): Finding {
  if (!breach || finding.standing === 'fail') return finding;
  return { ...finding, ...failed(breachWords(breach), finding.facts, finding.evidence) };
}

const standingOf = ({ standing }: Carried): StepStanding => standing;

/** How long a step that is stopped may take to clear up after itself. */
const CLEARS_MS = 10_000;

/** A step's finding; one that was stopped in the middle has found nothing. */
async function unlessStopped(step: Step, context: CheckContext): Promise<Finding> {
  const { signal } = context;
  let late: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    onAbort = () => (late = setTimeout(resolve, CLEARS_MS));
    signal.addEventListener('abort', onAbort);
  });
  const finding = await Promise.race([attempt(step, context), stopped]);
  clearTimeout(late);
  signal.removeEventListener('abort', onAbort);
  return finding && !signal.aborted ? finding : { standing: 'unknown', says: `${step.title}: stopped in the middle` };
}

/** A connection that could not be had where a step needed one is what the step found. */
async function attempt(step: Step, context: CheckContext): Promise<Finding> {
  try {
    return await step.run(context);
  } catch (error) {
    if (error instanceof NotJoined) {
      const { closed } = error.wire;
      error.wire.cut();
      const how = closed && closed.by !== 'us' ? closing(closed) : 'no connection:ack came';
      return failed(`a user could not join: ${how}`);
    }
    if (error instanceof NoWire) {
      if (context.facts.closed_at_once) return skipped('not tried: it closes before anything can be sent');
      return failed(`a connection could not be had: ${error.message}`);
    }
    if (!context.signal.aborted) throw error;
    return { standing: 'unknown', says: `stopped: ${messageOf(error)}` };
  }
}
