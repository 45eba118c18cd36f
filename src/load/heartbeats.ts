import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { uniform } from '../core/random.ts';
import type { Plan } from '../plan/plan.ts';
import { PURPOSE } from '../scenario/schedule.ts';
import { BEAT, type Agenda } from './agenda.ts';
import type { Seats } from './seats.ts';

/** What heartbeats ask of a user's connection. */
export interface Pulse {
  ping(seat: number, now: number): void;
  /** When anything last came over it, µs. */
  heardAt(seat: number): number;
  /** Nothing at all came for a heartbeat and a deadline. */
  silent(seat: number, now: number): void;
}

/**
 * Pings and pongs of all users. A pong is told to be its own ping's by the order alone, as a connection keeps it:
 * nothing that the server writes into it is believed. A ping is answered or missed before the next one is due, so one
 * place a user will do; what was missed is owed.
 *
 * Where pings are owed, the next pong may be a late one, or this ping's and the owed ones were never answered. It is
 * held until the deadline: another pong in that time shows that the first was late; none, that it was this ping's own.
 * A pong that comes where no ping waits is late.
 */
export class Heartbeats {
  readonly #recorder: Recorder;
  readonly #agenda: Agenda;
  readonly #seats: Seats;
  readonly #pulse: Pulse;
  readonly #periodUs: number;
  readonly #deadlineUs: number;
  readonly #silenceUs: number;
  /** When the unanswered ping was due and sent, µs; 0 for none. */
  readonly #due: Float64Array;
  readonly #sent: Float64Array;
  /** Pings of this connection that were missed and may yet be answered. */
  readonly #owed: Uint16Array;
  /** When a pong came that may be a late one or the waiting ping's, µs; 0 for none. */
  readonly #heldAt: Float64Array;
  #waiting = 0;

  constructor(plan: Plan, seats: Seats, recorder: Recorder, agenda: Agenda, pulse: Pulse) {
    this.#recorder = recorder;
    this.#agenda = agenda;
    this.#seats = seats;
    this.#pulse = pulse;
    this.#periodUs = plan.heartbeat_ms * 1000;
    this.#deadlineUs = Math.min(plan.deadline_ms, plan.heartbeat_ms) * 1000;
    this.#silenceUs = (plan.heartbeat_ms + plan.deadline_ms) * 1000;
    this.#due = new Float64Array(seats.count);
    this.#sent = new Float64Array(seats.count);
    this.#owed = new Uint16Array(seats.count);
    this.#heldAt = new Float64Array(seats.count);
  }

  /** Pings that wait for their pong. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A user has joined, for the n-th time: its first ping is at a random phase in (0, heartbeat]. */
  begin(seat: number, nth: number, now: number): void {
    const phase = 1 - uniform(this.#seats.stream(seat, PURPOSE.heartbeat), nth);
    this.#agenda.plan(seat, BEAT, now + phase * this.#periodUs);
  }

  /** A ping is due, or the pong of the last one should have come. */
  act(seat: number, due: number, now: number): void {
    if (this.#sent[seat] !== 0) {
      this.#decide(seat, now);
      const next = due - this.#deadlineUs + this.#periodUs;
      if (next > due) return this.#agenda.plan(seat, BEAT, next);
    }
    if (now - this.#pulse.heardAt(seat) > this.#silenceUs) return this.#pulse.silent(seat, now);
    this.#due[seat] = due;
    this.#sent[seat] = now;
    this.#waiting++;
    this.#agenda.plan(seat, BEAT, due + this.#deadlineUs);
    this.#pulse.ping(seat, now);
  }

  /**
   * The window is over and others are waited for: a user who says nothing for a heartbeat would be taken for idle. These
   * pings are in no book, and are left out where an answer would be taken for an owed one's.
   * @param next_us when it is asked next, µs from now
   */
  keepAlive(seat: number, next_us: number, now: number): void {
    if (this.#sent[seat] !== 0 || this.#owed[seat]! > 0) return;
    if (now + next_us - this.#pulse.heardAt(seat) > this.#periodUs) this.#pulse.ping(seat, now);
  }

  pong(seat: number, at: number): void {
    if (this.#sent[seat] === 0) return this.#late(seat, at);
    if (this.#owed[seat]! > 0) {
      if (this.#heldAt[seat] !== 0) this.#late(seat, at);
      if (this.#owed[seat]! > 0) {
        this.#heldAt[seat] = at;
        return;
      }
    }
    const due = this.#due[seat]!;
    this.#answered(seat, at);
    this.#agenda.plan(seat, BEAT, due + this.#periodUs);
  }

  #answered(seat: number, at: number): void {
    const stage = this.#recorder.stageOf(this.#due[seat]!);
    this.#recorder.count(stage, COUNTER.heartbeats, 1);
    this.#recorder.measure(stage, TREND.heartbeat_rtt, at - this.#sent[seat]!);
    this.#forget(seat);
  }

  /** The oldest ping that is owed was answered, too late. One that nobody sent a ping for is nobody's. */
  #late(seat: number, at: number): void {
    if (this.#owed[seat] === 0) return;
    this.#owed[seat]!--;
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.heartbeats_late, 1);
  }

  /** The deadline of the ping that waits has passed. */
  #decide(seat: number, now: number): void {
    if (this.#heldAt[seat] === 0) return this.#missed(seat, now);
    // Answers keep their order: what was owed before this answer never comes.
    this.#owed[seat] = 0;
    return this.#answered(seat, this.#heldAt[seat]!);
  }

  /** The connection has ended: a ping that waits is missed if its time was up, else neither answered nor missed. */
  end(seat: number, now: number): void {
    const isUp = now - this.#sent[seat]! >= this.#deadlineUs;
    if (this.#sent[seat] !== 0 && (isUp || this.#heldAt[seat] !== 0)) this.#decide(seat, now);
    this.#forget(seat);
    this.#owed[seat] = 0;
    this.#agenda.set(seat, BEAT, Infinity);
  }

  #forget(seat: number): void {
    if (this.#sent[seat] === 0) return;
    this.#sent[seat] = 0;
    this.#heldAt[seat] = 0;
    this.#waiting--;
  }

  #missed(seat: number, now: number): void {
    const stage = this.#recorder.stageOf(this.#due[seat]!);
    this.#recorder.count(stage, COUNTER.heartbeats, 1);
    this.#recorder.count(stage, COUNTER.heartbeats_missed, 1);
    this.#recorder.missing(stage, TREND.heartbeat_rtt, 1);
    this.#owed[seat]!++;
    this.#forget(seat);
    if (!this.#recorder.wants('heartbeats_missed')) return;
    this.#recorder.example({
      kind: 'heartbeats_missed',
      session: this.#seats.sessionIdOf(seat),
      receiver: this.#seats.idOf(seat),
      at_ms: now / 1000,
      note: `no pong within ${this.#deadlineUs / 1e6} s`,
    });
  }
}
