import { lowestOf } from '../core/buckets.ts';
import type { Stays } from '../core/record.ts';

/** Of all stays, the share that lasts longer than `after_ms` where nobody means them to end. */
export interface SurvivalStep {
  after_ms: number;
  alive: number;
  /** How many stays lasted at least so long: what the estimate rests on from there. */
  at_risk: number;
}

/**
 * How long connections last: the Kaplan–Meier estimate, S(t) = Π (1 − dᵢ / nᵢ) over the lengths tᵢ ≤ t at which stays
 * ended, where dᵢ ended after tᵢ and nᵢ had lasted at least so long. A stay that this tool itself ended counts among nᵢ
 * as long as it lasted, also at its own length, and not as an end (Kaplan and Meier, "Nonparametric Estimation from
 * Incomplete Observations", J. Am. Stat. Assoc. 53, 1958). Lengths are known to 1 %.
 * @returns the steps of the curve from 1 at 0 to where the longest stay ends; undefined where no stay ended unexpectedly
 */
export function survivalOf({ ended, censored }: Stays): SurvivalStep[] | undefined {
  if (ended.length === 0) return undefined;
  let atRisk = countOf({ ended, censored });
  let alive = 1;
  let next = 0;
  const steps: SurvivalStep[] = [{ after_ms: 0, alive, at_risk: atRisk }];
  for (let i = 0; i < ended.length; i += 2) {
    const [length, deaths] = [ended[i]!, ended[i + 1]!];
    for (; next < censored.length && censored[next]! < length; next += 2) atRisk -= censored[next + 1]!;
    alive *= 1 - deaths / atRisk;
    steps.push({ after_ms: lowestOf(length), alive: Math.round(alive * 1e6) / 1e6, at_risk: atRisk });
    atRisk -= deaths;
  }
  const [last, longest] = [steps.at(-1)!, lowestOf(censored.at(-2) ?? 0)];
  if (longest > last.after_ms) steps.push({ after_ms: longest, alive: last.alive, at_risk: censored.at(-1)! });
  return steps;
}

/** How many stays there were. */
export function countOf({ ended, censored }: Stays): number {
  let count = 0;
  for (const pairs of [ended, censored]) for (let i = 1; i < pairs.length; i += 2) count += pairs[i]!;
  return count;
}
