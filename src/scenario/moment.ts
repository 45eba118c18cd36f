import { stageEnds, type Plan } from '../plan/plan.ts';
import type { Moment, Storm } from './define.ts';

/** A moment of the measured window on the run's clock, µs. */
export const momentUs = (plan: Plan, moment: Moment): number =>
  Math.round((stageEnds(plan).settle + moment * plan.duration_ms) * 1000);

/** How many of so many users a storm cuts. */
export const cutIn = ({ share }: Storm, users: number): number => Math.floor(users * share);

/** Whether a storm cuts the n-th user of a run, from 0: spread evenly, so that of the first n always as many are cut. */
export const isCut = (storm: Storm, nth: number): boolean => cutIn(storm, nth + 1) > cutIn(storm, nth);
