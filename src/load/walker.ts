import type { Action, ItemRef } from '../protocol/change.ts';
import { ITEMS_EACH, type JourneyItem, type JourneyMessage, type JourneyUser } from '../scenario/journey.ts';
import type { Seats } from './seats.ts';

const WITHIN = '10s';

/** Something that a user waits for: a time, or a message until a time. */
export interface Wait {
  due: number;
  /** What is told once it is due. */
  over(): void;
  isIt?(message: JourneyMessage): boolean;
  came?(message: JourneyMessage): void;
  failed?(error: unknown): void;
}

/** Where a user is, as far as its journey knows. */
export const OUT = 0;
export const COMING = 1;
export const IN = 2;
export const LEAVING = 3;

/** Does what a user's journey asks for. */
export interface Guide {
  go(walker: Walker, to: number): Promise<void>;
  add(walker: Walker): JourneyItem;
  change(walker: Walker, action: Action, item: JourneyItem | undefined): void;
  sleep(walker: Walker, time: string | number): Promise<void>;
  expect(walker: Walker, isIt: (message: JourneyMessage) => boolean, within: string | number): Promise<JourneyMessage>;
}

/** One user on its journey. */
export class Walker implements JourneyUser {
  readonly id: string;
  readonly session: string;
  readonly nth: number;
  readonly seat: number;
  readonly #guide: Guide;
  whereabouts = OUT;
  /** When the last sleep was to end, or what was waited for last came, µs: what is done now is due then. */
  since = 0;
  /** Whether anything was waited for since the journey's beginning. */
  hasWaited = false;
  /** Its journey threw. */
  isLost = false;
  readonly waits = new Set<Wait>();
  /** Told once it is somewhere else. */
  readonly moves: (() => void)[] = [];
  readonly items: (Held | undefined)[] = Array.from({ length: ITEMS_EACH });
  last: Held | undefined;
  added = 0;
  changes = 0;

  constructor(guide: Guide, seat: number, seats: Seats) {
    this.#guide = guide;
    this.seat = seat;
    this.id = seats.idOf(seat);
    this.session = seats.sessionIdOf(seat);
    this.nth = seats.userOf(seat);
  }

  join(): Promise<void> {
    return this.#guide.go(this, IN);
  }
  leave(): Promise<void> {
    return this.#guide.go(this, OUT);
  }
  add(): JourneyItem {
    return this.#guide.add(this);
  }
  move(item?: JourneyItem): void {
    this.#guide.change(this, 'move_item', item);
  }
  update(item?: JourneyItem): void {
    this.#guide.change(this, 'update_item', item);
  }
  remove(item?: JourneyItem): void {
    this.#guide.change(this, 'remove_item', item);
  }
  sleep(time: string | number): Promise<void> {
    return this.#guide.sleep(this, time);
  }
  expect(isIt: (message: JourneyMessage) => boolean, within: string | number = WITHIN): Promise<JourneyMessage> {
    return this.#guide.expect(this, isIt, within);
  }
}

/** An item, and where it is. */
export class Held implements JourneyItem {
  readonly id: string;
  readonly slot: number;
  readonly place: number;
  readonly ref: ItemRef;

  constructor(id: string, slot: number, place: number, ref: ItemRef) {
    this.id = id;
    this.slot = slot;
    this.place = place;
    this.ref = ref;
  }
}
