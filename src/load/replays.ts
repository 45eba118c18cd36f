import { uniform } from '../core/random.ts';
import { sessionId, stageEnds, userId, type Plan } from '../plan/plan.ts';
import { itemId, itemKey, OWN_ITEMS, ownerOf, type Change, type ItemRef } from '../protocol/change.ts';
import type { UserKind } from '../scenario/define.ts';
import { PURPOSE, streamOf } from '../scenario/schedule.ts';
import {
  renamed,
  SPREAD_MS,
  type Replay,
  type ReplayAside,
  type ReplaySession,
  type ReplayUser,
} from '../scenario/replay.ts';
import type { Habits } from './activities.ts';
import type { Seats } from './seats.ts';

const KIND: UserKind = { kind: 'recorded', share: 1 };

/**
 * What users do who play a recorded conversation again. The sessions of a run are dealt over the recorded ones, and the
 * users of each over its users: as many as those are a group, who work on items of their own.
 *
 * Who was there at the recording's zero joins in the ramp-up; the rest is due as long after the beginning of the measured
 * window as it was after the zero, and as long as its group is late. Nothing depends on what the server does.
 */
export class Replays implements Habits {
  readonly #plan: Plan;
  readonly #run: string;
  readonly #replay: Replay;
  readonly #seats: Seats;
  readonly #zero: number;
  /** Commands, cursor positions and other messages of each user so far, sent or not. */
  readonly #commands: Uint32Array;
  readonly #cursors: Uint32Array;
  readonly #asides: Uint32Array;
  /** Of each group of a session: the run's ids instead of the recorded ones. */
  readonly #names = new Map<string, ReadonlyMap<string, string>>();

  constructor(plan: Plan, run: string, replay: Replay, seats: Seats) {
    this.#plan = plan;
    this.#run = run;
    this.#replay = replay;
    this.#seats = seats;
    this.#zero = stageEnds(plan).settle * 1000;
    this.#commands = new Uint32Array(seats.count);
    this.#cursors = new Uint32Array(seats.count);
    this.#asides = new Uint32Array(seats.count);
  }

  get places(): number {
    const most = this.#replay.sessions.map(
      ({ items, users }) => items.length * Math.ceil(this.#plan.users / users.length),
    );
    return this.#plan.items + Math.max(...most);
  }

  isContended(session: number, place: number): boolean {
    const { items } = this.#sessionOf(session);
    const nth = place - this.#plan.items;
    return nth >= 0 && items.length > 0 && items[nth % items.length]!.contended;
  }

