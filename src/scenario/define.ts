/**
 * A scenario: what kinds of users there are, how often they act, and what must hold. A description, not a program, so
 * that the same file serves every engine.
 */

import type { Replay } from './replay.ts';

/** How the changes of a user are spread in time. `rate` scales the gaps, the shape stays. */
export type Arrivals =
  /** Independent arrivals: gaps are exponential. */
  | { pattern: 'poisson' }
  /** A constant gap from a random phase. */
  | { pattern: 'even' }
  /** Gestures with pauses: `steps` of them at `per_second`, each an update and a move of one item, as a drag is. */
  | { pattern: 'drag'; steps: [least: number, most: number]; per_second: [least: number, most: number] };

/** Relative frequency of each kind of change. */
export interface Mix {
  add: number;
  move: number;
  update: number;
  remove: number;
}

export interface Edits {
  arrivals: Arrivals;
  /** Ignored by `drag`, whose changes are updates and moves of one item. */
  mix: Mix;
  /** How much more often than a user of weight 1 this kind edits; 1 if absent. */
  weight?: number;
}

/** A moment of the measured window, as a part of it: 0 is its start, 1 its end. */
export type Moment = number;

/** Users who turn into bad peers, for good. From then on they send nothing, and nothing is expected to reach them. */
export interface Stop {
  /** Stops reading, with its connection open · closes its half of the connection, without a close frame · is gone. */
  how: 'reading' | 'half-close' | 'vanish';
  at: Moment;
}

/** Many connections cut at once. Their users come back as anybody does who was thrown out. */
export interface Storm {
  at: Moment;
  /** Of all users. */
  share: number;
}

/** Users who behave alike. */
export interface UserKind {
  kind: string;
  /** Their part of each session, relative to the other kinds'. */
  share: number;
  /** Absent: they only watch. */
  edits?: Edits;
  /** Mean cursor positions a second; 0 if absent. */
  cursors_per_second?: number;
  /** Absent: they stay. Means of exponential times, seconds. */
  leaves?: { after_s: number; away_s: number };
  /** Absent: they join in the ramp-up. Else each at a moment of its own between these two. */
  joins?: [from: Moment, to: Moment];
  stops?: Stop;
}

/** What a scenario would rather have than the tool's defaults; a flag, the environment or a config file wins. */
export interface ScenarioDefaults {
  users?: number;
  sessions?: number;
  rate?: number;
  heartbeat?: string;
  items?: number;
  duration?: string;
  'ramp-up'?: string;
  settle?: string;
  deadline?: string;
}

export interface ScenarioSpec {
  name: string;
  /** One sentence for the list of scenarios. */
  about: string;
  users: UserKind[];
  storms?: Storm[];
  /** The host of each session answers everybody who joins with its own whole state, as the application's host does. */
  host_sends_state?: boolean;
  thresholds: string[];
  defaults?: ScenarioDefaults;
  /** A recorded conversation that the users play again; only a recording itself has one. */
  replay?: Replay;
  /** Its users follow a program, which stands beside the description; only `journey` makes one. */
  journey?: true;
}

/**
 * A scenario as its file exports it: callable, because k6 calls a script's default export once per virtual user, and
 * carrying its description for the node engine.
 */
export interface Scenario {
  (): unknown;
  readonly spec: ScenarioSpec;
  /** k6's options; `{}` outside of k6. */
  readonly options: Record<string, unknown>;
}

declare const __VU: unknown;
declare function require(path: string): {
  hostOf(spec: ScenarioSpec): Pick<Scenario, 'options'> & { iterate(): unknown };
};

/**
 * Makes a scenario out of its description. In a scenario file:
 * `const mine = defineScenario({…}); export const { options } = mine; export default mine;`
 *
 * k6's own modules exist only inside k6, so the k6 host is required only there.
 */
export function defineScenario(spec: ScenarioSpec): Scenario {
  const host = typeof __VU === 'number' ? require('../k6/host.ts').hostOf(spec) : undefined;
  return Object.assign(() => host?.iterate(), { spec, options: host?.options ?? {} });
}
