import { COUNTER, type Recorder } from '../core/recorder.ts';
import type { Plan } from '../plan/plan.ts';
import type { ScenarioSpec, Stop, Storm } from '../scenario/define.ts';
import { cutIn, isCut, momentUs } from '../scenario/moment.ts';
import type { Activities } from './activities.ts';
import { TURN, type Agenda } from './agenda.ts';
import type { Lives } from './lives.ts';
import type { Seats } from './seats.ts';

const STOPS: Record<Stop['how'], string> = {
  reading: 'stop reading',
  'half-close': 'close their half of the connection',
  vanish: 'vanish',
};

export interface TurnsOptions {
  plan: Plan;
  spec: ScenarioSpec;
  seats: Seats;
  activities: Pick<Activities, 'kindOf'>;
  agenda: Agenda;
  recorder: Recorder;
  lives: Lives;
}

/** What a scenario does to its users at set moments of the measured window: cuts many at once, makes some bad peers. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #storms: readonly (Storm & { due: number })[];
  /** Every moment at which something happens to somebody, µs, in order. */
  readonly #dues: readonly number[];

  constructor(options: TurnsOptions) {
    const { plan, spec } = options;
    this.#options = options;
    this.#storms = (spec.storms ?? []).map((storm) => ({ ...storm, due: momentUs(plan, storm.at) }));
    const stops = spec.users.flatMap((kind) => (kind.stops ? momentUs(plan, kind.stops.at) : []));
    this.#dues = [...new Set([...this.#storms.map(({ due }) => due), ...stops])].sort((a, b) => a - b);
  }

  /** Sets each user's first turn. */
  start(): void {
    if (this.#dues.length === 0) return;
    for (let seat = 0; seat < this.#options.seats.count; seat++) this.#planNext(seat, -1);
  }

  /** A turn of a user's is due. */
  act(seat: number, due: number, now: number): void {
    const { lives } = this.#options;
    if (this.#tells(seat)) this.#tell(due);
    const stop = this.#stopAt(seat, due);
    if (stop) lives.stop(seat, stop.how, now);
    else if (this.#isCutAt(seat, due)) lives.cut(seat, now);
    this.#planNext(seat, due);
  }

  /** Something comes to a bad peer: what it left unread, where it had stopped reading. */
  unread(seat: number, bytes: number, at: number): void {
    const { activities, recorder } = this.#options;
    if (activities.kindOf(seat).stops?.how !== 'reading') return;
    recorder.count(recorder.stageOf(at), COUNTER.bytes_unread, bytes);
  }

  #planNext(seat: number, after: number): void {
    const next = this.#dues.find(
      (due) => due > after && (this.#tells(seat) || this.#isCutAt(seat, due) || this.#stopAt(seat, due) !== undefined),
    );
    this.#options.agenda.plan(seat, TURN, next ?? Infinity);
  }

  #stopAt(seat: number, due: number): Stop | undefined {
    const { stops } = this.#options.activities.kindOf(seat);
    return stops && momentUs(this.#options.plan, stops.at) === due ? stops : undefined;
  }

  #isCutAt(seat: number, due: number): boolean {
    return this.#storms.some((storm) => storm.due === due && isCut(storm, this.#nth(seat)));
  }

  /** The user's number in the whole run, session by session. */
  #nth(seat: number): number {
    const { seats } = this.#options;
    return seats.sessionOf(seat) * seats.users + seats.userOf(seat);
  }

  /** The first user of the run has every turn: of all processes its own tells of it, for all. */
  #tells(seat: number): boolean {
    return this.#nth(seat) === 0;
  }

  /** Says on the run's time line what happens now, to so many of all users. */
  #tell(due: number): void {
    const { recorder } = this.#options;
    const { users_total, sessions, users } = this.#options.plan;
    const at_ms = due / 1000;
    const of = (count: number): string => (count === users_total ? `${count}` : `${count} of ${users_total}`);
    const cut = this.#storms.filter((storm) => storm.due === due);
    const most = Math.max(0, ...cut.map((storm) => cutIn(storm, users_total)));
    if (most > 0) recorder.event({ at_ms, kind: 'storm', text: `reconnect storm: ${of(most)} users cut at once` });
    for (const [how, words] of Object.entries(STOPS)) {
      let count = 0;
      for (let user = 0; user < users; user++) if (this.#stopAt(user, due)?.how === how) count += sessions;
      if (count > 0) recorder.event({ at_ms, kind: 'stopped', text: `${of(count)} users ${words}` });
    }
  }
}
