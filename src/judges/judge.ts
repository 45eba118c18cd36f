import type { NotClaimed, Verdict } from '../result/result.ts';
import type { Measured } from '../result/measured.ts';

/** The judges there are, or will be; `--require` takes these names. */
export const JUDGE_NAMES = [
  'thresholds',
  'delivery',
  'order',
  'isolation',
  'presence',
  'late-join',
  'convergence',
  'slow-readers',
  'heartbeat',
  'disconnects',
  'generator',
  'drift',
  'leak',
  'capacity',
  'regression',
] as const;
export type JudgeName = (typeof JUDGE_NAMES)[number];

/** What a judge says of one claim. */
export type Finding = { verdict: Omit<Verdict, 'judge'> } | { not_claimed: Omit<NotClaimed, 'judge'> };

/** One judge: a pure function of what was measured, run again after every merge. */
export interface Judge {
  name: JudgeName;
  /** What a pass means and what it cannot see, for the docs. */
  about: string;
  judge(measured: Measured): Finding[];
}
