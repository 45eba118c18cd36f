import { parseObject } from '../core/json.ts';
import { COUNTER, type Recorder } from '../core/recorder.ts';
import { textOf } from '../core/text.ts';
import { Canvas } from '../protocol/canvas.ts';
import { COMMAND, CURSOR, PONG, scanType, STATE, typeNamed, UNSEEN, USER_JOINED } from '../protocol/scan.ts';
import type { Outgoing } from './outgoing.ts';
import type { Seats } from './seats.ts';

export interface HostStatesOptions {
  seats: Seats;
  recorder: Recorder;
  outgoing: Outgoing;
  /** s since 1970. */
  wallClock: () => number;
}

const NOBODY = -1;

/**
 * Hosts that answer everybody who joins with all that they show themselves, as the application's host does. One canvas
 * a session is kept for that, its host's.
 *
 * A host answers only with a canvas that it knows to be whole: it came when nobody had written to the session, or was
 * given a state when it came or became host, and had made no change while that was on its way. Otherwise it asks.
 */
export class HostStates {
  readonly #options: HostStatesOptions;
  readonly #hosts: Int32Array;
  readonly #canvases: Canvas[] = [];
  readonly #isWhole: Uint8Array;
  /** Whether the host has made a change since it asked. */
  readonly #hasChanged: Uint8Array;

  constructor(options: HostStatesOptions) {
    const sessions = options.seats.count / options.seats.users;
    this.#options = options;
    this.#hosts = new Int32Array(sessions).fill(NOBODY);
    this.#isWhole = new Uint8Array(sessions);
    this.#hasChanged = new Uint8Array(sessions);
  }

  #sessionOf(seat: number): number {
    return Math.floor(seat / this.#options.seats.users);
  }

  /**
   * A user was let in, and asks for the state.
   * @param isHost what the server says; undefined: the first in a session is its host
   * @param isFirst nobody has written to the session
   */
  joined(seat: number, isHost: boolean | undefined, isFirst: boolean): void {
    if (isHost ?? isFirst) this.#begin(seat, isFirst);
    else this.left(seat);
  }

  /** The server made a user host who was in. */
  named(seat: number, now: number): void {
    if (this.#hosts[this.#sessionOf(seat)] === seat) return;
    this.#begin(seat, false);
    this.#options.outgoing.sync(seat, now);
  }

  #begin(seat: number, isWhole: boolean): void {
    const session = this.#sessionOf(seat);
    this.#hosts[session] = seat;
    this.#canvases[session] = new Canvas();
    this.#isWhole[session] = isWhole ? 1 : 0;
    this.#hasChanged[session] = 0;
  }

  left(seat: number): void {
    const session = this.#sessionOf(seat);
    if (this.#hosts[session] === seat) this.#hosts[session] = NOBODY;
  }

  /** A user makes a change. */
  changed(seat: number, text: string): void {
    const session = this.#sessionOf(seat);
    if (this.#hosts[session] !== seat) return;
    this.#hasChanged[session] = 1;
    this.#canvases[session]!.make(text);
  }

  /** A message came to a user. */
  heard(seat: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    const session = this.#sessionOf(seat);
    if (this.#hosts[session] !== seat) return;
    const scanned = scanType(bytes, start, end);
    if (scanned === CURSOR || scanned === PONG) return;
    const message = parseObject(textOf(bytes, start, end));
    if (message === undefined) return;
    const type = scanned === UNSEEN ? typeNamed(message['type']) : scanned;
    const canvas = this.#canvases[session]!;
    if (type === COMMAND) canvas.receive(message);
    else if (type === USER_JOINED && typeof message['user_id'] === 'string') {
      this.#answer(seat, session, message['user_id'], at);
    } else if (type === STATE && this.#isWhole[session] === 0 && this.#hasChanged[session] === 0) {
      // One of a host before it lacks what had come here already.
      if (!('target_user' in message) && canvas.replace(message)) this.#isWhole[session] = 1;
    }
  }

  #answer(seat: number, session: number, joiner: string, now: number): void {
    const { outgoing, recorder, wallClock } = this.#options;
    if (this.#isWhole[session] === 0) {
      this.#hasChanged[session] = 0;
      return outgoing.sync(seat, now);
    }
    const text = this.#canvases[session]!.stateFor(joiner, wallClock());
    const stage = recorder.stageOf(now);
    recorder.count(stage, COUNTER.host_states_sent, 1);
    recorder.count(stage, COUNTER.host_state_bytes_sent, text.length);
    return outgoing.say(seat, text, now);
  }
}
