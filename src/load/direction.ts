import { Activities, type Habits } from './activities.ts';
import { Asides, type AsidesOptions } from './asides.ts';
import { Journeys, type JourneysOptions } from './journeys.ts';
import type { PopulationOptions } from './population-options.ts';
import { Replays } from './replays.ts';
import type { Seats } from './seats.ts';
import { Turns, type TurnsOptions } from './turns.ts';
import { Walkers } from './walkers.ts';

/** What users do and when: by the rates of a description, by a recording, or by a journey. */
export function habitsOf(options: PopulationOptions, seats: Seats): Habits {
  const { plan, run, spec, walk } = options;
  if (spec.replay) return new Replays(plan, run, spec.replay, seats);
  return walk ? new Walkers(plan) : new Activities(plan, spec, seats);
}

/** What else is in store for them at moments of its own. */
export function turnsOf(
  { plan, spec, recorder, clock, walk, threw = () => {} }: PopulationOptions,
  habits: Habits,
  parts: Pick<AsidesOptions, 'seats' | 'agenda' | 'lives' | 'outgoing' | 'recoveries'>,
): Turns | Asides | Journeys {
  if (walk) return new Journeys({ ...parts, plan, walk, clock, threw } satisfies JourneysOptions);
  if (habits instanceof Replays) return new Asides({ ...parts, replays: habits, spec, recorder });
  return new Turns({ ...parts, plan, spec, recorder, activities: habits } satisfies TurnsOptions);
}
