import { sessionId, userId, type Plan } from '../plan/plan.ts';
import { streamOf } from '../scenario/schedule.ts';

/** The users of one process as small numbers, and who they are in the whole run. A seat is session × users + user. */
export class Seats {
  readonly users: number;
  readonly count: number;
  readonly #seed: number;
  readonly #run: string;
  readonly #sessions: readonly number[];

  /** @param sessions indices in the whole run of this process's sessions */
  constructor(plan: Plan, run: string, sessions: readonly number[]) {
    this.users = plan.users;
    this.count = sessions.length * plan.users;
    this.#seed = plan.seed;
    this.#run = run;
    this.#sessions = sessions;
  }

  /** The user's number within its session. */
  userOf(seat: number): number {
    return seat % this.users;
  }

  /** Index in the whole run of the user's session. */
  sessionOf(seat: number): number {
    return this.#sessions[Math.floor(seat / this.users)]!;
  }

  /** The ids on the wire. */
  sessionIdOf(seat: number): string {
    return sessionId(this.#run, this.sessionOf(seat));
  }
  idOf(seat: number): string {
    return userId(this.#run, this.sessionOf(seat), this.userOf(seat));
  }

  /** The key of the user's draws for one purpose. */
  stream(seat: number, purpose: number): number {
    return streamOf(this.#seed, this.sessionOf(seat), this.userOf(seat), purpose);
  }
}
