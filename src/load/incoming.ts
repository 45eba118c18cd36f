import { TEXT_NOT_UTF8 } from '../core/breaches.ts';
import { COUNTER, TREND, type Recorder } from '../core/recorder.ts';
import type { Delivery } from '../oracles/delivery.ts';
import type { Presence } from '../oracles/presence.ts';
import { binaryWords } from '../protocol/binary.ts';
import type { Listener, Welcome } from '../protocol/protocol.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { Lives } from './lives.ts';
import type { Recoveries } from './recoveries.ts';

export interface IncomingOptions {
  recorder: Recorder;
  lives: Lives;
  heartbeats: Heartbeats;
  recoveries: Recoveries;
  delivery: Delivery;
  presence: Presence;
  /** A user's id on the wire. */
  idOf(seat: number): string;
  /** Whether a state that has come to a user answers a look at its session. */
  isLook(seat: number): boolean;
  /** Told of a user whom the server made host. */
  named(seat: number, at: number): void;
}

/** What the users are told, as the protocol reads it: handed to whose business it is. */
export class Incoming implements Listener {
  readonly #recorder: Recorder;
  readonly #lives: Lives;
  readonly #heartbeats: Heartbeats;
  readonly #recoveries: Recoveries;
  readonly #delivery: Delivery;
  readonly #presence: Presence;
  readonly #idOf: (seat: number) => string;
  readonly #isLook: (seat: number) => boolean;
  readonly #named: (seat: number, at: number) => void;
  /** What the server said to the user who is being let in. */
  welcome: Welcome = {};

  constructor(options: IncomingOptions) {
    this.#recorder = options.recorder;
    this.#lives = options.lives;
    this.#heartbeats = options.heartbeats;
    this.#recoveries = options.recoveries;
    this.#delivery = options.delivery;
    this.#presence = options.presence;
    this.#idOf = options.idOf;
    this.#isLook = options.isLook;
    this.#named = options.named;
  }

  joined(seat: number, welcome: Welcome, at: number): void {
    this.welcome = welcome;
    this.#lives.acknowledged(seat, at);
  }

  presence(seat: number, userId: string, isIn: boolean, at: number): void {
    this.#presence.notice(seat, userId, isIn, at);
  }

  host(seat: number, userId: string | undefined, at: number): void {
    this.#presence.host(seat, userId, at);
    if (userId === undefined || userId === this.#idOf(seat)) this.#named(seat, at);
  }

  /** A mere relay may show everybody what a host sent to one user: nobody else takes it. */
  state(seat: number, bytes: Uint8Array, start: number, end: number, target: string | undefined, at: number): void {
    const stage = this.#recorder.stageOf(at);
    this.#recorder.count(stage, COUNTER.states_received, 1);
    this.#recorder.count(stage, COUNTER.state_bytes_received, end - start);
    if (target !== undefined && target !== this.#idOf(seat)) return;
    this.#recoveries.state(seat, at);
    const isHosts = target !== undefined;
    if (isHosts) this.#recorder.measure(stage, TREND.host_state_time, at - this.#delivery.joinedAt(seat));
    this.#delivery.state(seat, bytes, start, end, { isHosts, inFull: this.#isLook(seat) }, at);
  }

  change(seat: number, bytes: Uint8Array, start: number, end: number, token: number, at: number): void {
    this.#delivery.received(seat, bytes, start, end, token, at);
  }

  acknowledged(seat: number, bytes: Uint8Array, token: number, version: number | undefined, at: number): void {
    this.#delivery.acknowledged(seat, bytes, token, version, at);
  }

  pong(seat: number, at: number): void {
    this.#heartbeats.pong(seat, at);
  }

  cursor(_seat: number, at: number): void {
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.cursors_received, 1);
  }

  refused(_seat: number, code: string, message: string, at: number): void {
    this.#recorder.error('refused', `${code}: ${message}`, at / 1000);
  }

  /** A message came that no text client sees. @param type what it would have been */
  binary(seat: number, type: string | undefined, at: number): void {
    this.#recorder.error('binary', binaryWords(type), at / 1000);
    if (type === 'connection:ack') this.#lives.unseenAck(seat);
  }

  notUtf8(seat: number): void {
    this.#lives.fail(seat, TEXT_NOT_UTF8);
  }

  unreadable(_seat: number, why: string, at: number): void {
    this.#recorder.error('unreadable', why, at / 1000);
  }

  trait(trait: Parameters<Listener['trait']>[0]): void {
    this.#recorder.trait(trait);
  }
}
