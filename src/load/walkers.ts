import type { Plan } from '../plan/plan.ts';
import type { Change } from '../protocol/change.ts';
import type { UserKind } from '../scenario/define.ts';
import { ITEMS_EACH } from '../scenario/journey.ts';
import type { Habits } from './activities.ts';

const KIND: UserKind = { kind: 'walker', share: 1 };

/** What users do who follow a journey: nothing by themselves, and as many items as one may have. */
export class Walkers implements Habits {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  get places(): number {
    return this.#plan.items + this.#plan.users * ITEMS_EACH;
  }
  isContended(): boolean {
    return false;
  }
  kindOf(): UserKind {
    return KIND;
  }
  joinsAt(): number {
    return Infinity;
  }
  leavesAt(): number {
    return Infinity;
  }
  returnsAt(): number {
    return Infinity;
  }
  firstEdit(): number {
    return Infinity;
  }
  nextEdit(): number {
    return Infinity;
  }
  nextCursor(): number {
    return Infinity;
  }
  edit(): Change {
    return this.startItem(0);
  }
  cursor(): { x: number; y: number } {
    return { x: 0, y: 0 };
  }
  startItem(k: number): Change {
    return { action: 'add_item', item: { user: -1, k }, place: k, n: k };
  }
}
