import { DueQueue } from './due-queue.ts';
import type { Clock, Timer } from './ports.ts';

/** What a user may have due, one place each: a step of its life, a change, a cursor position, a ping, a turn of the scenario's. */
export const LIFE = 0;
export const EDIT = 1;
export const CURSOR = 2;
export const BEAT = 3;
export const TURN = 4;
const PLACES = 5;

/** Due times that are looked at before the clock is read again. */
const BATCH = 16;

/** Does what is due. */
export interface Actor {
  act(seat: number, place: number, due: number, now: number): void;
}

/** What is due when, of all users of a process, behind one timer. */
export class Agenda {
  readonly #queue: DueQueue;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #actor: Actor;
  readonly #fire: () => void;
  #end: number;

  /** @param end nothing of a user's activities is due from then on, µs */
  constructor(seats: number, clock: Clock, timer: Timer, end: number, actor: Actor) {
    this.#queue = new DueQueue(seats * PLACES);
    this.#clock = clock;
    this.#timer = timer;
    this.#end = end;
    this.#actor = actor;
    // Not in a field of its own: k6's engine mixes up the private fields behind such a function.
    this.#fire = () => this.#run();
  }

  /** End of the measured window, µs. */
  get end(): number {
    return this.#end;
  }

  endAt(end: number): void {
    this.#end = Math.min(this.#end, end);
    this.arm();
  }

  /** Sets what is due within the window; what would be later is never due. */
  plan(seat: number, place: number, due: number): void {
    this.set(seat, place, due < this.#end ? due : Infinity);
  }

  /** Sets what is due whenever it is. */
  set(seat: number, place: number, due: number): void {
    this.#queue.set(seat * PLACES + place, due);
  }

  dueOf(seat: number, place: number): number {
    return this.#queue.dueOf(seat * PLACES + place);
  }

  /** Has the timer fire at what is due first. To be called once due times were set from without. */
  arm(): void {
    const { earliest, second } = this.#queue;
    if (earliest === Infinity) this.#timer.clear();
    else this.#timer.set(earliest, this.#fire, second);
  }

  clear(): void {
    this.#timer.clear();
  }

  /** Does what is due by `at`, where the process is awake anyhow: it then need not wait for its timer. */
  glance(at: number): void {
    if (this.#queue.earliest <= at) this.#run();
  }

  /** Does everything that is due, then sleeps until the next. */
  #run(): void {
    let now = this.#clock();
    for (let done = 1; this.#queue.earliest <= now; done++) {
      const slot = this.#queue.pop();
      const place = slot % PLACES;
      const due = this.#queue.dueOf(slot);
      if (place === LIFE || due < this.#end) this.#actor.act(Math.floor(slot / PLACES), place, due, now);
      if (done % BATCH === 0) now = this.#clock();
    }
    this.arm();
  }
}
