import { COUNTER } from '../core/recorder.ts';
import { placesOf } from '../protocol/change.ts';
import type { ShownItem, Snapshot } from '../protocol/snapshot.ts';
import type { Step } from './contents.ts';
import type { DocumentsOptions } from './documents.ts';
import { RecentChanges } from './recent-changes.ts';
import { StateContents } from './state-contents.ts';
import { tellExample } from './told.ts';

/** What is known of a state that names no version. */
export interface Judged {
  isWrong: boolean;
  /** When everybody had last left its session, µs; −1 for never. Of what is older its server may know nothing. */
  emptiedAt: number;
}

/** Judges the states that name no version by what is in them (state-contents.ts), and keeps what that takes. */
export class Unversioned {
  readonly #options: DocumentsOptions;
  readonly #contents: StateContents;
  /** Of each session; none once its states name versions, which tell more. */
  readonly #recent: (RecentChanges | undefined)[];
  /** When each user asked for what may come now, or began to connect, µs. */
  readonly #askedAt: Float64Array;

  constructor(options: DocumentsOptions) {
    const { seed, users, items, sessions, deadline_us, places = placesOf(items, users) } = options;
    this.#options = options;
    this.#contents = new StateContents({ seed, items, places });
    this.#recent = sessions.map(() => new RecentChanges(places, deadline_us));
    this.#askedAt = new Float64Array(sessions.length * users);
  }

  /** A user asked for the state, or began to connect; an older state is not on its way to it. */
  asked(seat: number, at: number): void {
    this.#askedAt[seat] = at;
  }

  sent(session: number, step: Step, at: number): void {
    this.#recent[session]?.sent(step, at);
  }

  /** Everybody who had to have a change has it, and the server took it. */
  complete(session: number, step: Step, at: number): void {
    this.#recent[session]?.settled(step, at);
  }

  /** A change's time is over. @param isEverybodys nobody lacks it, and there is no doubt that the server took it */
  expired(session: number, step: Step, isEverybodys: boolean, at: number): void {
    this.#recent[session]?.expired(step, at);
    if (isEverybodys) this.#recent[session]?.settled(step, at);
  }

  /** Nobody is in a session any more, as far as is known here: the server may forget it. */
  emptied(session: number, at: number): void {
    const recent = this.#recent[session];
    if (recent) recent.emptiedAt = at;
  }

  /** The session's states name versions. */
  forget(session: number): void {
    this.#recent[session] = undefined;
  }

  /**
   * A state that names no version came to a user.
   * @param shown its items by their ids
   * @returns undefined where it says nothing: it is empty, and nobody had written to the session before it was asked for
   */
  state(seat: number, snapshot: Snapshot, shown: () => ReadonlyMap<string, ShownItem>, at: number): Judged | undefined {
    const { users, sessions, recorder, isContended } = this.#options;
    const nth = Math.floor(seat / users);
    const session = sessions[nth]!;
    const recent = this.#recent[nth];
    if (recent === undefined) return { isWrong: false, emptiedAt: -1 };
    const floor = this.#askedAt[seat]!;
    if (snapshot.holds === 'nothing' && recent.firstSentAt > floor) return undefined;
    const { required, wrong } = this.#contents.judge({
      session,
      snapshot,
      recent,
      floor,
      isContended: (place) => isContended?.(session, place) ?? false,
      shown,
    });
    const stage = recorder.stageOf(at);
    if (required > 0) recorder.count(stage, COUNTER.states_compared, 1);
    if (wrong) {
      recorder.count(stage, COUNTER.stale_snapshots, 1);
      if (snapshot.holds === 'nothing') recorder.count(stage, COUNTER.empty_snapshots, 1);
      tellExample(this.#options, { kind: 'stale_snapshots', seat, at, ...wrong, note: `its state ${wrong.note}` });
    }
    return { isWrong: wrong !== undefined, emptiedAt: recent.emptiedAt };
  }
}
