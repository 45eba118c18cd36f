import { messageOf } from '../core/errors.ts';
import { parseObject } from '../core/json.ts';
import { textOf } from '../core/text.ts';
import { parseDuration } from '../core/units.ts';
import type { Plan } from '../plan/plan.ts';
import { itemId, itemKey, ownerOf, type Action } from '../protocol/change.ts';
import { ITEMS_EACH, type JourneyItem, type JourneyMessage, type Walk } from '../scenario/journey.ts';
import { TURN, type Agenda } from './agenda.ts';
import type { Lives } from './lives.ts';
import type { Outgoing } from './outgoing.ts';
import type { Clock } from './ports.ts';
import type { Seats } from './seats.ts';
import { COMING, Held, IN, LEAVING, OUT, Walker, type Guide } from './walker.ts';

export interface JourneysOptions {
  plan: Plan;
  walk: Walk;
  clock: Clock;
  seats: Seats;
  agenda: Agenda;
  lives: Lives;
  outgoing: Outgoing;
  /** Told of what a journey throws. */
  threw(error: unknown): void;
}

/** µs; a number is milliseconds. */
const timeOf = (time: string | number): number =>
  Math.round((typeof time === 'number' ? time : parseDuration(time, 'a time of a journey')) * 1000);

/** Walks every user through the journey, again and again, until the measured window is over: what waits then waits for ever. */
export class Journeys implements Guide {
  readonly #options: JourneysOptions;
  readonly #walkers: Walker[];

  constructor(options: JourneysOptions) {
    this.#options = options;
    this.#walkers = Array.from({ length: options.seats.count }, (_, seat) => new Walker(this, seat, options.seats));
  }

  /** Everybody sets out in the ramp-up, round robin over the sessions. */
  start(): void {
    const { agenda, plan, seats } = this.#options;
    for (const walker of this.#walkers) {
      const nth = seats.userOf(walker.seat) * plan.sessions + seats.sessionOf(walker.seat);
      walker.since = Math.round((plan.ramp_up_ms * 1000 * nth) / plan.users_total);
      walker.waits.add({ due: walker.since, over: () => this.#setOut(walker) });
      agenda.plan(walker.seat, TURN, walker.since);
    }
  }

  /** Something that a user waits for is due. */
  act(seat: number, due: number): void {
    const walker = this.#walkers[seat]!;
    for (const wait of walker.waits) {
      if (wait.due > due) continue;
      walker.waits.delete(wait);
      walker.since = Math.max(walker.since, wait.due);
      wait.over();
    }
    this.#arm(walker);
  }

  /** Nobody here stops reading. */
  unread(): void {}

  /** A message came to a user. */
  heard(seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    const walker = this.#walkers[seat]!;
    let message: JourneyMessage | undefined;
    for (const wait of walker.waits) {
      if (!wait.isIt) continue;
      message ??= parseObject(textOf(bytes, start, end));
      if (message === undefined) return;
      try {
        if (!wait.isIt(message)) continue;
      } catch (error) {
        walker.waits.delete(wait);
        wait.failed!(error);
        continue;
      }
      walker.waits.delete(wait);
      walker.since = Math.max(walker.since, at);
      wait.came!(message);
    }
  }

  entered(seat: number, at: number): void {
    this.#moved(this.#walkers[seat]!, IN, at);
  }

  /** A user was thrown out: it is back by itself. */
  thrownOut(seat: number): void {
    this.#walkers[seat]!.whereabouts = COMING;
  }

  gone(seat: number, at: number): void {
    const walker = this.#walkers[seat]!;
    if (walker.whereabouts === LEAVING) this.#moved(walker, OUT, at);
  }

  #moved(walker: Walker, whereabouts: number, at: number): void {
    walker.whereabouts = whereabouts;
    walker.since = Math.max(walker.since, at);
    for (const move of walker.moves.splice(0)) move();
  }

  /** What a journey may do is over with the measured window. */
  #isOver(): boolean {
    return this.#options.clock() >= this.#options.agenda.end;
  }

