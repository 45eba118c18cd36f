import type { Recorder } from '../core/recorder.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { TURN, type Agenda } from './agenda.ts';
import type { Lives } from './lives.ts';
import type { Outgoing } from './outgoing.ts';
import type { Recoveries } from './recoveries.ts';
import type { Replays } from './replays.ts';
import type { Seats } from './seats.ts';

export interface AsidesOptions {
  spec: ScenarioSpec;
  recorder: Recorder;
  replays: Replays;
  seats: Seats;
  agenda: Agenda;
  lives: Lives;
  outgoing: Outgoing;
  recoveries: Recoveries;
}

/**
 * What else the users of a recording say: requests for the state, and messages that only the application knows. What is
 * not played is told on the run's time line.
 */
export class Asides {
  readonly #options: AsidesOptions;

  constructor(options: AsidesOptions) {
    this.#options = options;
  }

  start(): void {
    const { agenda, replays, seats, recorder, spec } = this.#options;
    // Of all processes the one of the first session tells it, for all.
    const isFirst = seats.sessionOf(0) === 0;
    if (isFirst && Object.keys(spec.replay!.left_out).length > 0) {
      recorder.event({ at_ms: 0, kind: 'replay', text: spec.about.replace(/^P(.*)\.$/, 'p$1') });
    }
    for (let seat = 0; seat < seats.count; seat++) agenda.plan(seat, TURN, replays.nextAside(seat));
  }

  act(seat: number, _due: number, now: number): void {
    const { agenda, lives, outgoing, recoveries, replays } = this.#options;
    const { message } = replays.aside(seat);
    agenda.plan(seat, TURN, replays.nextAside(seat));
    if (!lives.isJoined(seat)) return;
    if (message) return outgoing.say(seat, JSON.stringify(message), now);
    recoveries.asks(seat, now);
    outgoing.sync(seat, now);
  }

  /** Nobody here stops reading. */
  unread(): void {}
}
