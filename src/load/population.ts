import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import type { Phase } from '../core/record.ts';
import { exponential, uniform } from '../core/random.ts';
import { Delivery, type DeliveryOptions } from '../oracles/delivery.ts';
import { userId, type Plan } from '../plan/plan.ts';
import { Collab } from '../protocol/collab.ts';
import { inspectCommand } from '../protocol/command.ts';
import type { Listener, Protocol } from '../protocol/protocol.ts';
import { backoffUs } from '../scenario/backoff.ts';
import type { ScenarioSpec, UserKind } from '../scenario/define.ts';
import { PURPOSE, streamOf } from '../scenario/schedule.ts';
import { ABSENT, Attendance, PRESENT, WANTED } from './attendance.ts';
import { Activities } from './activities.ts';
import { DueQueue } from './due-queue.ts';
import { Heartbeats } from './heartbeats.ts';
import type { Clock, Connection, Door, DoorEvents, Ending, Timer } from './ports.ts';

/** Where a user is in its life. */
const IDLE = 0;
const CONNECTING = 1;
const OPEN = 2;
const JOINED = 3;
/** We have begun to close: to be away for a while, or for good. */
const CLOSING = 4;
const AWAY = 5;
/** Thrown out, and waiting to come back. */
const WAITING = 6;
const GONE = 7;

/** What a user may have due: one slot of the queue each. */
const LIFE = 0;
const EDIT = 1;
const CURSOR = 2;
const BEAT = 3;
const SLOTS = 4;

/** How long an orderly close may take, µs (rule P5). */
const CLOSE_US = 10_000_000;
/** How long nothing may come before a drained run is over, µs. */
const QUIET_US = 1_000_000;
/** Codes after which a user does not come back: replaced, and not allowed. */
const FOR_GOOD = new Set([4001, 1008]);

export interface PopulationOptions {
  plan: Plan;
  run: string;
  spec: ScenarioSpec;
  /** Indices in the whole run of this process's sessions. */
  sessions: readonly number[];
  recorder: Recorder;
  clock: Clock;
  timer: Timer;
  door: Door;
  /** Wall clock, s, for the `timestamp` of messages. */
  wallClock: () => number;
  same: DeliveryOptions['same'];
  /** Everybody has left after the drain. */
  done: () => void;
}

/**
 * The simulated users of one process: whole sessions, one timer, one queue of due times. Knows no host: clock, timer
 * and door are given, so that it runs over real sockets, inside k6, and in virtual time.
 */
export class Population implements DoorEvents, Listener {
  readonly #options: PopulationOptions;
  readonly #recorder: Recorder;
  readonly #users: number;
  readonly #seats: number;
  readonly #protocol: Protocol;
  readonly #delivery: Delivery;
  readonly #queue: DueQueue;
  readonly #activities: Activities;
  readonly #heartbeats: Heartbeats;
  readonly #attendance: Attendance;
  readonly #connections: (Connection | undefined)[];
  readonly #life: Uint8Array;
  readonly #epoch: Uint16Array;
  readonly #tries: Uint16Array;
  /** When the connection at hand was asked for, when anything last came over it, µs. */
  readonly #connectedAt: Float64Array;
  readonly #heardAt: Float64Array;
  /** Since when a state is awaited, and since when the user is thrown out, µs; 0 for neither. */
  readonly #syncingSince: Float64Array;
  readonly #outSince: Float64Array;
  readonly #pongDeadlineUs: number;
  readonly #heartbeatUs: number;
  readonly #deadlineUs: number;
  /** End of the measured window, µs: nothing is due after it. */
  #end: number;
  #ending = false;
  #statesCome = false;
  readonly #fire = (): void => this.#run();

