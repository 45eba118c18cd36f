import { COUNTER, type Recorder } from '../core/recorder.ts';
import { NONE, type Flight } from './flight.ts';
import type { Told } from './told.ts';

/** Versions that nobody has seen a change of: between two that somebody has. */
interface Gap {
  from: number;
  to: number;
  /** When the latest change of a lower version was sent, µs: the server took it after that. */
  after: number;
  /** When a higher version was first seen, µs: the server had taken it by then. */
  before: number;
}

/** A change whose version nobody learnt: when it was sent, and by when the server took it, if it did, µs. */
interface Nameless {
  sent: number;
  until: number;
}

interface SessionVersions {
  low: number;
  top: number;
  lowSeen: number;
  /** When the latest change was sent whose version is known, µs. */
  sent: number;
  /** Lowest first. */
  gaps: Gap[];
  nameless: Nameless[];
  /** Versions above all others that something else than a change of ours was seen to have. */
  named: number[];
}

export interface GapsOptions {
  sessions: number;
  users: number;
  deadline_us: number;
  recorder: Recorder;
  tell(told: Told): void;
}

/** A gap waits so much longer than a delivery for its change to be known, µs. */
const PATIENCE_US = 1_000_000;
/** Changes of unknown version that are remembered of a session as long as no version is known. */
const MAX_BEFORE = 64;
/** Versions of something else that are remembered in a session. */
const MAX_NAMED = 16;
/** Versions that are remembered with the session that had them; a power of two. */
const SEEN = 4096;
/** A gap counts as so many at most where it is asked whether versions are consecutive: a jump alone says nothing. */
const MOST_OF_ONE = 3;

/**
 * Versions that the server left out of a session's order (P9): a gap that no change explains. What explains one is a
 * change that may have been taken just then and whose version nobody learnt, such as of a user who left before it was
 * acknowledged and while nobody else was there; a state or a stranger's change that has the version.
 *
 * Below a known version all were taken earlier, above it later: so a change of unknown version explains a gap only if
 * the server may have taken it after what is below was sent and before what is above was seen. Gaps and these times
 * rise together, so that giving each gap the change whose time is over first explains as many as can be.
 *
 * A server that counts otherwise than one by one (several sessions, or the time) is not blamed for its gaps: they are
 * `versions_skipped`.
 */
export class Gaps {
  readonly #options: GapsOptions;
  readonly #flight: Flight;
  readonly #sessions: SessionVersions[];
  readonly #seen = new Float64Array(SEEN).fill(-1);
  readonly #seenIn = new Uint32Array(SEEN);
  /** Whether two sessions had the same version: each counts by itself. */
  #areOwn = false;
  /** Versions seen; those that nothing explains, and the same with jumps counted as short ones. */
  #numbers = 0;
  #unexplained = 0;
  #steps = 0;
  /** How many of these were counted as errors, and as skipped. */
  #errors = 0;
  #skipped = 0;

