import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import { exponential } from '../core/random.ts';
import type { Phase } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import type { Stop, UserKind } from '../scenario/define.ts';
import { PURPOSE } from '../scenario/schedule.ts';
import { LIFE, type Agenda } from './agenda.ts';
import { ABSENT, type Attendance, PRESENT, WANTED } from './attendance.ts';
import { Comebacks } from './comebacks.ts';
import type { Connection, Door, DoorEvents, Ending } from './ports.ts';
import type { Seats } from './seats.ts';

/**
 * Where a user is in its life.
 *
 *     IDLE ── due ──> CONNECTING ── open ──> OPEN ── ack ──> JOINED ── leave ──> CLOSING ──> AWAY ── due ──> CONNECTING
 *                         │                   │                 │                   └── run over ──> GONE
 *                         └ refused, timed out, thrown out, cut ┼──> WAITING ── back-off ──> CONNECTING
 *                                                               └─ stop ──> STOPPED ── ended ──> GONE
 */
const IDLE = 0;
const CONNECTING = 1;
const OPEN = 2;
const JOINED = 3;
const CLOSING = 4;
const AWAY = 5;
const WAITING = 6;
const GONE = 7;
const STOPPED = 8;

/** How long an orderly close may take, µs (rule P5). */
const CLOSE_US = 10_000_000;

/** What the rest of the engine hears of a user's life. */
export interface LifeEvents {
  connecting(seat: number, at: number): void;
  /** Its connection is open; it has joined `nth` times before. */
  greets(seat: number, nth: number, at: number): void;
  entered(seat: number, nth: number, at: number): void;
  /** A close has begun: ours, the server's or a cut. */
  leaving(seat: number, at: number): void;
  /** Thrown out, or cut by the scenario: it wants to be back. */
  thrownOut(seat: number, at: number): void;
  /** Its connection, joined or not, has ended. */
  gone(seat: number, ending: Ending, at: number): void;
  /** Everybody has left for good. */
  empty(): void;
}

export interface LivesOptions {
  plan: Plan;
  seats: Seats;
  recorder: Recorder;
  agenda: Agenda;
  attendance: Attendance;
  door: Door;
  /** Who is told what comes over a connection. */
  inbox: DoorEvents;
  activities: { kindOf(seat: number): UserKind };
  events: LifeEvents;
}

/** The users' connections: joining, leaving, being thrown out, coming back. */
export class Lives {
  readonly #options: LivesOptions;
  readonly #recorder: Recorder;
  readonly #agenda: Agenda;
  readonly #connections: (Connection | undefined)[];
  readonly #life: Uint8Array;
  /** Joins so far. */
  readonly #joins: Uint16Array;
  readonly #comebacks: Comebacks;
  readonly #connectedAt: Float64Array;
  readonly #joinedAt: Float64Array;
  readonly #deadlineUs: number;
  #over = false;
  /** Once the run is over: nobody below this seat is left. */
  #firstLeft = 0;

  constructor(options: LivesOptions) {
    const { count } = options.seats;
    this.#options = options;
    this.#recorder = options.recorder;
    this.#agenda = options.agenda;
    this.#connections = Array.from({ length: count });
    this.#life = new Uint8Array(count);
    this.#joins = new Uint16Array(count);
    this.#comebacks = new Comebacks(options.seats);
    this.#connectedAt = new Float64Array(count);
    this.#joinedAt = new Float64Array(count);
    this.#deadlineUs = options.plan.deadline_ms * 1000;
  }

  isJoined(seat: number): boolean {
    return this.#life[seat] === JOINED;
  }

  /** Whether a user has turned into a bad peer: what still comes to it is nobody's. */
  isStopped(seat: number): boolean {
    return this.#life[seat] === STOPPED;
  }

  /** How often a user has joined. */
  joins(seat: number): number {
    return this.#joins[seat]!;
  }

  /** The user's connection, where this is it; what an older one still tells is of no interest. */
  owns(seat: number, connection: Connection): boolean {
    return this.#connections[seat] === connection;
  }

  send(seat: number, text: string): void {
    this.#connections[seat]?.send(text);
  }

