import type { Action } from '../protocol/change.ts';

/**
 * A recorded conversation as it is played again, as plain data. Times are ms since its zero, which is the first message
 * that is played; places in a session's list of items stand for their ids.
 */
export interface Replay {
  /** From its zero to its end. */
  length_ms: number;
  sessions: ReplaySession[];
  /** What is not played, counted: `sync:full_state`, `binary` … */
  left_out: Record<string, number>;
}

export interface ReplaySession {
  /** The recorded id. */
  id: string;
  items: ReplayItem[];
  users: ReplayUser[];
}

export interface ReplayItem {
  /** The recorded id. */
  id: string;
  /** Removed by one user and changed by another: whichever comes first decides what is there. */
  contended: boolean;
}

/** One recorded user. */
export interface ReplayUser {
  /** The recorded id. */
  id: string;
  /** From when to when it was there, in order; one at least. */
  visits: ReplayVisit[];
  commands: ReplayCommand[];
  cursors: { at_ms: number; x: number; y: number }[];
  asides: ReplayAside[];
}

export interface ReplayVisit {
  /** Absent: it was there at the zero. */
  joins_ms?: number;
  /** Absent: it stayed. */
  leaves_ms?: number;
}

export interface ReplayCommand {
  at_ms: number;
  action: Action;
  /** Index in the session's items. */
  item: number;
  /** The message as it was. */
  message: Record<string, unknown>;
}

/** Whatever else is said: a request for the state, or a message whose type only the application knows. */
export interface ReplayAside {
  at_ms: number;
  /** Absent: a request for the state. */
  message?: Record<string, unknown>;
}

/** Groups of users who play the same recording begin within so much of each other, ms. */
export const SPREAD_MS = 1000;

/** A value in which ids are other ones: every text that is one of them. */
export function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, names));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, names)]));
}

/** What one user says at most in a second, and how many items a session of so many users may have. */
export function roomOf({ sessions }: Replay, users: number): { rate: number; items: number } {
  const times = sessions.flatMap((session) => session.users.map(timesOf));
  return {
    rate: Math.max(...times.map(mostInASecond)),
    items: Math.max(...sessions.map((one) => one.items.length * Math.ceil(users / one.users.length))),
  };
}

const timesOf = ({ commands, cursors, asides }: ReplayUser): number[] =>
  [...commands, ...cursors, ...asides].map(({ at_ms }) => at_ms).sort((a, b) => a - b);

function mostInASecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [nth, time] of times.entries()) {
    while (times[first]! <= time - 1000) first++;
    most = Math.max(most, nth - first + 1);
  }
  return most;
}