  constructor(options: GapsOptions, flight: Flight) {
    this.#options = options;
    this.#flight = flight;
    this.#sessions = Array.from({ length: options.sessions }, () => ({
      low: -1,
      top: -1,
      lowSeen: 0,
      sent: 0,
      gaps: [],
      nameless: [],
      named: [],
    }));
  }

  /** A change that was sent at `sent` was seen to have this version. */
  record(session: number, version: number, sent: number, at: number): void {
    const one = this.#sessions[session]!;
    this.#note(session, version);
    if (version > one.top) this.#rise(one, version, sent, at);
    else if (version < one.low) this.#sink(one, version, at);
    else if (!this.#close(one, version, sent)) return;
    this.#numbers++;
  }

  #note(session: number, version: number): void {
    const slot = version & (SEEN - 1);
    if (this.#seen[slot] === version && this.#seenIn[slot] !== session) this.#areOwn = true;
    this.#seen[slot] = version;
    this.#seenIn[slot] = session;
  }

  #rise(one: SessionVersions, version: number, sent: number, at: number): void {
    const { top } = one;
    if (top < 0) {
      one.low = version;
      one.lowSeen = at;
    } else if (version > top + 1) {
      one.gaps.push({ from: top + 1, to: version - 1, after: one.sent, before: at });
    }
    one.top = version;
    one.sent = Math.max(one.sent, sent);
    if (one.named.length === 0) return;
    for (const named of one.named) if (named < version) this.#close(one, named, 0);
    one.named = one.named.filter((named) => named > version);
  }

  /** The first that was seen was not the first; long after it, one below is no part of that order any more. */
  #sink(one: SessionVersions, version: number, at: number): void {
    if (at - one.lowSeen > this.#options.deadline_us) return;
    if (one.low > version + 1) one.gaps.unshift({ from: version + 1, to: one.low - 1, after: 0, before: one.lowSeen });
    one.low = version;
  }

  /** @returns whether it was in a gap */
  #close(one: SessionVersions, version: number, sent: number): boolean {
    const { gaps } = one;
    for (let nth = gaps.length - 1; nth >= 0; nth--) {
      const gap = gaps[nth]!;
      if (version > gap.to) return false;
      if (version < gap.from) continue;
      const rest = { ...gap, from: version + 1, after: Math.max(gap.after, sent) };
      if (rest.from <= rest.to) gaps.splice(nth + 1, 0, rest);
      gap.to = version - 1;
      if (gap.from > gap.to) gaps.splice(nth, 1);
      return true;
    }
    return false;
  }

  /** Something else than a change of ours has this version: a state, a stranger's change, a copy that contradicts. */
  explain(session: number, version: number): void {
    const one = this.#sessions[session]!;
    if (version <= one.top) return void this.#close(one, version, 0);
    if (one.named.length === MAX_NAMED) one.named.shift();
    one.named.push(version);
  }

  /** A change that was sent at `sent` is no longer looked for, and nobody learnt its version. */
  missed(session: number, sent: number): void {
    const { top, nameless } = this.#sessions[session]!;
    if (top < 0 && nameless.length === MAX_BEFORE) nameless.shift();
    nameless.push({ sent, until: sent + 2 * this.#options.deadline_us });
  }

  /** Judges what has waited long enough. To be called about once a second. */
  tick(now: number): void {
    this.#judge(now, now - this.#options.deadline_us - PATIENCE_US);
  }

  /** Judges all that is left: nothing more is sent. */
  finish(now: number): void {
    this.#judge(now, now);
  }

  #judge(now: number, before: number): void {
    for (const [session, one] of this.#sessions.entries()) {
      if (one.gaps.length > 0 && one.gaps[0]!.before <= before) this.#judgeSession(session, one, before);
      if (one.nameless.length === 0) continue;
      const after = one.gaps[0]?.after ?? one.sent;
      one.nameless = one.nameless.filter(({ until }) => until >= after);
    }
    this.#settle(now);
  }

  #judgeSession(session: number, one: SessionVersions, before: number): void {
    const nameless = [...one.nameless];
    const { version, sent } = this.#flight;
    for (let entry = this.#flight.first(session); entry !== NONE; entry = this.#flight.next(entry)) {
      if (version[entry] === 0) nameless.push({ sent: sent[entry]!, until: Infinity });
    }
    nameless.sort((a, b) => a.until - b.until);
    while (one.gaps.length > 0 && one.gaps[0]!.before <= before) {
      const gap = one.gaps.shift()!;
      const size = gap.to - gap.from + 1;
      let missing = size;
      for (let nth = 0; nth < nameless.length && missing > 0; nth++) {
        if (nameless[nth]!.sent >= gap.before || nameless[nth]!.until < gap.after) continue;
        nameless.splice(nth--, 1);
        missing--;
      }
      if (missing > 0) this.#leftOut(session, gap, size, missing);
    }
    one.nameless = nameless.filter(({ until }) => until < Infinity);
  }

  #leftOut(session: number, { from, to, before }: Gap, size: number, missing: number): void {
    this.#unexplained += missing;
    this.#steps += Math.min(missing, MOST_OF_ONE);
    const which =
      size === 1 ? `version ${from}` : `${missing === size ? '' : `${missing} of `}the versions ${from} to ${to}`;
    const note = `no change has ${which}`;
    this.#options.tell({ kind: 'version_errors', seat: session * this.#options.users, at: before, note });
  }

  /** Counts what was left out as errors, or as skipped where the server does not count one by one after all. */
  #settle(now: number): void {
    if (this.#unexplained === 0) return;
    const errors = this.#areConsecutive() ? this.#unexplained : 0;
    const skipped = this.#unexplained - errors;
    const { recorder } = this.#options;
    const stage = recorder.stageOf(now);
    if (errors !== this.#errors) recorder.count(stage, COUNTER.version_errors, errors - this.#errors);
    if (skipped !== this.#skipped) recorder.count(stage, COUNTER.versions_skipped, skipped - this.#skipped);
    this.#errors = errors;
    this.#skipped = skipped;
  }

  /** Whether versions count the changes of a session, as far as can be told. */
  #areConsecutive(): boolean {
    if (this.#steps * 3 > this.#numbers * 2) return false;
    if (this.#areOwn) return true;
    const used = this.#sessions.filter(({ top }) => top >= 0);
    const low = Math.min(...used.map((one) => one.low));
    const top = Math.max(...used.map((one) => one.top));
    const spans = used.reduce((sum, one) => sum + one.top - one.low + 1, 0);
    // Sessions that count in one row have none of their numbers in common, though they count at the same time.
    return spans <= top - low + 1;
  }
}
