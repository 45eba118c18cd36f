import { ToolError } from '../core/errors.ts';
import { isObject, parseObject, type JsonObject } from '../core/json.ts';
import { ACTIONS, type Action } from '../protocol/change.ts';
import { SPREAD_MS, type Replay, type ReplaySession, type ReplayUser } from '../scenario/replay.ts';
import type { Recording } from './read.ts';
import type { RecordedEvent } from './recording.ts';

type Opened = Extract<RecordedEvent, { kind: 'open' }>;

/** What follows the last thing that happens at least, ms. */
const TAIL_MS = 500;
const SYNC_REQUEST = 'sync:request';
/** What simulated users send by themselves, at the times of their own plan. */
const OWN_ACCORD = new Set(['ping']);
/** A state of the host's would take the place of what is known to be in the session. */
const LEFT_OUT = new Set(['sync:full_state', 'sync:state', 'sync:update']);

/**
 * What of a recording can be played again.
 * @throws ToolError (104) where nobody in it joined a session
 */
export function replayOf({ events }: Recording, name: string): Replay {
  const left_out: Record<string, number> = {};
  const leaveOut = (what: string): void => {
    left_out[what] = (left_out[what] ?? 0) + 1;
  };
  const all = new Map<number, Visit>();
  for (const event of events) {
    if (event.kind === 'open' && event.session !== undefined && event.user !== undefined) {
      all.set(event.connection, new Visit(event, leaveOut));
    } else all.get(event.connection)?.take(event);
  }
  const visits = [...all.values()].filter(({ joined_ms }) => joined_ms !== undefined);
  if (visits.length === 0) {
    throw new ToolError(`The recording ${name} holds nobody who joined a session.`, {
      hint: 'Record an application that is acknowledged: loadtest watch shows connection:ack.',
    });
  }
  const firsts = visits.map(({ first_ms }) => first_ms ?? Infinity);
  const lasts = visits.map(({ joined_ms }) => joined_ms!);
  // Where nobody did anything, it begins once all were there.
  const zero = Math.min(...firsts) === Infinity ? Math.max(...lasts) : Math.min(...firsts);
  const end = visits.reduce((latest, { last_ms }) => Math.max(latest, last_ms), zero);
  const people = peopleOf(visits);
  const ids = [...new Set(visits.map(({ session }) => session))];
  return {
    length_ms: Math.ceil((end - zero + SPREAD_MS + TAIL_MS) / 100) * 100,
    sessions: ids.map((id) => {
      const there = people.filter(([first]) => first.session === id);
      return sessionOf(id, there, zero, end);
    }),
    left_out,
  };
}

/** The visits of one user to a session, in their order; there is a first one. */
type Person = [Visit, ...Visit[]];

/**
 * Who comes back under the same name is the same user, unless the older connection still speaks once the newer one is
 * there, as of an application that runs twice.
 */
function peopleOf(visits: readonly Visit[]): Person[] {
  const people: Person[] = [];
  for (const visit of visits) {
    const known = people.find((person) => visit.follows(person.at(-1)!));
    if (known) known.push(visit);
    else people.push([visit]);
  }
  return people;
}

function sessionOf(id: string, people: readonly Person[], zero: number, end: number): ReplaySession {
  const touched = new Map<string, { by: Set<Person>; isRemoved: boolean }>();
  for (const person of people) {
    for (const { action, item } of person.flatMap(({ commands }) => commands)) {
      const known = touched.get(item) ?? { by: new Set(), isRemoved: false };
      known.by.add(person);
      known.isRemoved ||= action === 'remove_item';
      touched.set(item, known);
    }
  }
  const places = new Map([...touched.keys()].map((item, place) => [item, place]));
  return {
    id,
    items: [...touched].map(([item, { by, isRemoved }]) => ({ id: item, contended: isRemoved && by.size > 1 })),
    users: people.map((person) => userOf(person, places, zero, end)),
  };
}

/**
 * @param places where each item is in the session's list
 * @param end the last message of all: who leaves later stays, so that all are there to be compared
 */