  constructor(options: PopulationOptions) {
    const { plan, recorder } = options;
    this.#options = options;
    this.#recorder = recorder;
    this.#users = plan.users;
    this.#seats = options.sessions.length * plan.users;
    this.#deadlineUs = plan.deadline_ms * 1000;
    this.#heartbeatUs = plan.heartbeat_ms * 1000;
    this.#pongDeadlineUs = Math.min(this.#deadlineUs, this.#heartbeatUs);
    this.#end = (plan.ramp_up_ms + plan.settle_ms + plan.duration_ms) * 1000;
    this.#protocol = new Collab(plan.seed, this, options.wallClock);
    this.#delivery = new Delivery({
      run: options.run,
      users: plan.users,
      sessions: options.sessions,
      deadline_us: this.#deadlineUs,
      recorder,
      same: options.same,
      inspect: inspectCommand,
    });
    this.#queue = new DueQueue(this.#seats * SLOTS);
    this.#activities = new Activities(plan, options.spec, options.sessions);
    this.#heartbeats = new Heartbeats(this.#seats, recorder);
    this.#attendance = new Attendance(this.#seats, recorder, this.#end);
    this.#connections = Array.from({ length: this.#seats });
    this.#life = new Uint8Array(this.#seats);
    this.#epoch = new Uint16Array(this.#seats);
    this.#tries = new Uint16Array(this.#seats);
    this.#connectedAt = new Float64Array(this.#seats);
    this.#heardAt = new Float64Array(this.#seats);
    this.#syncingSince = new Float64Array(this.#seats);
    this.#outSince = new Float64Array(this.#seats);
  }

  /** Sets every user's first due times: joins round robin over the sessions of the whole run. */
  start(): void {
    const { plan, sessions } = this.#options;
    for (let seat = 0; seat < this.#seats; seat++) {
      const nth = (seat % this.#users) * plan.sessions + sessions[this.#sessionOf(seat)]!;
      const joins = Math.round((plan.ramp_up_ms * 1000 * nth) / plan.users_total);
      this.#queue.set(seat * SLOTS + LIFE, joins);
      this.#setDue(seat, EDIT, this.#activities.firstEdit(seat, joins));
      this.#setDue(seat, CURSOR, this.#activities.firstCursor(seat, joins));
    }
    this.#arm();
  }

  /** Nothing more is sent; what is on its way is waited for, then everybody leaves. */
  stop(): void {
    const now = this.#options.clock();
    this.#end = Math.min(this.#end, now);
    this.#recorder.endWindow(now);
    this.#attendance.endWindow(now);
    this.#arm();
  }

  get pending(): number {
    return this.#delivery.pending;
  }

  get connected(): number {
    return this.#attendance.present;
  }

  /** To be called about once a second, before the interval's record is taken: deadlines, books, and the drain. */
  tick(): void {
    const now = this.#options.clock();
    this.#delivery.tick(now);
    this.#attendance.settle(now);
    if (now < this.#end || this.#ending) return;
    const quiet = now - Math.max(this.#delivery.lastReceipt, this.#end) >= QUIET_US;
    if ((this.#delivery.pending === 0 && quiet) || now >= this.#end + this.#deadlineUs) this.#leaveAll(now);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#users);
  }

  #idOf(seat: number): string {
    return userId(this.#options.run, this.#options.sessions[this.#sessionOf(seat)]!, seat % this.#users);
  }

  #kindOf(seat: number): UserKind {
    return this.#activities.kindOf(seat);
  }

  #stream(seat: number, purpose: number): number {
    const session = this.#options.sessions[this.#sessionOf(seat)]!;
    return streamOf(this.#options.plan.seed, session, seat % this.#users, purpose);
  }

  /** Sets what is due within the window; what would be later is never due. */
  #setDue(seat: number, slot: number, due: number): void {
    this.#queue.set(seat * SLOTS + slot, due < this.#end ? due : Infinity);
  }

  #arm(): void {
    const earliest = this.#queue.earliest;
    if (earliest === Infinity) this.#options.timer.clear();
    else this.#options.timer.set(earliest, this.#fire);
  }

  /** Does everything that is due, then sleeps until the next. */
  #run(): void {
    let now = this.#options.clock();
    for (let done = 1; this.#queue.earliest <= now; done++) {
      const slot = this.#queue.pop();
      this.#act(Math.floor(slot / SLOTS), slot % SLOTS, this.#queue.dueOf(slot), now);
      if (done % 16 === 0) now = this.#options.clock();
    }
    this.#arm();
  }

  #act(seat: number, slot: number, due: number, now: number): void {
    if (slot === LIFE) return this.#live(seat, now);
    if (due >= this.#end) return undefined;
    if (slot === EDIT) return this.#edit(seat, due);
    if (slot === CURSOR) return this.#point(seat, due, now);
    return this.#beat(seat, due, now);
  }

  // A user's life: joining, leaving, coming back.

  #live(seat: number, now: number): void {
    switch (this.#life[seat]) {
      case IDLE:
      case AWAY:
      case WAITING:
        if (now < this.#end) this.#connect(seat, now);
        return;
      case CONNECTING:
      case OPEN:
        return this.#giveUpJoining(seat, now);
      case JOINED:
        return this.#leave(seat, 'leaving for a while', now);
      case CLOSING:
        this.#connections[seat]?.cut();
        return this.#ended(seat, { code: 1006, reason: 'no answer to our close', initiator: 'client' }, now);
      default:
        return undefined;
    }
  }

  #connect(seat: number, now: number): void {
    const session = this.#sessionOf(seat);
    this.#life[seat] = CONNECTING;
    this.#connectedAt[seat] = now;
    this.#attendance.set(seat, WANTED, now);
    this.#delivery.connecting(seat);
    this.#queue.set(seat * SLOTS + LIFE, now + this.#deadlineUs);
    this.#connections[seat] = this.#options.door.connect(
      seat,
      this.#options.sessions[session]!,
      seat % this.#users,
      this,
    );
  }

  opened(seat: number, connection: Connection, at: number): void {
    if (this.#connections[seat] !== connection || this.#life[seat] !== CONNECTING) return;
    this.#life[seat] = OPEN;
    const stage = this.#recorder.stageOf(this.#connectedAt[seat]!);
    this.#recorder.measure(stage, TREND.connect_time, at - this.#connectedAt[seat]!);
    const text = this.#protocol.opened(seat, this.#epoch[seat]! > 0, this.#delivery.version(seat));
    if (text !== undefined) this.#send(seat, text, at);
  }

  joined(seat: number, at: number): void {
    if (this.#life[seat] !== OPEN) return;
    this.#life[seat] = JOINED;
    const stage = this.#recorder.stageOf(this.#connectedAt[seat]!);
    this.#recorder.measure(stage, TREND.join_time, at - this.#connectedAt[seat]!);
    this.#recorder.count(stage, COUNTER.connections, 1);
    if (this.#epoch[seat]! > 0) this.#recorder.count(stage, COUNTER.reconnects, 1);
    this.#epoch[seat]!++;
    this.#tries[seat] = 0;
    this.#attendance.set(seat, PRESENT, at);
    this.#delivery.joined(seat, at);
    this.#syncingSince[seat] = at;
    this.#send(seat, this.#protocol.syncRequest(this.#idOf(seat)), at);
    if (!this.#statesCome) this.#recovered(seat, at);
    if (seat % this.#users === 0 && this.#epoch[seat] === 1) this.#furnish(seat, at);
    const phase = 1 - uniform(this.#stream(seat, PURPOSE.heartbeat), this.#epoch[seat]!);
    this.#setDue(seat, BEAT, at + phase * this.#heartbeatUs);
    const { leaves } = this.#kindOf(seat);
    const stays = leaves
      ? exponential(this.#stream(seat, PURPOSE.leave), this.#epoch[seat]! * 2, leaves.after_s * 1e6)
      : Infinity;
    this.#setDue(seat, LIFE, at + stays);
    this.#arm();
  }

  #recovered(seat: number, at: number): void {
    if (this.#outSince[seat] === 0) return;
    const stage = this.#recorder.stageOf(this.#outSince[seat]!);
    this.#recorder.measure(stage, TREND.recovery_time, at - this.#outSince[seat]!);
    this.#outSince[seat] = 0;
  }

  #giveUpJoining(seat: number, now: number): void {
    const phase = this.#life[seat] === OPEN ? 'connection:ack' : 'an open WebSocket';
    const waited = Math.round(this.#deadlineUs / 1e5) / 10;
    this.#connections[seat]?.cut();
    this.#ended(seat, { code: 1006, reason: '', initiator: 'client', error: `no ${phase} within ${waited} s` }, now);
  }

  #leave(seat: number, reason: string, now: number): void {
    this.#attendance.set(seat, ABSENT, now);
    this.#absent(seat, now);
    this.#life[seat] = CLOSING;
    this.#queue.set(seat * SLOTS + LIFE, now + CLOSE_US);
    this.#connections[seat]?.close(1000, reason);
  }

  /** A close has begun: the oracles hear of it, the heartbeat stops. */
  #absent(seat: number, now: number): void {
    this.#delivery.left(seat, now);
    this.#heartbeats.forget(seat);
    this.#syncingSince[seat] = 0;
    this.#queue.set(seat * SLOTS + BEAT, Infinity);
  }

  closed(seat: number, connection: Connection, ending: Ending, at: number): void {
    if (this.#connections[seat] !== connection) return;
    this.#ended(seat, ending, at);
    this.#arm();
  }

  #ended(seat: number, ending: Ending, at: number): void {
    const life = this.#life[seat]!;
    this.#connections[seat] = undefined;
    const phase: Phase =
      life === CONNECTING ? 'connect' : life === OPEN ? 'join' : life === JOINED ? 'steady' : 'close';
    const expected = phase === 'close';
    const { code, reason, initiator } = ending;
    this.#recorder.disconnect({ code, reason, initiator, phase, expected }, at / 1000);
    if (ending.error !== undefined) this.#recorder.error(phase, ending.error, at / 1000);
    const stage = this.#recorder.stageOf(at);
    if (life === CONNECTING || life === OPEN) this.#recorder.count(stage, COUNTER.connections_failed, 1);
    if (life === JOINED) this.#thrownOut(seat, ending, stage, at);
    this.#afterwards(seat, code, expected, at);
  }

  #thrownOut(seat: number, ending: Ending, stage: number, at: number): void {
    this.#absent(seat, at);
    this.#outSince[seat] = at;
    this.#recorder.count(stage, COUNTER.disconnects_unexpected, 1);
    if (!this.#recorder.wants('disconnects_unexpected')) return;
    const id = this.#idOf(seat);
    this.#recorder.example({
      kind: 'disconnects_unexpected',
      session: id.slice(0, id.lastIndexOf('-')),
      receiver: id,
      at_ms: at / 1000,
      note: `${ending.code}${ending.reason ? ` ${ending.reason}` : ''}, by the ${ending.initiator}`,
    });
  }

  /** Where a user goes whose connection has ended: away for a while, back, or home. */
  #afterwards(seat: number, code: number, planned: boolean, at: number): void {
    if (this.#ending || (!planned && FOR_GOOD.has(code))) {
      this.#life[seat] = GONE;
      this.#attendance.set(seat, this.#ending ? ABSENT : WANTED, at);
      this.#queue.set(seat * SLOTS + LIFE, Infinity);
      if (this.#ending) this.#checkGone();
      return;
    }
    if (planned) {
      const away = (this.#kindOf(seat).leaves?.away_s ?? 0) * 1e6;
      this.#life[seat] = AWAY;
      this.#setDue(seat, LIFE, at + exponential(this.#stream(seat, PURPOSE.leave), this.#epoch[seat]! * 2 + 1, away));
      return;
    }
    this.#life[seat] = WAITING;
    this.#attendance.set(seat, WANTED, at);
    const tries = this.#tries[seat]!++;
    const wait = backoffUs(this.#stream(seat, PURPOSE.backoff), this.#epoch[seat]! * 64 + tries, tries);
    this.#setDue(seat, LIFE, at + wait);
  }

  #leaveAll(now: number): void {
    this.#ending = true;
    for (let seat = 0; seat < this.#seats; seat++) {
      if (this.#life[seat] === JOINED) this.#leave(seat, 'the run is over', now);
      else if (this.#life[seat] === CONNECTING || this.#life[seat] === OPEN) {
        this.#connections[seat]?.cut();
        this.#connections[seat] = undefined;
        this.#life[seat] = GONE;
      } else if (this.#life[seat] !== CLOSING) this.#life[seat] = GONE;
    }
    this.#arm();
    this.#checkGone();
  }

  #checkGone(): void {
    if (this.#life.every((life) => life === GONE)) {
      this.#options.timer.clear();
      this.#options.done();
    }
  }

  // What a joined user does.

  #send(seat: number, text: string, now: number): void {
    this.#recorder.count(this.#recorder.stageOf(now), COUNTER.bytes_sent, text.length);
    this.#connections[seat]?.send(text);
  }

  /** The first user of a session brings the items that are there at the start. */
  #furnish(seat: number, now: number): void {
    for (let k = 0; k < this.#options.plan.items; k++) {
      this.#sendEdit(seat, now, this.#activities.startItem(k));
    }
  }

  #edit(seat: number, due: number): void {
    const change = this.#activities.edit(seat);
    this.#setDue(seat, EDIT, this.#activities.nextEdit(seat, due));
    const whole = Math.floor(due);
    const stage = this.#recorder.stageOf(whole);
    this.#recorder.count(stage, COUNTER.commands_scheduled, 1);
    if (this.#life[seat] === JOINED) this.#sendEdit(seat, whole, change);
    else this.#recorder.count(stage, COUNTER.commands_skipped_offline, 1);
  }

  #sendEdit(seat: number, due: number, change: ReturnType<Activities['edit']>): void {
    const now = this.#options.clock();
    const session = this.#options.sessions[this.#sessionOf(seat)]!;
    const user = seat % this.#users;
    const head = this.#activities.head(
      this.#options.run,
      seat,
      this.#epoch[seat]!,
      this.#delivery.nextSeq(seat),
      due,
      now,
    );
    const text = this.#protocol.edit(session, user, this.#idOf(seat), change, head);
    this.#delivery.sent(seat, due, now);
    this.#send(seat, text, now);
  }

  #point(seat: number, due: number, now: number): void {
    this.#setDue(seat, CURSOR, this.#activities.nextCursor(seat, due));
    if (this.#life[seat] !== JOINED) return;
    const { x, y } = this.#activities.cursor(seat);
    this.#recorder.count(this.#recorder.stageOf(due), COUNTER.cursors_sent, 1);
    this.#send(seat, this.#protocol.cursor(this.#idOf(seat), x, y), now);
  }

  /** A ping is due, or the pong of the last one should have come. */
  #beat(seat: number, due: number, now: number): void {
    if (this.#life[seat] !== JOINED) return;
    if (this.#heartbeats.isWaiting(seat)) {
      this.#heartbeats.missed(seat);
      this.#missedExample(seat, now);
      if (this.#pongDeadlineUs < this.#heartbeatUs) {
        return this.#setDue(seat, BEAT, due - this.#pongDeadlineUs + this.#heartbeatUs);
      }
    }
    if (now - this.#heardAt[seat]! > this.#heartbeatUs + this.#deadlineUs) return this.#silent(seat, now);
    this.#heartbeats.pinged(seat, due, now);
    this.#setDue(seat, BEAT, due + this.#pongDeadlineUs);
    this.#send(seat, this.#protocol.ping(this.#idOf(seat)), now);
  }

  #missedExample(seat: number, now: number): void {
    if (!this.#recorder.wants('heartbeats_missed')) return;
    const id = this.#idOf(seat);
    const waited = this.#pongDeadlineUs / 1e6;
    this.#recorder.example({
      kind: 'heartbeats_missed',
      session: id.slice(0, id.lastIndexOf('-')),
      receiver: id,
      at_ms: now / 1000,
      note: `no pong within ${waited} s`,
    });
  }

  /** Nothing at all came for a heartbeat and a deadline: the connection is dead, whatever the system says. */
  #silent(seat: number, now: number): void {
    const seconds = ((now - this.#heardAt[seat]!) / 1e6).toFixed(0);
    this.#connections[seat]?.cut();
    this.#ended(seat, { code: 1006, reason: `nothing came for ${seconds} s`, initiator: 'network' }, now);
  }

  // What comes.

  message(seat: number, connection: Connection, bytes: Uint8Array, start: number, end: number, at: number): void {
    if (this.#connections[seat] !== connection) return;
    this.#heardAt[seat] = at;
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.bytes_received, end - start);
    this.#protocol.receive(seat, bytes, start, end, at);
  }

  state(seat: number, at: number): void {
    this.#statesCome = true;
    if (this.#syncingSince[seat] === 0 || this.#life[seat] !== JOINED) return;
    const stage = this.#recorder.stageOf(this.#syncingSince[seat]!);
    this.#recorder.measure(stage, TREND.sync_time, at - this.#syncingSince[seat]!);
    this.#syncingSince[seat] = 0;
    this.#recovered(seat, at);
  }

  change(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void {
    this.#delivery.received(seat, bytes, start, end, token, at);
  }

  acknowledged(seat: number, bytes: Uint8Array, token: number, at: number): void {
    this.#delivery.acknowledged(seat, bytes, token, at);
  }

  pong(seat: number, at: number): void {
    if (!this.#heartbeats.pong(seat, at)) return;
    // The slot held the pong's deadline; the next ping is due a heartbeat after this one was.
    const deadline = this.#queue.dueOf(seat * SLOTS + BEAT);
    const pinged = deadline === Infinity ? at : deadline - this.#pongDeadlineUs;
    this.#setDue(seat, BEAT, pinged + this.#heartbeatUs);
  }

  cursor(): void {
    this.#recorder.count(this.#recorder.stageOf(this.#delivery.lastReceipt), COUNTER.cursors_received, 1);
  }

  refused(_seat: number, code: string, message: string, at: number): void {
    this.#recorder.error('refused', `${code}: ${message}`, at / 1000);
  }

  unreadable(_seat: number, why: string, at: number): void {
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.corrupted, 1);
    this.#recorder.error('unreadable', why, at / 1000);
  }

  trait(trait: Parameters<Listener['trait']>[0]): void {
    this.#recorder.trait(trait);
  }
}
