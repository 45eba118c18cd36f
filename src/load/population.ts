import { COUNTER, type Recorder } from '../core/recorder.ts';
import { knowledgeOf } from '../oracles/attendees.ts';
import { Delivery } from '../oracles/delivery.ts';
import { Presence } from '../oracles/presence.ts';
import { stageEnds } from '../plan/plan.ts';
import { Collab } from '../protocol/collab.ts';
import { inspectCommand } from '../protocol/command.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Habits } from './activities.ts';
import { Agenda, CURSOR, EDIT, LIFE, TURN, type Actor } from './agenda.ts';
import type { Asides } from './asides.ts';
import { Attendance } from './attendance.ts';
import { habitsOf, turnsOf } from './direction.ts';
import { HostStates } from './host-states.ts';
import { Heartbeats, type Pulse } from './heartbeats.ts';
import { Incoming } from './incoming.ts';
import { Journeys } from './journeys.ts';
import type { LifeEvents } from './life-events.ts';
import { Lives } from './lives.ts';
import { Looks } from './looks.ts';
import { Outgoing } from './outgoing.ts';
import type { PopulationOptions } from './population-options.ts';
import type { Connection, DoorEvents, Ending } from './ports.ts';
import { Recoveries } from './recoveries.ts';
import { Seats } from './seats.ts';
import type { Turns } from './turns.ts';

/** How long nothing may come before a drained run is over, µs. */
const QUIET_US = 1_000_000;
/** How far apart the ticks are, µs. */
const TICK_US = 1_000_000;

/**
 * The simulated users of one process: whole sessions, one timer, one queue of due times. Knows no host: clock, timer
 * and door are given, so that it runs over real sockets, inside k6, and in virtual time.
 *
 * Here is where everything meets: the door's events go to the protocol, what the protocol tells goes to the users'
 * lives and to the oracles, and what is due is sent.
 */
export class Population implements DoorEvents, LifeEvents, Pulse, Actor {
  readonly #options: PopulationOptions;
  readonly #recorder: Recorder;
  readonly #seats: Seats;
  readonly #protocol: Protocol;
  readonly #delivery: Delivery;
  readonly #presence: Presence;
  readonly #agenda: Agenda;
  readonly #activities: Habits;
  readonly #heartbeats: Heartbeats;
  readonly #attendance: Attendance;
  readonly #lives: Lives;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #deadlineUs: number;
  readonly #recoveries: Recoveries;
  readonly #looks: Looks;
  readonly #hosts: HostStates | undefined;
  readonly #journeys: Journeys | undefined;
  readonly #turns: Turns | Asides | Journeys;
  /** When anything last came over each connection, µs. */
  readonly #heardAt: Float64Array;