  /** A step of a user's life is due. */
  act(seat: number, now: number): void {
    switch (this.#life[seat]) {
      case IDLE:
      case AWAY:
      case WAITING:
        if (now < this.#agenda.end) this.#connect(seat, now);
        return;
      case CONNECTING:
      case OPEN:
        return this.#giveUpJoining(seat, now);
      case JOINED:
        return this.#leave(seat, 'leaving for a while', now);
      case CLOSING:
        this.#connections[seat]?.cut();
        return this.ended(seat, { code: 1006, reason: 'no answer to our close', initiator: 'client' }, now);
      default:
        return undefined;
    }
  }

  #connect(seat: number, now: number): void {
    const { seats, attendance, door, inbox, events } = this.#options;
    this.#life[seat] = CONNECTING;
    this.#connectedAt[seat] = now;
    attendance.set(seat, WANTED, now);
    events.connecting(seat, now);
    this.#agenda.set(seat, LIFE, now + this.#deadlineUs);
    this.#connections[seat] = door.connect(seat, seats.sessionOf(seat), seats.userOf(seat), inbox);
  }

  opened(seat: number, at: number): void {
    if (this.#life[seat] !== CONNECTING) return;
    this.#life[seat] = OPEN;
    const began = this.#connectedAt[seat]!;
    this.#recorder.measure(this.#recorder.stageOf(began), TREND.connect_time, at - began);
    this.#options.events.greets(seat, this.#joins[seat]!, at);
  }

  acknowledged(seat: number, at: number): void {
    if (this.#life[seat] !== OPEN) return;
    this.#life[seat] = JOINED;
    const began = this.#connectedAt[seat]!;
    const stage = this.#recorder.stageOf(began);
    this.#recorder.measure(stage, TREND.join_time, at - began);
    this.#recorder.count(stage, COUNTER.connections, 1);
    if (this.#joins[seat]! > 0) this.#recorder.count(stage, COUNTER.reconnects, 1);
    const nth = ++this.#joins[seat]!;
    this.#joinedAt[seat] = at;
    this.#options.attendance.set(seat, PRESENT, at);
    this.#agenda.plan(seat, LIFE, at + this.#stays(seat, nth));
    this.#options.events.entered(seat, nth, at);
  }

  /** How long a user stays the n-th time, µs. */
  #stays(seat: number, nth: number): number {
    const { leaves } = this.#options.activities.kindOf(seat);
    return leaves
      ? exponential(this.#options.seats.stream(seat, PURPOSE.leave), nth * 2, leaves.after_s * 1e6)
      : Infinity;
  }

  #giveUpJoining(seat: number, now: number): void {
    const awaited = this.#life[seat] === OPEN ? 'connection:ack' : 'an open WebSocket';
    const error = `no ${awaited} within ${this.#deadlineUs / 1e6} s`;
    this.#connections[seat]?.cut();
    this.ended(seat, { code: 1006, reason: '', initiator: 'client', error }, now);
  }

  #leave(seat: number, reason: string, now: number): void {
    this.#goes(seat, now);
    this.#options.attendance.set(seat, ABSENT, now);
    this.#close(seat, reason, now);
  }

  #close(seat: number, reason: string, now: number): void {
    this.#life[seat] = CLOSING;
    this.#agenda.set(seat, LIFE, now + Math.min(CLOSE_US, this.#deadlineUs));
    this.#connections[seat]?.close(1000, reason);
  }

