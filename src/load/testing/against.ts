import type { Plan } from '../../plan/plan.ts';
import { foundOf, OF_COPIES } from './found.ts';
import { Relay, type Meddling } from './relay.ts';
import { EDITORS, planOf, simulate, type Simulated } from './simulate.ts';

/** A run in which everybody edits, against a relay that is meddled with. */
export const against = (meddling: Meddling, plan: Plan = planOf()): Simulated =>
  simulate(plan, EDITORS, (time) => new Relay(time, meddling));

/** What it found, of copies, heartbeats and connections. */
export const foundInAll = (run: Simulated): Record<string, number> =>
  foundOf(run, [...OF_COPIES, 'heartbeats_missed', 'disconnects_unexpected']);
