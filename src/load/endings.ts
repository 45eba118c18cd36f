import { COUNTER, type Recorder } from '../core/recorder.ts';
import type { Phase } from '../core/record.ts';
import { binaryWords } from '../protocol/binary.ts';
import type { Ending } from './ports.ts';
import type { Seats } from './seats.ts';

/** The books of how connections ended, and how long users stayed. */
export class Endings {
  readonly #recorder: Recorder;
  readonly #seats: Seats;
  /** When each user was last let in, µs. */
  readonly #joinedAt: Float64Array;
  /** Whether an acknowledgement came as a binary message over the connection at hand. */
  readonly #unseenAcks: Uint8Array;

  constructor(recorder: Recorder, seats: Seats) {
    this.#recorder = recorder;
    this.#seats = seats;
    this.#joinedAt = new Float64Array(seats.count);
    this.#unseenAcks = new Uint8Array(seats.count);
  }

  /** The acknowledgement came as no text client sees it. */
  unseenAck(seat: number): void {
    this.#unseenAcks[seat] = 1;
  }

  /** How an attempt to join ends that took too long. @param isOpen whether the handshake was answered */
  tooLate(seat: number, isOpen: boolean, deadline_us: number): Ending {
    const awaited = isOpen ? 'connection:ack' : 'answer to the handshake';
    const unseen = this.#unseenAcks[seat] === 1 ? `: ${binaryWords('connection:ack')}` : '';
    const error = `no ${awaited} within ${deadline_us / 1e6} s${unseen}`;
    return { code: 1006, reason: '', initiator: 'client', error };
  }

  joined(seat: number, at: number): void {
    this.#joinedAt[seat] = at;
  }

  /** A stay ends that this tool itself ends: how long it would have lasted is not known. */
  left(seat: number, at: number): void {
    this.#recorder.stay((at - this.#joinedAt[seat]!) / 1000, false);
  }

  /** A connection has ended. @param expected whether the scenario, or this tool, meant it to */
  ended(seat: number, ending: Ending, phase: Phase, expected: boolean, at: number): void {
    const { code, reason, initiator, error, wall, breach } = ending;
    this.#unseenAcks[seat] = 0;
    const kind = { code, reason, initiator, phase, expected, ...(breach && { breach }) };
    this.#recorder.disconnect(kind, at / 1000);
    // Bad peers may well be cut off in the middle of something.
    if (error !== undefined && !(expected && phase === 'steady')) {
      this.#recorder.error(wall ? 'wall' : breach ? 'breach' : phase, error, at / 1000);
    }
    if (phase === 'connect' || phase === 'join') {
      this.#recorder.count(this.#recorder.stageOf(at), COUNTER.connections_failed, 1);
    }
  }

  /** Somebody was thrown out who was in. */
  thrownOut(seat: number, { code, reason, initiator, breach, quiet_us }: Ending, at: number): void {
    const quiet_ms = quiet_us === undefined || breach ? undefined : quiet_us / 1000;
    this.#recorder.stay((at - this.#joinedAt[seat]!) / 1000, true, quiet_ms);
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.disconnects_unexpected, 1);
    if (!this.#recorder.wants('disconnects_unexpected')) return;
    this.#recorder.example({
      kind: 'disconnects_unexpected',
      session: this.#seats.sessionIdOf(seat),
      receiver: this.#seats.idOf(seat),
      at_ms: at / 1000,
      note: `${code}${reason ? ` ${reason}` : ''}${breach ? '' : `, by the ${initiator}`}`,
    });
  }
}
