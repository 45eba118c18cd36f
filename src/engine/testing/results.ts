import type { Metric, Result, Verdict } from '../../result/result.ts';

/** How often a counter or a trend counted. */
export const countOf = ({ metrics }: Result, name: string): number =>
  (metrics[name] as Extract<Metric, { kind: 'counter' | 'trend' }>).count;

/** Whether the run says that nothing held it up: one on a machine that is busy with other tests may be. */
export const isFit = ({ verdicts }: Result): boolean =>
  verdicts.some(({ judge, because }) => judge === 'generator' && because.startsWith('fit to judge'));

/** Whether the run says that this machine kept it from telling. */
const isExcused = (verdict: Verdict, result: Result): boolean =>
  verdict.standing === 'unknown' && (verdict.explained_by === 'generator' || !isFit(result));

/** Verdicts that do not pass, but for what the run itself excuses: never one that fails. */
export const wrong = (result: Result): Verdict[] =>
  result.verdicts.filter((verdict) => verdict.standing !== 'pass' && !isExcused(verdict, result));

/** Judges that fail a run; one that is to fail, and rests on time, also where the run excuses it. */
export const failing = (result: Result, toFail?: string): string[] => [
  ...new Set(
    result.verdicts
      .filter((one) => one.standing === 'fail' || (one.judge === toFail && isExcused(one, result)))
      .map(({ judge }) => judge),
  ),
];
