import type { Breach } from '../core/breaches.ts';
import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import type { Phase } from '../core/record.ts';
import type { Plan } from '../plan/plan.ts';
import type { Stop } from '../scenario/define.ts';
import type { Habits } from './activities.ts';
import { LIFE, type Agenda } from './agenda.ts';
import { ABSENT, type Attendance, PRESENT, WANTED } from './attendance.ts';
import { Comebacks } from './comebacks.ts';
import { Endings } from './endings.ts';
import { IDLE, CONNECTING, OPEN, JOINED, CLOSING, AWAY, WAITING, GONE, STOPPED } from './life.ts';
import type { LifeEvents } from './life-events.ts';
import type { Connection, Door, DoorEvents, Ending } from './ports.ts';
import type { Seats } from './seats.ts';

/** How long an orderly close may take, µs (rule P5). */
const CLOSE_US = 10_000_000;
/** So late a deadline is looked at only where this process stood still, µs: the answer may wait to be read. */
const STOOD_STILL_US = 100_000;

export interface LivesOptions {
  plan: Plan;
  seats: Seats;
  recorder: Recorder;
  agenda: Agenda;
  attendance: Attendance;
  door: Door;
  /** Who is told what comes over a connection. */
  inbox: DoorEvents;
  activities: Pick<Habits, 'leavesAt' | 'returnsAt' | 'kindOf'>;
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
  readonly #endings: Endings;
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
    this.#endings = new Endings(options.recorder, options.seats);
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
  act(seat: number, due: number, now: number): void {
    const life = this.#life[seat]!;
    const isAwaiting = life === CONNECTING || life === OPEN || life === CLOSING;
    // What was lost of the server's time by our own fault is given back to it.
    if (isAwaiting && now - due > STOOD_STILL_US) return this.#agenda.set(seat, LIFE, now + (now - due));
    switch (life) {
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
    this.#endings.joined(seat, at);
    this.#options.attendance.set(seat, PRESENT, at);
    this.#agenda.plan(seat, LIFE, this.#options.activities.leavesAt(seat, nth, at));
    this.#options.events.entered(seat, nth, at);
  }

  /** The acknowledgement came as no text client sees it. */
  unseenAck(seat: number): void {
    this.#endings.unseenAck(seat);
  }

  /** What came to a user, no server may send. */
  fail(seat: number, breach: Breach): void {
    this.#connections[seat]?.fail(breach);
  }

  #giveUpJoining(seat: number, now: number): void {
    this.#connections[seat]?.cut();
    this.ended(seat, this.#endings.tooLate(seat, this.#life[seat] === OPEN, this.#deadlineUs), now);
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

  /** A user who is in goes as this tool itself means it to. */
  #goes(seat: number, now: number): void {
    this.#endings.left(seat, now);
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

  /** Why a connection ended whose user is a bad peer, where nobody says. */
  #stopOf(seat: number): string {
    return this.#options.activities.kindOf(seat).stops?.how === 'reading'
      ? 'after it had stopped reading'
      : 'after its half-close';
  }

  #ends(seat: number, reason: string, now: number): void {
    this.#connections[seat]?.cut();
    this.#connections[seat] = undefined;
    const ending = { code: 1006, reason, initiator: 'client' } as const;
    this.#endings.ended(seat, ending, 'steady', true, now);
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
    const told = life === STOPPED && ending.reason === '' ? { ...ending, reason: this.#stopOf(seat) } : ending;
    this.#endings.ended(seat, told, phase, expected, at);
    if (life === JOINED) {
      this.#options.events.leaving(seat, at);
      this.#options.events.thrownOut(seat, at);
      this.#endings.thrownOut(seat, ending, at);
    }
    this.#options.events.gone(seat, ending, at);
    if (life === STOPPED) this.#goHome(seat, at);
    else this.#afterwards(seat, ending.code, expected, at);
  }

  /** Where a user goes whose connection has ended: away for a while, back, or home. */
  #afterwards(seat: number, code: number, planned: boolean, at: number): void {
    if (this.#over) return this.#goHome(seat, at);
    if (!planned) return this.#comeBack(seat, code, at);
    this.#life[seat] = AWAY;
    return this.#agenda.plan(seat, LIFE, this.#options.activities.returnsAt(seat, this.#joins[seat]!, at));
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