  /** A stay ends that this tool itself ends: how long it would have lasted is not known. */
  #goes(seat: number, now: number): void {
    this.#recorder.stay((now - this.#joinedAt[seat]!) / 1000, false);
    this.#options.events.leaving(seat, now);
  }

  /** Cuts a user who is in, as the scenario wants; it comes back as one does who was thrown out. */
  cut(seat: number, now: number): void {
    if (this.#life[seat] !== JOINED) return;
    this.#goes(seat, now);
    this.#options.events.thrownOut(seat, now);
    this.#ends(seat, 'cut by the scenario', now);
    this.#comeBack(seat, 1006, now);
  }

  /** A user who is in turns into a bad peer, and stays one. */
  stop(seat: number, how: Stop['how'], now: number): void {
    if (this.#life[seat] !== JOINED) return;
    this.#goes(seat, now);
    this.#options.attendance.set(seat, ABSENT, now);
    this.#agenda.set(seat, LIFE, Infinity);
    if (how === 'vanish') {
      this.#ends(seat, 'vanished, as the scenario wants', now);
      return this.#goHome(seat, now);
    }
    this.#life[seat] = STOPPED;
    if (how === 'reading') this.#connections[seat]?.pause();
    else this.#connections[seat]?.halfClose();
    return undefined;
  }

  #ends(seat: number, reason: string, now: number): void {
    this.#connections[seat]?.cut();
    this.#connections[seat] = undefined;
    const ending = { code: 1006, reason, initiator: 'client' } as const;
    this.#recorder.disconnect({ ...ending, phase: 'steady', expected: true }, now / 1000);
    this.#options.events.gone(seat, ending, now);
  }

  /** The measured window is over: those who stopped reading read on, to see what has become of them. */
  readOn(): void {
    for (let seat = 0; seat < this.#life.length; seat++) {
      if (this.#life[seat] === STOPPED) this.#connections[seat]?.resume();
    }
  }

  /** Gives a connection up that is dead, whatever the system says. */
  giveUp(seat: number, reason: string, now: number): void {
    this.#connections[seat]?.cut();
    this.ended(seat, { code: 1006, reason, initiator: 'network' }, now);
  }

  /** The connection has ended. */
  ended(seat: number, ending: Ending, at: number): void {
    const life = this.#life[seat]!;
    this.#connections[seat] = undefined;
    const phase: Phase =
      life === CONNECTING ? 'connect' : life === OPEN ? 'join' : life === CLOSING ? 'close' : 'steady';
    const expected = life === CLOSING || life === STOPPED;
    const { code, reason, initiator } = ending;
    this.#recorder.disconnect({ code, reason, initiator, phase, expected }, at / 1000);
    if (ending.error !== undefined && life !== STOPPED)
      this.#recorder.error(ending.wall ? 'wall' : phase, ending.error, at / 1000);
    const stage = this.#recorder.stageOf(at);
    if (life === CONNECTING || life === OPEN) this.#recorder.count(stage, COUNTER.connections_failed, 1);
    if (life === JOINED) this.#thrownOut(seat, ending, stage, at);
    this.#options.events.gone(seat, ending, at);
    if (life === STOPPED) this.#goHome(seat, at);
    else this.#afterwards(seat, code, expected, at);
  }

  #thrownOut(seat: number, ending: Ending, stage: number, at: number): void {
    const { seats, events } = this.#options;
    events.leaving(seat, at);
    events.thrownOut(seat, at);
    this.#recorder.stay((at - this.#joinedAt[seat]!) / 1000, true);
    this.#recorder.count(stage, COUNTER.disconnects_unexpected, 1);
    if (!this.#recorder.wants('disconnects_unexpected')) return;
    this.#recorder.example({
      kind: 'disconnects_unexpected',
      session: seats.sessionIdOf(seat),
      receiver: seats.idOf(seat),
      at_ms: at / 1000,
      note: `${ending.code}${ending.reason ? ` ${ending.reason}` : ''}, by the ${ending.initiator}`,
    });
  }

  /** Where a user goes whose connection has ended: away for a while, back, or home. */
  #afterwards(seat: number, code: number, planned: boolean, at: number): void {
    const { seats } = this.#options;
    if (this.#over) return this.#goHome(seat, at);
    if (planned) {
      const away = (this.#options.activities.kindOf(seat).leaves?.away_s ?? 0) * 1e6;
      this.#life[seat] = AWAY;
      const gap = exponential(seats.stream(seat, PURPOSE.leave), this.#joins[seat]! * 2 + 1, away);
      return this.#agenda.plan(seat, LIFE, at + gap);
    }
    return this.#comeBack(seat, code, at);
  }

  #comeBack(seat: number, code: number, at: number): void {
    this.#options.attendance.set(seat, WANTED, at);
    const lasted = at - this.#connectedAt[seat]!;
    const due = this.#comebacks.next(seat, code, lasted, this.#joins[seat]!, at);
    this.#life[seat] = due === Infinity ? GONE : WAITING;
    this.#agenda.plan(seat, LIFE, due);
  }

  #goHome(seat: number, at: number): void {
    this.#life[seat] = GONE;
    this.#options.attendance.set(seat, ABSENT, at);
    this.#agenda.set(seat, LIFE, Infinity);
    if (this.#over) this.#checkEmpty();
  }

  /** The run is over: everybody leaves in good order. */
  leaveAll(now: number): void {
    this.#over = true;
    for (let seat = 0; seat < this.#life.length; seat++) {
      if (this.#life[seat] === JOINED) this.#leave(seat, 'the run is over', now);
      else if (this.#life[seat] === STOPPED) this.#close(seat, 'the run is over', now);
      else if (this.#life[seat] !== CLOSING) {
        this.#connections[seat]?.cut();
        this.#connections[seat] = undefined;
        this.#life[seat] = GONE;
      }
    }
    this.#checkEmpty();
  }

  get isOver(): boolean {
    return this.#over;
  }

  #checkEmpty(): void {
    // Each time from where somebody was still there: all of them leave at once.
    while (this.#firstLeft < this.#life.length && this.#life[this.#firstLeft] === GONE) this.#firstLeft++;
    if (this.#firstLeft === this.#life.length) this.#options.events.empty();
  }
}
