import { COUNTER, type Recorder } from '../core/recorder.ts';
import type { Snapshot } from '../protocol/snapshot.ts';
import type { Blames } from './blames.ts';
import { isSame, isThere, shownAs, unknownAt } from './cell.ts';
import type { Told } from './told.ts';
import { NONE, type Flight } from './flight.ts';
import { Contents } from './contents.ts';
import { changeKey, markOf, type History } from './history.ts';
import type { Replicas } from './replicas.ts';
import type { Judged } from './unversioned.ts';

export interface SnapshotsOptions {
  /** Users of each session, and places of its document. */
  users: number;
  places: number;
  deadline_us: number;
  recorder: Recorder;
  blames: Blames;
  tell(told: Told): void;
}

/** A snapshot of a version whose changes are not all known yet: it overtook them on its way to us. */
interface Waiting {
  seat: number;
  version: number;
  changes: number[];
  at: number;
}

/** Holds the states that users are given against what the changes up to their version add up to (P10). */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #histories: readonly History[];
  readonly #replicas: Replicas;
  /** Version of the last snapshot in a user's present stay; −1 for none. */
  readonly #bases: Float64Array;
  /** Version that was known when the user began to connect, or asked: a snapshot may not be older. */
  readonly #floors: Float64Array;
  #waiting: Waiting[] = [];
  readonly #then: Contents;

  constructor(options: SnapshotsOptions, histories: readonly History[], replicas: Replicas) {
    const seats = histories.length * options.users;
    this.#options = options;
    this.#histories = histories;
    this.#replicas = replicas;
    this.#bases = new Float64Array(seats).fill(-1);
    this.#floors = new Float64Array(seats);
    this.#then = new Contents(options.places);
  }

  #historyOf(seat: number): History {
    return this.#histories[Math.floor(seat / this.#options.users)]!;
  }

  baseOf(seat: number): number {
    return this.#bases[seat]!;
  }

  connecting(seat: number): void {
    this.#bases[seat] = -1;
    this.#floors[seat] = this.#historyOf(seat).known;
  }

  asked(seat: number): void {
    this.#floors[seat] = this.#historyOf(seat).known;
  }

  /**
   * A snapshot that names its version.
   * @param told the highest version that this user had been told before
   */
  take(seat: number, { changes }: Snapshot, version: number, told: number, at: number): void {
    const floor = Math.max(this.#floors[seat]!, told);
    this.#bases[seat] = version;
    this.#replicas.replace(seat, version);
    this.#replicas.blind(seat);
    if (version < floor)
      this.#wrong(seat, version, at, `is of version ${version}, when version ${floor} was known already`);
    const waiting = { seat, version, changes, at };
    if (version <= this.#historyOf(seat).known) this.#check(waiting, version < floor);
    else this.#waiting.push(waiting);
  }

  /** Further versions of a session are known. */
  advanced(session: number): void {
    if (this.#waiting.length === 0) return;
    const { known } = this.#histories[session]!;
    const ripe: Waiting[] = [];
    this.#waiting = this.#waiting.filter((one) => {
      const isOurs = Math.floor(one.seat / this.#options.users) === session;
      if (!isOurs || one.version > known) return true;
      ripe.push(one);
      return false;
    });
    for (const one of ripe) this.#check(one, false);
  }

  /** Gives up waiting for versions that a snapshot claimed to hold, and that never came. */
  giveUp(before: number, isExplained: (seat: number) => boolean): void {
    const late = this.#waiting.filter(({ at }) => at < before);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ at }) => at >= before);
    for (const { seat, version, at } of late) {
      if (this.#bases[seat] !== version) continue;
      if (!this.#historyOf(seat).isVersioned) continue;
      this.#replicas.blind(seat);
      if (isExplained(seat)) continue;
      this.#wrong(seat, version, at, `claims version ${version}, which the session never reached`);
    }
  }

  /** @param isTold its version was wrong already */
  #check({ seat, version, changes, at }: Waiting, isTold: boolean): void {
    const history = this.#historyOf(seat);
    // Another may have come in the meantime: then this one is judged, and no longer shown.
    const isShown = this.#bases[seat] === version;
    if (history.isMurky || !history.reaches(version)) return isShown ? this.#replicas.blind(seat) : undefined;
    const { recorder } = this.#options;
    recorder.count(recorder.stageOf(at), COUNTER.states_checked, 1);
    let marks = 0;
    for (let i = 0; i < changes.length; i += 2) marks = (marks + markOf(changes[i]!, changes[i + 1]!)) >>> 0;
    history.at(version, this.#then);
    const isRight = history.matches(version, marks, changes.length / 2);
    if (!isRight) this.#mislead(seat, version, changes, at, isTold);
    if (isShown) this.#replicas.base(seat, this.#then.cells, !isRight || isTold);
  }

  /** Tells what a snapshot lacks or should not hold, and leaves in `#then` what its reader shows. */
  #mislead(seat: number, version: number, changes: number[], at: number, isTold: boolean): void {
    const then = this.#then;
    const held = new Set<number>();
    const history = this.#historyOf(seat);
    for (let i = 0; i < changes.length; i += 2) {
      if (!history.isOrphan(changes[i]!, changes[i + 1]!)) held.add(changeKey(changes[i]!, changes[i + 1]!));
    }
    const lacking: number[] = [];
    for (let place = 0; place < this.#options.places; place++) {
      if (isThere(then.cells[place]!) && !held.delete(changeKey(then.users[place]!, then.seqs[place]!))) {
        lacking.push(place);
      }
    }
    if (!isTold) {
      const first = lacking[0];
      const others = held.size;
      const wrong =
        first === undefined
          ? `holds ${others} ${others === 1 ? 'item' : 'items'} that version ${version} does not`
          : `of version ${version} lacks ${lacking.length} of its changes${others > 0 ? `, and holds ${others} older ones` : ''}`;
      const step = first === undefined ? undefined : stepIn(then, first);
      this.#wrong(seat, version, at, wrong, step);
    }
    for (const place of lacking) then.cells[place] = held.size > 0 ? unknownAt(version) : 0;
  }

  #wrong(seat: number, version: number, at: number, note: string, step?: Told['step']): void {
    const { blames, users, tell } = this.#options;
    blames.count('stale_snapshots', Math.floor(seat / users), version, at);
    tell({ kind: 'stale_snapshots', seat, at, note: `its state ${note}`, ...(step && { step }) });
  }

  /** A snapshot that names its version came before any change did: it is checked once versions are known, if ever. */
  remember(seat: number, { changes }: Snapshot, version: number, at: number): void {
    this.#bases[seat] = version;
    this.#waiting.push({ seat, version, changes, at });
  }

  /** A snapshot on a server that gives no order: of the changes that are known, those that it shows. */
  takeUnordered(
    seat: number,
    { changes, isHosts }: Snapshot,
    { isWrong, emptiedAt }: Judged,
    flight: Flight,
    at: number,
  ): void {
    const history = this.#historyOf(seat);
    history.isLoose = true;
    const { cells, users, seqs } = history.contents;
    const places = new Map<number, number>();
    for (let place = 0; place < cells.length; place++) {
      if (isThere(cells[place]!)) places.set(changeKey(users[place]!, seqs[place]!), place);
    }
    const shown = this.#then.cells.fill(0);
    const first = seat - (seat % this.#options.users);
    let unknown = 0;
    let isBlind = false;
    for (let i = 0; i < changes.length; i += 2) {
      const key = changeKey(changes[i]!, changes[i + 1]!);
      const place = places.get(key);
      const entry = place === undefined ? flight.find(first + changes[i]!, changes[i + 1]!) : NONE;
      if (place !== undefined) shown[place] = cells[place]!;
      else if (entry === NONE) unknown += history.isOrphan(changes[i]!, changes[i + 1]!) ? 0 : 1;
      else if (!history.isVersioned) shown[flight.place[entry]!] = shownAs(flight.order[entry]!);
      else if (flight.version[entry] === 0) isBlind = true;
      else shown[flight.place[entry]!] = shownAs(flight.version[entry]!);
      places.delete(key);
    }
    const since = at - this.#options.deadline_us;
    const recent = [...shown.keys()].filter((place) => shown[place] === 0 && history.changedAt[place]! > since);
    // Items that it shows as of an older change, which nobody remembers: which they are is sure only of all at once.
    const areOlder = unknown === places.size && recent.length === 0;
    if (areOlder) for (const place of places.values()) shown[place] = unknownAt(1);
    this.#replicas.replace(seat, Infinity);
    this.#replicas.base(seat, shown, isWrong);
    if (isBlind) this.#replicas.blind(seat);
    if (unknown > 0 && !areOlder) {
      for (const place of [...recent, ...places.values()]) this.#replicas.unclear(seat, place);
    }
    for (let place = 0; place < cells.length; place++) {
      const mayBeForgotten = history.isAddedBefore(place, emptiedAt);
      if (mayBeForgotten && !isThere(shown[place]!)) this.#replicas.unclear(seat, place);
      // What was on its way to a host, and came here before its state, that has undone.
      const mayBeUndone = isHosts && history.changedAt[place]! > since;
      if (mayBeUndone && !isSame(shown[place]!, cells[place]!)) this.#replicas.unclear(seat, place);
    }
    // What this user changed while the state was on its way, the state has undone: a client cannot know better. An
    // item that it added stays undone, whoever edits it after that.
    const user = seat - first;
    for (const place of history.placesAwaited(user)) this.#replicas.cross(seat, place);
    for (let place = 0; place < cells.length; place++) {
      const isLast = users[place] === user && history.changedAt[place]! > since;
      const isUndone = !isThere(shown[place]!) && history.isAddedBy(user, place, since);
      if ((isLast || isUndone) && !isSame(shown[place]!, cells[place]!)) this.#replicas.cross(seat, place);
    }
  }
}

const stepIn = (contents: Contents, place: number): Told['step'] => ({
  place,
  user: contents.users[place]!,
  seq: contents.seqs[place]!,
  item: contents.items[place]!,
});
