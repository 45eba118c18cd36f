import { draw, uniform } from '../core/random.ts';
import { OWN_ITEMS as OWN, type Change } from '../protocol/change.ts';
import type { Mix } from './define.ts';

/** Share of edits that go to an item of somebody else. */
const OTHERS = 0.1;

type Target = Pick<Change, 'item' | 'place'>;

/**
 * What a user's changes are: each is a function of the seed and of how many were due before it, whether or not those
 * were sent. A user adds up to four items and then edits its own; one edit in ten goes to another user's first item,
 * or to one of those that were there at the start.
 */
export class Edits {
  readonly #users: number;
  readonly #items: number;
  readonly #nextItem: Uint16Array;
  readonly #own: Int32Array;

  /** @param seats users of all sessions of this process; `users` and `items` are those of each session */
  constructor(seats: number, users: number, items: number) {
    this.#users = users;
    this.#items = items;
    this.#nextItem = new Uint16Array(seats);
    this.#own = new Int32Array(seats * OWN).fill(-1);
  }

  /** The n-th change of a user by its mix. */
  next(seat: number, user: number, key: number, mix: Mix, n: number): Change {
    const at = seat * OWN;
    const held = this.#held(at);
    const wish = this.#wish(key, mix, n);
    if (held === 0 || (wish === 'add' && held < OWN)) {
      let slot = 0;
      while (this.#own[at + slot]! >= 0) slot++;
      this.#own[at + slot] = this.#nextItem[seat]!++;
      return { action: 'add_item', ...this.#ownIn(slot, at, user), n };
    }
    if (wish === 'remove' && held > 1) {
      const slot = this.#heldSlot(at, 1 + (draw(key, n * 4 + 1) % (held - 1)));
      const removed = this.#ownIn(slot, at, user);
      this.#own[at + slot] = -1;
      return { action: 'remove_item', ...removed, n };
    }
    const action = wish === 'update' ? 'update_item' : 'move_item';
    return { action, ...this.#target(at, user, key, n, held), n };
  }

  /** The n-th change of a user who drags: an update and a move of one item in turn, the same for a whole gesture. */
  drag(seat: number, user: number, key: number, gesture: number, n: number): Change {
    const at = seat * OWN;
    if (this.#held(at) === 0) {
      this.#own[at] = this.#nextItem[seat]!++;
      return { action: 'add_item', ...this.#ownIn(0, at, user), n };
    }
    const target = this.#target(at, user, key, gesture, this.#held(at));
    return { action: n % 2 === 0 ? 'update_item' : 'move_item', ...target, n };
  }

  #held(at: number): number {
    let held = 0;
    for (let slot = 0; slot < OWN; slot++) if (this.#own[at + slot]! >= 0) held++;
    return held;
  }

  /** The slot of the `nth` item held; slot 0 holds the first item for ever. */
  #heldSlot(at: number, nth: number): number {
    let left = nth;
    for (let slot = 0; slot < OWN; slot++) {
      if (this.#own[at + slot]! >= 0 && left-- === 0) return slot;
    }
    return 0;
  }

  #target(at: number, user: number, key: number, n: number, held: number): Target {
    if (uniform(key, n * 4 + 1) < OTHERS) {
      const choice = draw(key, n * 4 + 2) % (this.#users + this.#items);
      if (choice >= this.#users) return { item: { user: -1, k: choice - this.#users }, place: choice - this.#users };
      if (choice !== user) return { item: { user: choice, k: 0 }, place: this.#items + choice * OWN };
    }
    return this.#ownIn(this.#heldSlot(at, draw(key, n * 4 + 3) % held), at, user);
  }

  /** The item in one of a user's own places. */
  #ownIn(slot: number, at: number, user: number): Target {
    return { item: { user, k: this.#own[at + slot]! }, place: this.#items + user * OWN + slot };
  }

  #wish(key: number, mix: Mix, n: number): keyof Mix {
    let left = uniform(key, n * 4) * (mix.add + mix.move + mix.update + mix.remove);
    if ((left -= mix.add) < 0) return 'add';
    if ((left -= mix.move) < 0) return 'move';
    if ((left -= mix.update) < 0) return 'update';
    return 'remove';
  }
}
