import { exponential, keyOf, uniform, whole } from '../core/random.ts';
import type { Plan } from '../plan/plan.ts';
import { placesOf, type Change } from '../protocol/change.ts';
import { castOf, ratesOf } from '../scenario/cast.ts';
import type { ScenarioSpec, UserKind } from '../scenario/define.ts';
import { Edits } from '../scenario/edits.ts';
import { momentUs } from '../scenario/moment.ts';
import { EditTimes, PURPOSE } from '../scenario/schedule.ts';
import type { Seats } from './seats.ts';

/** What users do and when, whatever it comes from. */
export type Habits = Pick<Activities, keyof Activities>;

/** What the users of one process do and when: the scenario's shape, the plan's rate, the seed's draws. */
export class Activities {
  readonly #plan: Plan;
  readonly #kinds: readonly UserKind[];
  readonly #seats: Seats;
  readonly #cast: Uint8Array;
  readonly #rates: number[];
  readonly #times: EditTimes;
  readonly #edits: Edits;
  /** Changes and cursor positions of each user so far, sent or not. */
  readonly #changes: Uint32Array;
  readonly #cursors: Uint32Array;

  constructor(plan: Plan, spec: ScenarioSpec, seats: Seats) {
    this.#plan = plan;
    this.#kinds = spec.users;
    this.#seats = seats;
    this.#cast = castOf(spec.users, plan.users);
    this.#rates = ratesOf(spec.users, this.#cast, plan.rate);
    this.#times = new EditTimes(seats.count);
    this.#edits = new Edits(seats.count, plan.users, plan.items);
    this.#changes = new Uint32Array(seats.count);
    this.#cursors = new Uint32Array(seats.count);
  }

  /** How many places a session's document has. */
  get places(): number {
    return placesOf(this.#plan.items, this.#plan.users);
  }

  /** Whether a place's item may be removed by one user while another changes it. */
  isContended(_session: number, _place: number): boolean {
    return false;
  }

  kindOf(seat: number): UserKind {
    return this.#kinds[this.#cast[this.#seats.userOf(seat)]!]!;
  }

  #rateOf(seat: number): number {
    return this.#rates[this.#cast[this.#seats.userOf(seat)]!]!;
  }

  /** When a user joins, µs: round robin over the sessions of the whole run, or at a moment of its own in the window. */
  joinsAt(seat: number): number {
    const { ramp_up_ms, sessions, users_total } = this.#plan;
    const { joins } = this.kindOf(seat);
    if (!joins) {
      const nth = this.#seats.userOf(seat) * sessions + this.#seats.sessionOf(seat);
      return Math.round((ramp_up_ms * 1000 * nth) / users_total);
    }
    const [from, to] = joins;
    const part = from + uniform(this.#seats.stream(seat, PURPOSE.join), 0) * (to - from);
    return momentUs(this.#plan, part);
  }

  /** When a user leaves who has joined for the n-th time at `at`, µs; Infinity for one who does not by itself. */
  leavesAt(seat: number, nth: number, at: number): number {
    const { leaves } = this.kindOf(seat);
    return leaves ? at + exponential(this.#seats.stream(seat, PURPOSE.leave), nth * 2, leaves.after_s * 1e6) : Infinity;
  }

  /** When a user is back who left at `at` after its n-th join, µs. */
  returnsAt(seat: number, nth: number, at: number): number {
    const away = (this.kindOf(seat).leaves?.away_s ?? 0) * 1e6;
    return at + exponential(this.#seats.stream(seat, PURPOSE.leave), nth * 2 + 1, away);
  }

  /** The first due time of a user's changes from `from` on, µs; Infinity for one who only watches. */
  firstEdit(seat: number, from: number): number {
    const { edits } = this.kindOf(seat);
    if (!edits) return Infinity;
    return this.#times.first(seat, this.#seats.stream(seat, PURPOSE.edit), edits.arrivals, this.#rateOf(seat), from);
  }

  /** The change that is due now; the next call gives the next. */
  edit(seat: number): Change {
    const { edits } = this.kindOf(seat);
    const user = this.#seats.userOf(seat);
    const n = this.#changes[seat]!++;
    const key = this.#seats.stream(seat, PURPOSE.choice);
    return edits!.arrivals.pattern === 'drag'
      ? this.#edits.drag(seat, user, key, this.#times.gesture(seat), n)
      : this.#edits.next(seat, user, key, edits!.mix, n);
  }

  /** When the change after the one that was due at `due` is due. To be asked after {@link edit}. */
  nextEdit(seat: number, due: number): number {
    const { arrivals } = this.kindOf(seat).edits!;
    const n = this.#changes[seat]! - 1;
    return this.#times.next(seat, this.#seats.stream(seat, PURPOSE.edit), arrivals, this.#rateOf(seat), n, due);
  }

  /** The addition of the k-th of the items that are there at the start. */
  startItem(k: number): Change {
    return { action: 'add_item', item: { user: -1, k }, place: k, n: k };
  }

  /** When a user points next after `due`; Infinity for one who never does. */
  nextCursor(seat: number, due: number): number {
    const rate = this.kindOf(seat).cursors_per_second ?? 0;
    if (rate <= 0) return Infinity;
    return due + exponential(this.#seats.stream(seat, PURPOSE.cursor), this.#cursors[seat]!++, 1e6 / rate);
  }

  /** Where a user points, mm. */
  cursor(seat: number): { x: number; y: number } {
    const key = keyOf(this.#seats.stream(seat, PURPOSE.cursor), this.#cursors[seat]!);
    return { x: whole(key, 0, -8000, 8000) / 8, y: whole(key, 1, -8000, 8000) / 8 };
  }
}
