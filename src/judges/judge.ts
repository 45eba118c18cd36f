import type { Measured } from '../result/measured.ts';
import type { NotClaimed, Verdict } from '../result/result.ts';

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
/** `journal` judges the stored run itself, and speaks only where that is not whole: nobody can require it. */
export type JudgeName = (typeof JUDGE_NAMES)[number] | 'journal';

/** What a judge says of one claim that the plan calls for. */
export interface Ruling extends Omit<Verdict, 'judge' | 'explained_by'> {
  /** Unknown, as the generator's own delay may be the cause. */
  excused?: true;
  /** A share, a mean or the like, which what is not known could turn, also where it fails. */
  needs_all?: boolean;
  /** The judges whose failure would be the cause of this one's: the first that fails is. */
  follows_from?: readonly JudgeName[];
  /** One whole sentence for the summary, of a verdict that is not a pass. */
  headline?: string;
}

export type Finding = Ruling | { not_claimed: Omit<NotClaimed, 'judge'> };

/** One judge: a pure function of what was measured, run again after every merge. */
export interface Judge {
  readonly name: JudgeName;
  /** What a pass means and what it cannot see, for the docs. */
  readonly about: string;
  judge(measured: Measured): Finding[];
}

/** The counter a judge reads, over the span in which it counts. */
export function counterIn(measured: Measured, name: string): number {
  const metric = measured.metrics[name];
  return metric?.kind === 'counter' ? metric.count : 0;
}
