import type { RunningServer } from './launch.ts';
import type { Target } from '../plan/plan.ts';
import type { Facts } from './facts.ts';
import type { Lookout } from './lookout.ts';
import type { Seen } from './wire.ts';

/** The layers, each resting on a proven one. Nothing rests on Qt. */
export const LAYERS = {
  reach: { number: 0, about: 'Somebody listens there, and answers as a WebSocket' },
  protocol: { number: 1, about: 'It keeps to the WebSocket protocol', rests_on: 'reach' },
  qt: { number: 2, about: 'A real Qt client connects, stays, and exchanges messages', rests_on: 'protocol' },
  server: { number: 3, about: 'It does what a collaboration server does', rests_on: 'protocol' },
  workflow: { number: 4, about: 'People can work together on it', rests_on: 'server' },
  load: { number: 5, about: 'It holds a small load, with every judge on', rests_on: 'workflow' },
} as const satisfies Record<string, { number: number; about: string; rests_on?: string }>;

export type LayerName = keyof typeof LAYERS;
export const LAYER_NAMES = Object.keys(LAYERS) as LayerName[];

/** `skip`: not claimed, as neither the target nor this machine called for it. */
export type StepStanding = 'pass' | 'fail' | 'unknown' | 'skip';

/** What came of a step. */
export interface Finding {
  standing: StepStanding;
  /** One or two lines, in the reader's words. */
  says: string;
  /** Lines that show it: what was sent, what came back, when. */
  evidence?: string[];
  facts?: Facts;
}

/** One thing that is looked at, as data. */
export interface Step {
  /** Unique in all layers: `server.heartbeat`. */
  id: string;
  layer: LayerName;
  /** What a pass shows. */
  title: string;
  run(context: CheckContext): Promise<Finding>;
}

/** What a step may use. */
export interface CheckContext {
  target: Target;
  /** The first of the target's addresses, for one user: rule P1's path, or the template filled in. */
  address(session: string, user: string): string;
  /** An id that nobody has used on this server. */
  fresh(what: string): string;
  /** How long the workflow and the load last, ms. */
  for_ms: number;
  /** How long an answer may take, ms. */
  wait_ms: number;
  /** What is seen of the server's frames over all connections. */
  seen: Seen;
  /** Two connections that are left alone from layer 1 on. */
  lookout: Lookout;
  /** What the steps before learnt. */
  facts: Readonly<Facts>;
  /** The server, where it was started for this check. */
  server?: RunningServer;
  /** Aborted when the check is to end. */
  signal: AbortSignal;
}

/** A step that was carried out, or could not be. */
export interface Carried extends Omit<Finding, 'facts'> {
  id: string;
  layer: LayerName;
  title: string;
  at_ms: number;
  took_ms: number;
  evidence: string[];
  facts: Facts;
}

export const passed = (says: string, facts: Facts = {}, evidence: string[] = []): Finding => ({
  standing: 'pass',
  says,
  facts,
  evidence,
});
export const failed = (says: string, facts: Facts = {}, evidence: string[] = []): Finding => ({
  standing: 'fail',
  says,
  facts,
  evidence,
});
/** Evidence of what was done once more with one thing changed, and what came of each change. */
export function onceMore(tried: readonly (readonly [change: string, outcome: string])[]): string[] {
  const width = Math.max(...tried.map(([change]) => change.length));
  const lines = tried.map(([change, outcome]) => `  ${change.padEnd(width)}  ${outcome}`);
  return ['once more, with one thing changed:', ...lines];
}

/** Not claimed, with the reason. */
export const skipped = (says: string, facts: Facts = {}): Finding => ({ standing: 'skip', says, facts });
