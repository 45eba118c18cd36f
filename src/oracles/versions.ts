import { COUNTER, type Recorder } from '../core/recorder.ts';
import type { Blames } from './blames.ts';
import type { Step } from './contents.ts';
import { REPEATED, type Flight } from './flight.ts';
import { Gaps } from './gaps.ts';
import type { History } from './history.ts';
import type { Snapshots } from './snapshots.ts';
import type { Told } from './told.ts';

export interface VersionsOptions {
  sessions: number;
  users: number;
  deadline_us: number;
  recorder: Recorder;
  tell(told: Told): void;
}

/**
 * One order for everybody, where the server gives versions: each user is told them rising, each change has one of its
 * own, the same for everybody, and none is left out.
 */
export class Versions {
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #tell: (told: Told) => void;
  readonly #flight: Flight;
  readonly #histories: readonly History[];
  readonly #snapshots: Snapshots;
  readonly #blames: Blames;
  readonly #gaps: Gaps;
  /** Highest version that each user was told, by a change or by a snapshot; 0 for none. */
  readonly #told: Float64Array;

  constructor(
    options: VersionsOptions,
    flight: Flight,
    histories: readonly History[],
    snapshots: Snapshots,
    blames: Blames,
  ) {
    this.#recorder = options.recorder;
    this.#users = options.users;
    this.#tell = options.tell;
    this.#flight = flight;
    this.#histories = histories;
    this.#snapshots = snapshots;
    this.#blames = blames;
    this.#gaps = new Gaps(options, flight);
    this.#told = new Float64Array(options.sessions * options.users);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  connecting(seat: number): void {
    this.#told[seat] = 0;
  }

  toldTo(seat: number): number {
    return this.#told[seat]!;
  }

  /** A state of this version came to a user. */
  tellOf(seat: number, version: number): void {
    this.#told[seat] = version;
  }

  /** Something that came to a user has this version, and is no change of ours. */
  explain(seat: number, version: number): void {
    this.#gaps.explain(this.#sessionOf(seat), version);
  }

  /** A change that was sent at `sent` is no longer looked for, and nobody learnt its version. */
  missed(session: number, sent: number): void {
    this.#gaps.missed(session, sent);
  }

  /**
   * It is known for the first time which version the server gave a change.
   * @returns false where another change has it: what any state of it is made of, or a later one, nobody can say
   */
  record(entry: number, version: number, step: Step, at: number): boolean {
    const { session, sender, sent, flags } = this.#flight;
    const history = this.#histories[session[entry]!]!;
    this.#gaps.record(session[entry]!, version, sent[entry]!, at);
    if (history.record(version, step, at)) return true;
    flags[entry]! |= REPEATED;
    history.repeat(version);
    this.#blames.takeBack(session[entry]!, version);
    this.#wrong(sender[entry]!, `version ${version} is another change’s`, step, at);
    return false;
  }

  /** A copy says another version than the first copy of the same change did. */
  contradicted(entry: number, seat: number, version: number, step: Step, at: number): void {
    this.explain(seat, version);
    this.#wrong(seat, `has version ${version}, elsewhere ${this.#flight.version[entry]}`, step, at);
  }

  /** A change of a known version arrived. @returns whether another change has that version */
  arrived(entry: number, seat: number, step: Step, at: number): boolean {
    const version = this.#flight.version[entry]!;
    const isRepeated = (this.#flight.flags[entry]! & REPEATED) !== 0;
    if (version > this.#told[seat]! && !isRepeated) this.#told[seat] = version;
    else if (this.#isHeld(version, seat)) {
      const base = this.#snapshots.baseOf(seat);
      const note = `version ${version} arrived although the state of version ${base}, received before, holds it`;
      this.#overlapped(seat, version, { kind: 'overlapped', seat, at, step, note });
    } else if (!isRepeated && version !== this.#snapshots.baseOf(seat)) {
      this.#wrong(seat, `version ${version} arrived after version ${this.#told[seat]}`, step, at);
    }
    return isRepeated;
  }

  /** Whether the last state that a user was given surely held this version. */
  #isHeld(version: number, seat: number): boolean {
    const base = this.#snapshots.baseOf(seat);
    return version < base || (version === base && !this.#histories[this.#sessionOf(seat)]!.isRepeated(version));
  }

  /** A change that everybody had long since came to a user, whose state may have held it. */
  settled(seat: number, sender: number, seq: number, version: number, at: number): void {
    if (version === 0 || !this.#isHeld(version, seat)) return;
    const whose = `seq ${seq} of user ${sender % this.#users}`;
    const note = `version ${version}, ${whose}, arrived although the state of version ${this.#snapshots.baseOf(seat)} holds it`;
    this.#overlapped(seat, version, { kind: 'overlapped', seat, at, note });
  }

  #overlapped(seat: number, version: number, told: Told): void {
    this.#blames.count('overlapped', this.#sessionOf(seat), version, told.at);
    this.#tell(told);
  }

  #wrong(seat: number, note: string, step: Step, at: number): void {
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.version_errors, 1);
    this.#tell({ kind: 'version_errors', seat, at, step, note });
  }

  tick(now: number): void {
    this.#gaps.tick(now);
  }

  /** The run is over: what is missing by now will not come. */
  finish(now: number): void {
    this.#gaps.finish(now);
  }
}