  constructor(options: PopulationOptions) {
    const { plan, recorder, clock, run, sessions } = options;
    const end = stageEnds(plan).steady * 1000;
    const seats = new Seats(plan, run, sessions);
    this.#options = options;
    this.#recorder = recorder;
    this.#seats = seats;
    const deadline_us = plan.deadline_ms * 1000;
    this.#deadlineUs = deadline_us;
    const activities = habitsOf(options, seats);
    this.#activities = activities;
    this.#delivery = new Delivery({
      run,
      users: plan.users,
      sessions,
      deadline_us,
      seed: plan.seed,
      items: plan.items,
      places: activities.places,
      isContended: (session, place) => activities.isContended(session, place),
      recorder,
      same: options.same,
      inspect: inspectCommand,
    });
    const heardAt = new Float64Array(seats.count);
    this.#heardAt = heardAt;
    this.#presence = new Presence({
      run,
      users: plan.users,
      sessions,
      deadline_us,
      recorder,
      heardAt: (seat) => heardAt[seat]!,
    });
    this.#agenda = new Agenda(seats.count, clock, options.timer, end, this);
    this.#heartbeats = new Heartbeats(plan, seats, recorder, this.#agenda, this);
    this.#attendance = new Attendance(seats.count, recorder, end);
    this.#lives = new Lives({
      plan,
      seats,
      recorder,
      agenda: this.#agenda,
      attendance: this.#attendance,
      door: options.door,
      inbox: this,
      activities,
      events: this,
    });
    this.#recoveries = new Recoveries(seats.count, recorder);
    this.#incoming = new Incoming({
      recorder,
      lives: this.#lives,
      heartbeats: this.#heartbeats,
      recoveries: this.#recoveries,
      delivery: this.#delivery,
      presence: this.#presence,
      idOf: (seat) => seats.idOf(seat),
      isLook: (seat) => this.#looks.answered(seat),
      named: (seat, at) => this.#hosts?.named(seat, at),
    });
    this.#protocol = new Collab(plan.seed, this.#incoming, options.wallClock);
    this.#outgoing = new Outgoing({
      run,
      items: plan.items,
      clock,
      recorder,
      seats,
      agenda: this.#agenda,
      activities,
      lives: this.#lives,
      protocol: this.#protocol,
      delivery: this.#delivery,
      changed: (seat, text) => this.#hosts?.changed(seat, text),
    });
    const parts = {
      seats,
      agenda: this.#agenda,
      lives: this.#lives,
      outgoing: this.#outgoing,
      recoveries: this.#recoveries,
    };
    this.#turns = turnsOf(options, activities, parts);
    this.#journeys = this.#turns instanceof Journeys ? this.#turns : undefined;
    this.#hosts = options.spec.host_sends_state
      ? new HostStates({ seats, recorder, outgoing: this.#outgoing, wallClock: options.wallClock })
      : undefined;
    this.#looks = new Looks({ ...parts, delivery: this.#delivery, deadline_us });
  }

  /** Sets every user's first due times. */
  start(): void {
    for (let seat = 0; seat < this.#seats.count; seat++) {
      const joins = this.#activities.joinsAt(seat);
      this.#agenda.set(seat, LIFE, joins);
      this.#agenda.plan(seat, EDIT, this.#activities.firstEdit(seat, joins));
      this.#agenda.plan(seat, CURSOR, this.#activities.nextCursor(seat, joins));
    }
    this.#turns.start();
    this.#agenda.arm();
  }

  /** Nothing more is sent; what is on its way is waited for, then everybody leaves. */
  stop(): void {
    const now = this.#options.clock();
    this.#recorder.endWindow(now);
    this.#attendance.endWindow(now);
    this.#agenda.endAt(now);
  }

  /** Copies that must arrive, have not, and are within their deadline. */
  get pending(): number {
    return this.#delivery.pending;
  }

  get connected(): number {
    return this.#attendance.present;
  }

  /** To be called about once a second, before the interval's record is taken: deadlines, books, and the drain. */
  tick(): void {
    const now = this.#options.clock();
    const { end } = this.#agenda;
    this.#delivery.tick(now);
    this.#presence.tick(now);
    this.#attendance.settle(now);
    if (now < end) return this.#looks.glance(now);
    if (this.#lives.isOver) return;
    this.#lives.readOn();
    for (let seat = 0; seat < this.#seats.count; seat++) {
      if (this.#lives.isJoined(seat)) this.#heartbeats.keepAlive(seat, TICK_US, now);
    }
    const quiet = now - Math.max(this.#delivery.lastReceipt, end) >= QUIET_US;
    const settled = this.#delivery.pending === 0 && this.#heartbeats.waiting === 0 && this.#presence.isSettled;
    if (!(settled && quiet) && now < end + this.#deadlineUs) return;
    if (!this.#looks.isDone(now)) return;
    this.#recoveries.end(now, this.#deadlineUs);
    this.#presence.finish(now);
    this.#delivery.finish(now);
    this.#lives.leaveAll(now);
    this.#agenda.arm();
  }

  empty(): void {
    this.#agenda.clear();
    this.#options.done();
  }

  // What is due.

  act(seat: number, place: number, due: number, now: number): void {
    if (place === LIFE) return this.#lives.act(seat, due, now);
    if (place === EDIT) return this.#outgoing.edit(seat, due);
    if (place === CURSOR) return this.#outgoing.point(seat, due, now);
    if (place === TURN) return this.#turns.act(seat, due, now);
    return this.#lives.isJoined(seat) ? this.#heartbeats.act(seat, due, now) : undefined;
  }

  ping(seat: number, now: number): void {
    this.#outgoing.say(seat, this.#protocol.ping(this.#seats.idOf(seat)), now);
  }

  // A user's life.

  connecting(seat: number, at: number): void {
    this.#delivery.connecting(seat, at);
    this.#presence.connecting(seat, at);
  }

  /** A connection is open: some protocols speak first. */
  greets(seat: number, nth: number, at: number): void {
    const text = this.#protocol.opened(seat, nth > 0, this.#delivery.version(seat));
    if (text !== undefined) this.#outgoing.say(seat, text, at);
  }

  entered(seat: number, nth: number, at: number): void {
    this.#hosts?.joined(seat, this.#incoming.welcome.is_host, this.#delivery.isUntouched(seat));
    this.#delivery.joined(seat, this.#incoming.welcome, at);
    this.#presence.joined(seat, this.#incoming.welcome, at);
    this.#heardAt[seat] = at;
    this.#recoveries.entered(seat, at);
    this.#outgoing.sync(seat, at);
    if (this.#seats.userOf(seat) === 0 && nth === 1) this.#outgoing.furnish(seat, at);
    this.#heartbeats.begin(seat, nth, at);
    this.#journeys?.entered(seat, at);
    this.#agenda.arm();
  }

  leaving(seat: number, at: number): void {
    this.#hosts?.left(seat);
    this.#delivery.left(seat, at);
    this.#presence.leaving(seat, at);
    this.#heartbeats.end(seat, at);
    this.#recoveries.leaving(seat);
  }

  thrownOut(seat: number, at: number): void {
    this.#recoveries.thrownOut(seat, at);
    this.#journeys?.thrownOut(seat);
  }

  gone(seat: number, ending: Ending, at: number): void {
    this.#presence.gone(seat, knowledgeOf(ending), at);
    this.#journeys?.gone(seat, at);
  }

  heardAt(seat: number): number {
    return this.#heardAt[seat]!;
  }

  silent(seat: number, now: number): void {
    const seconds = ((now - this.#heardAt[seat]!) / 1e6).toFixed(0);
    this.#lives.giveUp(seat, `nothing came for ${seconds} s`, now);
  }

  // What comes through the door.

  opened(seat: number, connection: Connection, at: number): void {
    if (this.#lives.owns(seat, connection)) this.#lives.opened(seat, at);
  }

  message(seat: number, connection: Connection, bytes: Uint8Array, start: number, end: number, at: number): void {
    if (!this.#lives.owns(seat, connection)) return;
    this.#came(seat, end - start, at);
    if (this.#lives.isStopped(seat)) this.#turns.unread(seat, end - start, at);
    else {
      this.#hosts?.heard(seat, bytes, start, end, at);
      if (!this.#delivery.again(seat, bytes, start, end, at)) {
        this.#protocol.receive(seat, bytes, start, end, at);
        // It may have been the end of the connection.
        if (!this.#lives.owns(seat, connection)) return;
      }
    }
    this.#journeys?.heard(seat, bytes, start, end, at);
    this.#agenda.glance(at);
  }

  binary(seat: number, connection: Connection, bytes: Uint8Array, start: number, end: number, at: number): void {
    if (!this.#lives.owns(seat, connection)) return;
    this.#came(seat, end - start, at);
    if (this.#lives.isStopped(seat)) this.#turns.unread(seat, end - start, at);
    else this.#incoming.binary(seat, this.#protocol.typeOf(bytes, start, end), at);
    this.#agenda.glance(at);
  }

  #came(seat: number, bytes: number, at: number): void {
    this.#heardAt[seat] = at;
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.bytes_received, bytes);
  }

  closed(seat: number, connection: Connection, ending: Ending, at: number): void {
    if (!this.#lives.owns(seat, connection)) return;
    this.#lives.ended(seat, ending, at);
    this.#agenda.arm();
  }
}