function userOf(person: Person, places: ReadonlyMap<string, number>, zero: number, end: number): ReplayUser {
  const since = <T extends { at_ms: number }>(one: T): T => ({ ...one, at_ms: one.at_ms - zero });
  const visits = person.map(({ opened_ms, joined_ms, left_ms }, nth) => {
    const next = person[nth + 1]?.opened_ms;
    const leaves = Math.min(left_ms ?? Infinity, next ?? Infinity);
    return {
      ...(joined_ms! > zero && { joins_ms: Math.max(0, opened_ms - zero) }),
      ...((next !== undefined || leaves < end) && leaves < Infinity && { leaves_ms: Math.max(0, leaves - zero) }),
    };
  });
  return {
    id: person[0].user,
    // Who was gone and back before the zero is there at the zero.
    visits: visits.filter((_, nth) => visits[nth + 1] === undefined || visits[nth + 1]!.joins_ms !== undefined),
    commands: person.flatMap(({ commands }) => commands).map((one) => ({ ...since(one), item: places.get(one.item)! })),
    cursors: person.flatMap(({ cursors }) => cursors).map(since),
    asides: person.flatMap(({ asides }) => asides).map(since),
  };
}

/** One recorded connection, as far as it is played. */
class Visit {
  readonly session: string;
  readonly user: string;
  readonly #leaveOut: (what: string) => void;
  readonly opened_ms: number;
  /** When it was acknowledged; absent where it never was. */
  joined_ms: number | undefined;
  /** When an application or its server ended it. */
  left_ms: number | undefined;
  /** The first and the last message that is played; its connecting where there is none. */
  first_ms: number | undefined;
  last_ms: number;
  /** When its application last said anything, heartbeats too. */
  #spoke_ms: number;
  readonly commands: { at_ms: number; action: Action; item: string; message: JsonObject }[] = [];
  readonly cursors: ReplayUser['cursors'] = [];
  readonly asides: ReplayUser['asides'] = [];
  /** Simulated users ask for the state as they join, by themselves. */
  #hasSynced = false;

  constructor({ session, user, at_ms }: Opened, leaveOut: (what: string) => void) {
    this.session = session!;
    this.user = user!;
    this.opened_ms = at_ms;
    this.last_ms = at_ms;
    this.#spoke_ms = at_ms;
    this.#leaveOut = leaveOut;
  }

  /** Whether this is the return of whoever made another, older visit. */
  follows(older: Visit): boolean {
    return this.session === older.session && this.user === older.user && this.joined_ms! >= older.#spoke_ms;
  }

  take(event: RecordedEvent): void {
    if (event.kind === 'end') {
      if (event.by !== 'watch') this.left_ms = event.at_ms;
      return;
    }
    if ('from' in event && event.from === 'client') this.#spoke_ms = event.at_ms;
    if (event.kind !== 'text' && event.kind !== 'binary') return;
    const message = event.kind === 'text' && event.text !== undefined ? parseObject(event.text) : undefined;
    if (event.from === 'server') {
      if (message?.['type'] === 'connection:ack') this.joined_ms ??= event.at_ms;
    } else if (message && isDeeper(message, DEEPEST)) this.#leaveOut('nested too deep');
    else if (message) this.#said(message, event.at_ms);
    else this.#leaveOut(event.kind === 'binary' ? 'binary' : 'no JSON object');
  }

  #said(message: JsonObject, at_ms: number): void {
    const type = String(message['type']);
    if (OWN_ACCORD.has(type)) return;
    if (LEFT_OUT.has(type)) return this.#leaveOut(type);
    if (type === SYNC_REQUEST) {
      const isFirst = this.joined_ms === undefined || !this.#hasSynced;
      if (this.joined_ms !== undefined) this.#hasSynced = true;
      if (isFirst) return;
      this.asides.push({ at_ms });
    } else if (type === 'command') {
      const command = commandOf(message);
      if (!command) return this.#leaveOut('malformed command');
      this.commands.push({ at_ms, ...command, message });
    } else if (type === 'cursor' && typeof message['x_mm'] === 'number' && typeof message['y_mm'] === 'number') {
      this.cursors.push({ at_ms, x: message['x_mm'], y: message['y_mm'] });
    } else this.asides.push({ at_ms, message });
    this.first_ms ??= at_ms;
    this.last_ms = at_ms;
  }
}

/** Levels of nesting that a server takes (P14). */
const DEEPEST = 64;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

function commandOf({ command }: JsonObject): { action: Action; item: string } | undefined {
  if (!isObject(command)) return undefined;
  const { action, item_id: item, item_type: type, data } = command;
  if (typeof item !== 'string' || typeof type !== 'string' || typeof data !== 'object' || data === null)
    return undefined;
  return ACTIONS.includes(action as Action) ? { action: action as Action, item } : undefined;
}
