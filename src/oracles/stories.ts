import type { Example, Violation } from '../core/record.ts';
import { COUNTER, type Recorder } from '../core/recorder.ts';
import { textOf } from '../core/text.ts';
import { sessionId, userId } from '../plan/plan.ts';
import type { Inspection } from '../protocol/command.ts';
import { NONE, type Flight } from './flight.ts';
import type { Receipts } from './receipts.ts';

export interface StoriesOptions {
  run: string;
  users: number;
  sessions: readonly number[];
  recorder: Recorder;
  inspect(text: string): Inspection;
}

/** Tells violations: counts each one, and keeps who, what and when of the first few of a kind. */
export class Stories {
  readonly #options: StoriesOptions;
  readonly #recorder: Recorder;
  readonly #flight: Flight;
  readonly #receipts: Receipts;

  constructor(options: StoriesOptions, flight: Flight, receipts: Receipts) {
    this.#options = options;
    this.#recorder = options.recorder;
    this.#flight = flight;
    this.#receipts = receipts;
  }

  /** A violation of a change on its way. */
  ofFlight(kind: Violation, entry: number, seat: number, at: number, note: string): void {
    this.#recorder.count(this.#flight.stage[entry]!, COUNTER[kind], 1);
    if (this.#recorder.wants(kind))
      this.#recorder.example({ ...this.#who(kind, seat, at), ...this.#what(entry), note });
  }

  /** A violation told from the copy's own text; `entry` where it is known which change it was. */
  ofText(kind: Violation, stage: number, seat: number, at: number, text: string, note: string, entry = NONE): void {
    this.#recorder.count(stage, COUNTER[kind], 1);
    if (!this.#recorder.wants(kind)) return;
    const read = this.#options.inspect(text);
    this.#recorder.example({
      ...this.#who(kind, seat, at),
      ...(read.userId !== undefined && { sender: read.userId }),
      ...named(read),
      ...(entry !== NONE && this.#what(entry)),
      note,
    });
  }

  /** An item of a state that is not what the change that it is of made it. */
  ofState(seat: number, item_id: string, at: number): void {
    this.#recorder.count(this.#recorder.stageOf(at), COUNTER.corrupted, 1);
    const note = 'altered in the state that the server gave';
    this.#recorder.example({ ...this.#who('corrupted', seat, at), item_id, note });
  }

  #who(kind: Violation, seat: number, at: number): Example {
    const { run, users, sessions } = this.#options;
    const session = sessions[Math.floor(seat / users)]!;
    const before = this.#receipts.of(seat);
    return {
      kind,
      session: sessionId(run, session),
      receiver: userId(run, session, seat % users),
      at_ms: at / 1000,
      ...(before.length > 0 && { before }),
    };
  }

  #what(entry: number): Partial<Example> {
    const { run, users, sessions, inspect } = this.#options;
    const flight = this.#flight;
    const copy = flight.copy[entry];
    const length = flight.copyLength[entry]!;
    return {
      sender: userId(run, sessions[flight.session[entry]!]!, flight.sender[entry]! % users),
      seq: flight.seq[entry]!,
      due_ms: flight.due[entry]! / 1000,
      ...(copy && length > 0 && named(inspect(textOf(copy, 0, length)))),
    };
  }
}

const named = ({ itemId, action }: Inspection): Partial<Example> => ({
  ...(itemId !== undefined && { item_id: itemId }),
  ...(action !== undefined && { action }),
});
