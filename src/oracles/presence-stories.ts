import { COUNTER, type Recorder } from '../core/recorder.ts';
import { sessionId, userId } from '../plan/plan.ts';
import type { Attendees } from './attendees.ts';
import { AWAY, thereIn, type Beliefs } from './beliefs.ts';

/** What can be wrong with what users are told of each other. */
export type PresenceError =
  | 'presence_ghosts'
  | 'presence_missing'
  | 'presence_repeated'
  | 'arrivals_untold'
  | 'departures_untold'
  | 'two_hosts'
  | 'no_host';

/** Ids of a wire that are longer are no ids of ours. */
const MAX_ID = 128;

export interface PresenceStoriesOptions {
  run: string;
  users: number;
  /** Indices in the whole run of this process's sessions. */
  sessions: readonly number[];
  recorder: Recorder;
}

/** Tells errors of presence: counts each one, keeps who, what and when of the first, and knows the users' ids. */
export class PresenceStories {
  readonly #options: PresenceStoriesOptions;
  readonly #recorder: Recorder;
  readonly #attendees: Attendees;
  readonly #beliefs: Beliefs;
  /** What the ids of each session's users begin with. */
  readonly #prefixes: string[];

  constructor(options: PresenceStoriesOptions, attendees: Attendees, beliefs: Beliefs) {
    this.#options = options;
    this.#attendees = attendees;
    this.#beliefs = beliefs;
    this.#recorder = options.recorder;
    this.#prefixes = options.sessions.map((session) => `${sessionId(options.run, session)}-u`);
  }

  /** The seat that an id on the wire names, if it is of the receiver's own session; else −1. */
  seatOf(receiver: number, id: string): number {
    const { users } = this.#options;
    const session = Math.floor(receiver / users);
    const prefix = this.#prefixes[session]!;
    const first = prefix.length;
    const digits = id.length - first;
    if (digits < 4 || !id.startsWith(prefix) || (digits > 4 && id[first] === '0')) return -1;
    let user = 0;
    for (let at = first; at < id.length; at++) {
      const digit = id.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) return -1;
      user = user * 10 + digit;
    }
    return user < users ? session * users + user : -1;
  }

  /** Tells an error of a pair, unless one is told already, and takes the receiver to believe what is so. */
  wrong(kind: PresenceError, seat: number, other: number, at: number, note: string): void {
    if (this.#beliefs.isWronged(seat, other)) return;
    const attendees = this.#attendees;
    this.tell(kind, seat, other, at, note);
    this.#beliefs.wrong(seat, other, attendees.isComing(other) ? thereIn(attendees.epochOf(other)) : AWAY);
  }

  /** Something may have been wrong, and nobody can say. */
  doubt(at: number): void {
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.presence_errors_upper, 1);
  }

  /** @param subject a seat, or the id of somebody who has none */
  tell(kind: PresenceError, receiver: number, subject: number | string | undefined, at: number, note: string): void {
    const recorder = this.#recorder;
    const stage = recorder.stageOf(at);
    recorder.count(stage, COUNTER.presence_errors, 1);
    recorder.count(stage, COUNTER.presence_errors_upper, 1);
    recorder.count(stage, COUNTER[kind], 1);
    if (!recorder.wants('presence_errors')) return;
    const sender = typeof subject === 'number' ? this.#idOf(subject) : subject?.slice(0, MAX_ID);
    recorder.example({
      kind: 'presence_errors',
      session: sessionId(this.#options.run, this.#options.sessions[Math.floor(receiver / this.#options.users)]!),
      receiver: this.#idOf(receiver),
      ...(sender !== undefined && { sender }),
      at_ms: at / 1000,
      note,
    });
  }

  #idOf(seat: number): string {
    const { run, users, sessions } = this.#options;
    return userId(run, sessions[Math.floor(seat / users)]!, seat % users);
  }
}
