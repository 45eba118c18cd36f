import type { Scenario, ScenarioDefaults, ScenarioSpec } from './define.ts';

/** Items that a user may have at a time. */
export const ITEMS_EACH = 16;

/** An item of a user's own. */
export interface JourneyItem {
  /** Its id on the wire, as in `command.item_id`. */
  readonly id: string;
}

/** A message of the server's, as JSON. */
export type JourneyMessage = Record<string, unknown>;

/** A simulated user, as a journey is given it. Times are as in options: `'500ms'`, `'2s'`; a number is milliseconds. */
export interface JourneyUser {
  /** The ids on the wire. */
  readonly id: string;
  readonly session: string;
  /** Its number in its session, from 0: who does something else than the others asks for it. */
  readonly nth: number;
  /** Joins the session. Done once the server has acknowledged it, at once where it is in already. */
  join(): Promise<void>;
  /** Leaves in good order. Done once the connection is closed. */
  leave(): Promise<void>;
  /** Adds an item, and makes it the one that is meant where none is named. A user has 16 at most. */
  add(): JourneyItem;
  move(item?: JourneyItem): void;
  update(item?: JourneyItem): void;
  remove(item?: JourneyItem): void;
  /** Does nothing for so long, counted from when the last sleep was to end, or from what was waited for last. */
  sleep(time: string | number): Promise<void>;
  /**
   * Waits for a message of the server's that comes from now on and of which `isIt` says that it is the one.
   * @param within ten seconds, unless it is given; where nothing came by then, the journey fails
   */
  expect(isIt: (message: JourneyMessage) => boolean, within?: string | number): Promise<JourneyMessage>;
}

/** What a user does, from the beginning to the end; then it begins anew, until the measured window is over. */
export type Walk = (user: JourneyUser) => Promise<void>;

/** What else a scenario has that is a journey. */
export interface JourneyOptions {
  /** `journey` where it is not given. */
  name?: string;
  about?: string;
  thresholds?: string[];
  defaults?: Omit<ScenarioDefaults, 'rate'>;
}

/** A scenario whose users follow a program. */
export interface Journey extends Scenario {
  readonly walk: Walk;
}

declare const __VU: unknown;

/**
 * Makes a scenario out of what one user does, step by step:
 * `export default journey(async (u) => { await u.join(); u.add(); await u.sleep('2s'); u.move(); await u.leave(); })`
 *
 * This is a closed model: whoever waits for a slow server does less meanwhile, and what it would have met is not seen. For
 * latency under a load that does not give way, describe the users with `defineScenario`.
 */
export function journey(walk: Walk, options: JourneyOptions = {}): Journey {
  if (typeof __VU === 'number') {
    throw new Error('A journey is a program for the node engine: run it with loadtest run FILE, not with k6.');
  }
  const { name = 'journey', about = 'Users follow a journey, step by step.', thresholds, defaults } = options;
  const spec: ScenarioSpec = {
    name,
    about,
    users: [{ kind: 'walker', share: 1 }],
    thresholds: thresholds ?? ['broadcast_latency:p(99)<1000', 'join_time:p(95)<5000'],
    defaults: { ...defaults, rate: 0 },
    journey: true,
  };
  return Object.assign(() => undefined, { spec, options: {}, walk });
}
