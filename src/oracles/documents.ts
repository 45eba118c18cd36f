import { COUNTER, type Recorder } from '../core/recorder.ts';
import { placesOf } from '../protocol/change.ts';
import type { ShownItem, Snapshot } from '../protocol/snapshot.ts';
import { Amends } from './amends.ts';
import { Blames } from './blames.ts';
import { NONE, TAKEN, type Flight } from './flight.ts';
import type { Step } from './contents.ts';
import { History } from './history.ts';
import type { Membership } from './membership.ts';
import { Replicas } from './replicas.ts';
import { Snapshots } from './snapshots.ts';
import { tellExample, type Told } from './told.ts';
import { Unversioned } from './unversioned.ts';
import { Versions } from './versions.ts';
import { witnessed } from './witness.ts';

export interface DocumentsOptions {
  run: string;
  seed: number;
  users: number;
  /** Items of each session at the start. */
  items: number;
  sessions: readonly number[];
  deadline_us: number;
  recorder: Recorder;
  /** Places of each session's document; absent: those that users have who edit by themselves. */
  places?: number;
  /** Whether a place's item may be removed by one user while another changes it. @param session in the whole run */
  isContended?(session: number, place: number): boolean;
}

/** A version may be missing so much longer than a delivery before it is given up, µs: its own copies come first. */
const PATIENCE_US = 1_000_000;

