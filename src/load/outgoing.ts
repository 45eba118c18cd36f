import { COUNTER, type Recorder } from '../core/recorder.ts';
import { tokenHead } from '../core/token.ts';
import type { Delivery } from '../oracles/delivery.ts';
import type { Change } from '../protocol/change.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Habits } from './activities.ts';
import { CURSOR, EDIT, type Agenda } from './agenda.ts';
import type { Lives } from './lives.ts';
import type { Clock } from './ports.ts';
import type { Seats } from './seats.ts';

export interface OutgoingOptions {
  run: string;
  /** Items that each session has at the start. */
  items: number;
  clock: Clock;
  recorder: Recorder;
  seats: Seats;
  agenda: Agenda;
  activities: Habits;
  lives: Lives;
  protocol: Protocol;
  delivery: Delivery;
  /** Told of each change that a user makes. */
  changed(seat: number, text: string): void;
}

/** What the users say: changes and cursor positions as they are due, and all that is said in answer. */
export class Outgoing {
  readonly #options: OutgoingOptions;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** A change is due; one that is due while its user is offline is skipped, and counted. */
  edit(seat: number, due: number): void {
    const { activities, agenda } = this.#options;
    const change = activities.edit(seat);
    agenda.plan(seat, EDIT, activities.nextEdit(seat, due));
    this.make(seat, Math.floor(due), change);
  }

  /** Makes a change that is due. @param due whole µs */
  make(seat: number, due: number, change: Change): void {
    const { lives, recorder } = this.#options;
    const stage = recorder.stageOf(due);
    recorder.count(stage, COUNTER.commands_scheduled, 1);
    if (lives.isJoined(seat)) this.#change(seat, due, change);
    else recorder.count(stage, COUNTER.commands_skipped_offline, 1);
  }

  /** The first user of a session brings the items that are there at the start. */
  furnish(seat: number, now: number): void {
    const { items, activities } = this.#options;
    for (let k = 0; k < items; k++) this.#change(seat, now, activities.startItem(k));
  }

  #change(seat: number, due: number, change: Change): void {
    const { clock, seats, delivery, lives, protocol, run } = this.#options;
    const now = clock();
    const session = seats.sessionOf(seat);
    const user = seats.userOf(seat);
    const seq = delivery.nextSeq(seat);
    const head = tokenHead(run, session, user, lives.joins(seat), seq, due, now - due);
    const text = protocol.edit(session, user, seats.idOf(seat), change, head);
    delivery.sent(seat, change, text, due, now);
    this.#options.changed(seat, text);
    this.say(seat, text, now);
  }

  /** A cursor position is due. */
  point(seat: number, due: number, now: number): void {
    const { activities, agenda, lives, protocol, recorder, seats } = this.#options;
    agenda.plan(seat, CURSOR, activities.nextCursor(seat, due));
    if (!lives.isJoined(seat)) return;
    const { x, y } = activities.cursor(seat);
    recorder.count(recorder.stageOf(due), COUNTER.cursors_sent, 1);
    this.say(seat, protocol.cursor(seats.idOf(seat), x, y), now);
  }

  /** Asks for the state. */
  sync(seat: number, now: number): void {
    const { protocol, seats } = this.#options;
    this.say(seat, protocol.syncRequest(seats.idOf(seat)), now);
  }

  say(seat: number, text: string, now: number): void {
    const { lives, recorder } = this.#options;
    recorder.count(recorder.stageOf(now), COUNTER.bytes_sent, text.length);
    lives.send(seat, text);
  }
}