  #sessionOf(session: number): ReplaySession {
    return this.#replay.sessions[session % this.#replay.sessions.length]!;
  }

  /** The recorded user that a user plays. */
  #userOf(seat: number): ReplayUser {
    const { users } = this.#sessionOf(this.#seats.sessionOf(seat));
    return users[this.#seats.userOf(seat) % users.length]!;
  }

  #groupOf(seat: number): number {
    return Math.floor(this.#seats.userOf(seat) / this.#sessionOf(this.#seats.sessionOf(seat)).users.length);
  }

  /** Each group begins at a moment of its own within the spread, as else all would act in the same instant. */
  #dueOf(seat: number, at_ms: number | undefined): number {
    if (at_ms === undefined) return Infinity;
    const phase = uniform(
      streamOf(this.#plan.seed, this.#seats.sessionOf(seat), this.#groupOf(seat), PURPOSE.phase),
      0,
    );
    return this.#zero + Math.round((at_ms + phase * SPREAD_MS) * 1000);
  }

  kindOf(): UserKind {
    return KIND;
  }

  joinsAt(seat: number): number {
    const [{ joins_ms } = {}] = this.#userOf(seat).visits;
    if (joins_ms !== undefined) return this.#dueOf(seat, joins_ms);
    const { ramp_up_ms, sessions, users_total } = this.#plan;
    const nth = this.#seats.userOf(seat) * sessions + this.#seats.sessionOf(seat);
    return Math.round((ramp_up_ms * 1000 * nth) / users_total);
  }

  leavesAt(seat: number, _nth: number, at: number): number {
    const { visits } = this.#userOf(seat);
    return Math.max(at, this.#dueOf(seat, visits[this.#visitAt(seat, at)]!.leaves_ms));
  }

  returnsAt(seat: number, _nth: number, at: number): number {
    const { visits } = this.#userOf(seat);
    const nth = this.#visitAt(seat, at);
    // It may have taken longer to leave than the recorded user was away.
    if (this.#dueOf(seat, visits[nth]!.leaves_ms) > at) return at;
    return this.#dueOf(seat, visits[nth + 1]?.joins_ms);
  }

  /** Which of the recorded user's visits, first or not, was the last to have begun. */
  #visitAt(seat: number, at: number): number {
    const { visits } = this.#userOf(seat);
    return Math.max(
      0,
      visits.findLastIndex(({ joins_ms }) => this.#dueOf(seat, joins_ms ?? 0) <= at),
    );
  }

  firstEdit(seat: number): number {
    return this.#dueOf(seat, this.#userOf(seat).commands[0]?.at_ms);
  }

  edit(seat: number): Change {
    const session = this.#seats.sessionOf(seat);
    const { items } = this.#sessionOf(session);
    const group = this.#groupOf(seat);
    const n = this.#commands[seat]!++;
    const { action, item, message } = this.#userOf(seat).commands[n]!;
    const place = this.#plan.items + group * items.length + item;
    const recorded = renamed(message, this.#namesOf(session, group)) as Record<string, unknown>;
    return { action, item: this.#refOf(place), place, n, recorded };
  }

  nextEdit(seat: number): number {
    return this.#dueOf(seat, this.#userOf(seat).commands[this.#commands[seat]!]?.at_ms);
  }

  startItem(k: number): Change {
    return { action: 'add_item', item: { user: -1, k }, place: k, n: k };
  }

  nextCursor(seat: number): number {
    return this.#dueOf(seat, this.#userOf(seat).cursors[this.#cursors[seat]!++]?.at_ms);
  }

  cursor(seat: number): { x: number; y: number } {
    // The next one has been asked for already.
    return this.#userOf(seat).cursors[this.#cursors[seat]! - 2]!;
  }

  /** When a user's next other message is due, µs. */
  nextAside(seat: number): number {
    return this.#dueOf(seat, this.#userOf(seat).asides[this.#asides[seat]!]?.at_ms);
  }

  /** The other message that is due now; the next call gives the next. */
  aside(seat: number): ReplayAside {
    const session = this.#seats.sessionOf(seat);
    const group = this.#groupOf(seat);
    const { at_ms, message } = this.#userOf(seat).asides[this.#asides[seat]!++]!;
    if (message === undefined) return { at_ms };
    return { at_ms, message: renamed(message, this.#namesOf(session, group)) as Record<string, unknown> };
  }

  /** Named so that whoever tells of a place finds its item's id. */
  #refOf(place: number): ItemRef {
    return { user: ownerOf(place, this.#plan.items), k: (place - this.#plan.items) % OWN_ITEMS };
  }

  #namesOf(session: number, group: number): ReadonlyMap<string, string> {
    const key = `${session} ${group}`;
    const known = this.#names.get(key);
    if (known) return known;
    const { id, items, users } = this.#sessionOf(session);
    const { seed, items: start } = this.#plan;
    const names = new Map([[id, sessionId(this.#run, session)]]);
    for (const [nth, user] of users.entries())
      names.set(user.id, userId(this.#run, session, group * users.length + nth));
    for (const [nth, item] of items.entries()) {
      names.set(item.id, itemId(itemKey(seed, session, this.#refOf(start + group * items.length + nth))));
    }
    this.#names.set(key, names);
    return names;
  }
}