  #arm({ seat, waits }: Walker): void {
    let due = Infinity;
    for (const wait of waits) due = Math.min(due, wait.due);
    this.#options.agenda.plan(seat, TURN, due);
    this.#options.agenda.arm();
  }

  #setOut(walker: Walker): void {
    walker.hasWaited = false;
    const walked = (): void => {
      if (!walker.hasWaited) {
        return this.#threw(walker, new Error('it ended without waiting for anything, and would begin again for ever'));
      }
      walker.waits.add({ due: walker.since, over: () => this.#setOut(walker) });
      return this.#arm(walker);
    };
    // What an ordinary function throws before its first await is thrown here.
    void (async () => this.#options.walk(walker))().then(walked, (error: unknown) => this.#threw(walker, error));
  }

  /** The journey of one user ends, for good; it leaves. */
  #threw(walker: Walker, error: unknown): void {
    if (this.#isOver()) return;
    walker.isLost = true;
    walker.waits.clear();
    this.#options.threw(error instanceof Error ? error : new Error(messageOf(error)));
    if (walker.whereabouts === IN) void this.go(walker, OUT);
    this.#arm(walker);
  }

  /** Until a user is where it wants to be. */
  async go(walker: Walker, to: number): Promise<void> {
    const { clock, lives } = this.#options;
    while (walker.whereabouts !== to) {
      if (this.#isOver()) return NEVER;
      walker.hasWaited = true;
      const moved = new Promise<void>((resolve) => {
        walker.moves.push(resolve);
      });
      const mayBegin = walker.whereabouts === (to === IN ? OUT : IN);
      if (mayBegin) {
        walker.whereabouts = to === IN ? COMING : LEAVING;
        const now = clock();
        lives.act(walker.seat, now, now);
        this.#options.agenda.arm();
      }
      await moved;
    }
    return undefined;
  }

  async sleep(walker: Walker, time: string | number): Promise<void> {
    const us = timeOf(time);
    // Who sleeps for no time at all waits for the next turn.
    const due = us > 0 ? walker.since + us : this.#options.clock();
    walker.hasWaited = true;
    return new Promise((resolve) => {
      walker.waits.add({ due, over: resolve });
      this.#arm(walker);
    });
  }

  async expect(
    walker: Walker,
    isIt: (message: JourneyMessage) => boolean,
    within: string | number,
  ): Promise<JourneyMessage> {
    walker.hasWaited = true;
    const us = timeOf(within);
    // Made here, where it is known who expects it.
    const tooLate = new Error(`nothing of what was expected came within ${us / 1e6} s`);
    return new Promise((resolve, reject) => {
      const due = this.#options.clock() + us;
      walker.waits.add({ due, over: () => reject(tooLate), isIt, came: resolve, failed: reject });
      this.#arm(walker);
    });
  }

  add(walker: Walker): JourneyItem {
    const { plan, seats } = this.#options;
    const slot = walker.items.findIndex((item) => item === undefined);
    if (slot < 0) throw new Error(`a user has ${ITEMS_EACH} items at most: remove one before the next is added`);
    const place = plan.items + walker.nth * ITEMS_EACH + slot;
    // Named so that whoever tells of a place finds its item's id.
    const ref = { user: ownerOf(place, plan.items), k: walker.added++ };
    const held = new Held(itemId(itemKey(plan.seed, seats.sessionOf(walker.seat), ref)), slot, place, ref);
    walker.items[slot] = walker.last = held;
    this.#make(walker, 'add_item', held);
    return held;
  }

  change(walker: Walker, action: Action, item: JourneyItem | undefined): void {
    const held = item ?? walker.last;
    if (held === undefined) throw new Error('this user has no item: add one first');
    if (!(held instanceof Held) || walker.items[held.slot] !== held) {
      throw new Error(`the item ${held.id} is none of this user’s, or was removed`);
    }
    if (action === 'remove_item') {
      walker.items[held.slot] = undefined;
      if (walker.last === held) walker.last = walker.items.findLast((one) => one !== undefined);
    }
    this.#make(walker, action, held);
  }

  #make(walker: Walker, action: Action, { place, ref }: Held): void {
    if (walker.isLost || this.#isOver()) return;
    const change = { action, item: ref, place, n: walker.changes++ };
    this.#options.outgoing.make(walker.seat, Math.floor(walker.since), change);
  }
}

/** What waits beyond the end. */
const NEVER = new Promise<void>(() => {});