/**
 * The oracle of what users see: one order, where the server gives versions; a snapshot that is the result of the
 * changes up to its version; and the same document for everybody once all is quiet.
 *
 * A user is a seat. Each holds a replica that is kept as a client would: what came in a snapshot, what arrived since,
 * and its own changes, in the order of versions; in the order of arrival on a server that gives none.
 */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #flight: Flight;
  readonly #members: Membership;
  readonly #histories: History[];
  readonly #replicas: Replicas;
  readonly #snapshots: Snapshots;
  readonly #amends: Amends;
  readonly #unversioned: Unversioned;
  readonly #versions: Versions;
  /** Changes of each session whose version nobody learnt. */
  readonly #nameless: Uint32Array;

  constructor(options: DocumentsOptions, flight: Flight, members: Membership) {
    const { sessions, users, items, recorder, deadline_us, places = placesOf(items, users) } = options;
    this.#options = options;
    this.#recorder = recorder;
    this.#users = users;
    this.#flight = flight;
    this.#members = members;
    this.#histories = sessions.map(() => new History(places, users));
    this.#nameless = new Uint32Array(sessions.length);
    const isContended = (session: number, place: number): boolean =>
      options.isContended?.(sessions[session]!, place) ?? false;
    const tell = (told: Told): void => tellExample(options, told);
    this.#replicas = new Replicas(
      { sessions: sessions.length, users, places, tell, isContended },
      this.#histories,
      members,
    );
    const blames = new Blames(recorder);
    const ofSnapshots = { users, places, deadline_us, recorder, blames, tell };
    this.#snapshots = new Snapshots(ofSnapshots, this.#histories, this.#replicas);
    const ofVersions = { sessions: sessions.length, users, deadline_us, recorder, tell };
    this.#versions = new Versions(ofVersions, flight, this.#histories, this.#snapshots, blames);
    this.#amends = new Amends(recorder, users, sessions.length, flight, members);
    this.#unversioned = new Unversioned(options);
  }

  #historyOf(seat: number): History {
    return this.#histories[Math.floor(seat / this.#users)]!;
  }

  /** The highest version up to which all of a session's changes are known. */
  version(seat: number): number {
    return Math.max(0, this.#historyOf(seat).known);
  }

  /** The version of the last snapshot of this user's present stay; −1 without one. */
  baseOf(seat: number): number {
    return this.#snapshots.baseOf(seat);
  }

  connecting(seat: number, at: number): void {
    this.#versions.connecting(seat);
    this.#snapshots.connecting(seat);
    this.#unversioned.asked(seat, at);
    this.#amends.connecting(seat);
  }

  /** @param version the session's, as the server says at the join */
  joined(seat: number, version: number | undefined): void {
    const session = Math.floor(seat / this.#users);
    // Where nothing was sent yet there is nothing that nobody would tell this user.
    const isWhole = this.#members.sendsIn(session) === 0;
    this.#replicas.begin(seat, isWhole);
    if (version !== undefined && isWhole) this.#histories[session]!.begin(version);
  }

  /** Asked for the state: what comes may not be older than what is known now. */
  asked(seat: number, at: number): void {
    this.#snapshots.asked(seat);
    // Else one that its join brought may still be on its way.
    if (at - this.#members.joinedAt(seat) > this.#options.deadline_us) this.#unversioned.asked(seat, at);
  }

  /** A change was sent; its entry is filled in. */
  sent(entry: number): void {
    const { session, sender, order, sent } = this.#flight;
    const history = this.#histories[session[entry]!]!;
    this.#unversioned.sent(session[entry]!, this.#stepOf(entry), sent[entry]!);
    if (history.isVersioned) return;
    this.#replicas.contest(entry, this.#flight);
    history.send(this.#stepOf(entry), order[entry]!, sent[entry]!);
    this.#replicas.applyNow(sender[entry]!, order[entry]!, this.#stepOf(entry));
  }

  /** It is known for the first time which version the server gave a change. */
  versioned(entry: number, version: number, at: number): void {
    const flight = this.#flight;
    const session = flight.session[entry]!;
    const sender = flight.sender[entry]!;
    const history = this.#histories[session]!;
    flight.version[entry] = version;
    this.#amends.versioned(entry);
    if (!history.isVersioned) {
      this.#recorder.trait('versions');
      history.orderByVersion();
      for (let user = 0; user < this.#users; user++) this.#replicas.forget(session * this.#users + user);
    }
    const step = this.#stepOf(entry);
    if (!this.#versions.record(entry, version, step, at)) return;
    // Who has had it all along: its sender, and whoever got a copy that does not say its version.
    if ((flight.flags[entry]! & TAKEN) !== 0) this.#catchUp(entry, version);
    if (this.#members.isIn(sender) && this.#members.orderOf(sender) < flight.order[entry]!) {
      this.#replicas.apply(sender, version, step);
    }
    this.#snapshots.advanced(session);
  }

  #catchUp(entry: number, version: number): void {
    const first = this.#flight.session[entry]! * this.#users;
    for (let user = 0; user < this.#users; user++) {
      if (this.#flight.has(entry, user)) this.#replicas.apply(first + user, version, this.#stepOf(entry));
    }
  }

  /** A copy says another version than the first copy of the same change did. */
  contradicted(entry: number, seat: number, version: number, at: number): void {
    this.#versions.contradicted(entry, seat, version, this.#stepOf(entry), at);
  }

  /** A copy arrived, for the first time at this user. */
  arrived(entry: number, seat: number, isDamaged: boolean, at: number): void {
    const flight = this.#flight;
    const version = flight.version[entry]!;
    const step = this.#stepOf(entry);
    if (version > 0) {
      if (this.#versions.arrived(entry, seat, step, at)) return;
      if (isDamaged) this.#replicas.damage(seat, version, step);
      else this.#replicas.receive(seat, version, step);
    } else if (!this.#histories[flight.session[entry]!]!.isVersioned) {
      if (isDamaged) this.#replicas.damage(seat, flight.order[entry]!, step);
      else this.#replicas.applyNow(seat, flight.order[entry]!, step);
    }
  }

  /** A change that everybody had long since came to a user, whose state may have held it. */
  settled(seat: number, sender: number, seq: number, version: number, at: number): void {
    this.#versions.settled(seat, sender, seq, version, at);
  }

  /** A copy that had to arrive is lost, or came damaged: what this explains is no divergence of its own. */
  wronged(entry: number, seat: number): void {
    this.#replicas.wronged(seat, this.#flight.place[entry]!);
  }

  /** Copies that this session's users lack are not followed any more: what they show from here on is not known. */
  losesTrack(session: number): void {
    for (let user = 0; user < this.#users; user++) this.#replicas.blind(session * this.#users + user);
  }

  /**
   * Whether a change that everybody has may yet be told its version: by an acknowledgement, where nobody else was there
   * to get it, or where copies do not say it.
   */
  isAwaited(entry: number): boolean {
    const { version, flags, session } = this.#flight;
    if (version[entry] !== 0) return false;
    return (flags[entry]! & TAKEN) === 0 || this.#histories[session[entry]!]!.isVersioned;
  }

  /** Everybody who had to have a change has it. */
  complete(entry: number, at: number): void {
    const { flags, session } = this.#flight;
    if ((flags[entry]! & TAKEN) !== 0) this.#unversioned.complete(session[entry]!, this.#stepOf(entry), at);
  }

  /** Nobody is in a session any more, as far as is known here: the server may forget it. */
  emptied(session: number, at: number): void {
    this.#unversioned.emptied(session, at);
  }

  /** A change’s time is over. @param inDoubt nobody knows whether the server took it */
  expired(entry: number, inDoubt: boolean, now: number): void {
    const session = this.#flight.session[entry]!;
    const { place, action, left } = this.#flight;
    this.#unversioned.expired(session, this.#stepOf(entry), !inDoubt && left[entry] === 0, now);
    if (inDoubt && !this.#histories[session]!.isVersioned) this.#replicas.doubt(session, place[entry]!, action[entry]!);
    this.over(entry);
  }

  /** A change is no longer looked for: where nobody learnt its version, it explains a gap. */
  over(entry: number): void {
    const { version, session, sent } = this.#flight;
    if (version[entry] !== 0) return;
    this.#nameless[session[entry]!]!++;
    this.#versions.missed(session[entry]!, sent[entry]!);
  }

  /** Something that came to a user has this version, and is no change of ours. */
  explain(seat: number, version: number): void {
    this.#versions.explain(seat, version);
  }

  /** A whole state came to a user. @param shown its items by their ids */
  state(seat: number, snapshot: Snapshot, shown: () => ReadonlyMap<string, ShownItem>, at: number): void {
    const { version, holds, isHosts } = snapshot;
    if (holds === 'null') this.#recorder.trait('null_state');
    else if (holds !== 'nothing' && !isHosts) this.#recorder.trait('state');
    if (holds === 'null' || holds === 'unknown') return;
    if (version !== undefined) this.explain(seat, version);
    if (version === undefined || !this.#historyOf(seat).isVersioned) {
      const judged = this.#unversioned.state(seat, snapshot, shown, at);
      if (judged) this.#snapshots.takeUnordered(seat, snapshot, judged, this.#flight, at);
      if (version !== undefined) this.#snapshots.remember(seat, snapshot, version, at);
      return;
    }
    this.#unversioned.forget(Math.floor(seat / this.#users));
    const missing = this.#historyOf(seat).onlyMissing(version);
    const areAllInFlight = this.#nameless[Math.floor(seat / this.#users)] === 0;
    const fits = (one: number): boolean => this.#historyOf(seat).isHidden(this.#stepOf(one), missing, snapshot);
    const entry = missing > 0 ? witnessed(this.#flight, this.#users, seat, snapshot, areAllInFlight, fits) : NONE;
    if (entry !== NONE) {
      this.#flight.flags[entry]! |= TAKEN;
      this.versioned(entry, missing, at);
    }
    this.#snapshots.take(seat, snapshot, version, this.#versions.toldTo(seat), at);
    this.#amends.state(seat, version);
    this.#versions.tellOf(seat, version);
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.lost_upper, -this.#members.clearDoubts(seat));
  }

  /** To be called about once a second: gives up versions that never came. */
  tick(now: number): void {
    const before = now - this.#options.deadline_us - PATIENCE_US;
    for (const [session, history] of this.#histories.entries()) {
      if (history.stuckSince === 0 || history.stuckSince > before) continue;
      this.#nameless[session]! -= Math.min(history.skip(now), this.#nameless[session]!);
      this.#snapshots.advanced(session);
    }
    this.#snapshots.giveUp(before, (seat) => {
      const { isMurky, stuckSince } = this.#historyOf(seat);
      return isMurky || stuckSince > 0 || this.#nameless[Math.floor(seat / this.#users)]! > 0;
    });
    this.#versions.tick(now);
  }

  /** The run is over: what is missing by now will not come. */
  finish(now: number): void {
    this.#versions.finish(now);
  }

  /**
   * Compares the replicas of all users of a session who are in, place by place.
   * @param before places that were changed later are left out, µs
   */
  compare(session: number, before: number, now: number): void {
    // What is behind a missing version is not applied yet.
    if (this.#histories[session]!.stuckSince > 0) return;
    const found = this.#replicas.compare(session, before, now);
    const stage = this.#recorder.stageOf(now);
    this.#recorder.count(stage, COUNTER.replicas_compared, found.compared);
    this.#recorder.count(stage, COUNTER.replicas_partial, found.partial);
    this.#recorder.count(stage, COUNTER.diverged_replicas, found.diverged);
    this.#recorder.count(stage, COUNTER.diverged_by_loss, found.byLoss);
    this.#recorder.count(stage, COUNTER.diverged_by_snapshot, found.bySnapshot);
    this.#recorder.count(stage, COUNTER.diverged_by_protocol, found.byProtocol);
  }

  #stepOf(entry: number): Step {
    const flight = this.#flight;
    STEP.place = flight.place[entry]!;
    STEP.action = flight.action[entry]!;
    STEP.item = flight.item[entry]!;
    STEP.user = flight.sender[entry]! % this.#users;
    STEP.seq = flight.seq[entry]!;
    return STEP;
  }
}

/** One object for all steps, so that looking at a copy allocates nothing. */
const STEP: Step = { place: 0, action: 0, item: 0, user: 0, seq: 0 };
