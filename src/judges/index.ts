import type { Measured } from '../result/measured.ts';
import type { NotClaimed, Standing, Verdict } from '../result/result.ts';
import { convergence } from './convergence.ts';
import { delivery } from './delivery.ts';
import { disconnects } from './disconnects.ts';
import { deathsOf, generator, leaving } from './generator.ts';
import { heartbeat } from './heartbeat.ts';
import { isolation } from './isolation.ts';
import { journal } from './journal.ts';
import type { Judge, JudgeName, Ruling } from './judge.ts';
import { lateJoin } from './late-join.ts';
import { order } from './order.ts';
import { presence } from './presence.ts';
import { slowReaders } from './slow-readers.ts';
import { thresholds } from './thresholds.ts';

/** Every judge there is, in the order in which their verdicts are told. */
export const JUDGES: readonly Judge[] = [
  convergence,
  delivery,
  order,
  isolation,
  presence,
  lateJoin,
  slowReaders,
  heartbeat,
  disconnects,
  thresholds,
  generator,
];

/** A verdict with its sentence for the summary. */
export type Judged = Verdict & { headline?: string };

export interface Judgement {
  verdicts: Judged[];
  not_claimed: NotClaimed[];
}

/** What all judges say of a measurement, causes told apart from consequences. */
export function judge(measured: Measured): Judgement {
  const rulings: { judge: JudgeName; ruling: Ruling }[] = [];
  const not_claimed: NotClaimed[] = [];
  for (const { name, judge: judgeOne } of [...JUDGES, journal]) {
    for (const finding of judgeOne(measured)) {
      if ('not_claimed' in finding) not_claimed.push({ judge: name, ...asFarAsKnown(measured, finding.not_claimed) });
      else rulings.push({ judge: name, ruling: name === 'journal' ? finding : ofAll(measured, finding) });
    }
  }
  const naming = (is: (ruling: Ruling) => boolean): ReadonlySet<JudgeName> =>
    new Set(rulings.filter(({ ruling }) => is(ruling)).map(({ judge: name }) => name));
  const failures = {
    failed: naming(({ standing }) => standing === 'fail'),
    excused: naming(({ excused }) => excused === true),
  };
  const hasDeaths = deathsOf(measured).length > 0;
  const told = rulings.map(({ judge: name, ruling }) => withCause(name, ruling, hasDeaths, failures));
  const undecided = [...new Set(told.filter((one) => one.explained_by === 'generator').map((one) => one.judge))];
  const verdicts = told.map((one) => (one.judge === 'generator' ? leaving(measured, one, undecided) : one));
  return required(measured, { verdicts, not_claimed });
}

const KNOWN = 'as far as is known';

/** What was seen to fail stays; what held, and what more might turn, is unknown where not all is known. */
function ofAll({ gaps }: Measured, ruling: Ruling): Ruling & Pick<Verdict, 'explained_by'> {
  const stands = ruling.standing === 'unknown' || (ruling.standing === 'fail' && !ruling.needs_all);
  if (gaps.length === 0 || stands) return ruling;
  const because = `${ruling.because}, ${KNOWN}`;
  return { ...ruling, standing: 'unknown', because, explained_by: 'journal' };
}

const asFarAsKnown = <T extends { because: string }>({ gaps }: Measured, claim: T): T =>
  gaps.length === 0 ? claim : { ...claim, because: `${claim.because}, ${KNOWN}` };

/** Judges that failed: on their own account, and where the generator's own state may be the cause. */
interface Failures {
  failed: ReadonlySet<JudgeName>;
  excused: ReadonlySet<JudgeName>;
}

/** The one place where a verdict is turned, or explained, by another judge's. */
function withCause(name: JudgeName, ruling: Ruling, hasDeaths: boolean, { failed, excused }: Failures): Judged {
  const { excused: isExcused, needs_all: _, follows_from, ...verdict } = ruling;
  const told: Judged = { judge: name, ...verdict };
  if (name === 'generator') return told;
  if (isExcused) return { ...told, explained_by: 'generator' };
  const follows = (from: ReadonlySet<JudgeName>): JudgeName | undefined => follows_from?.find((one) => from.has(one));
  const cause = follows(failed);
  if (verdict.standing === 'fail' && cause === undefined && follows(excused) !== undefined) {
    return unknownFor(told, `${verdict.because}; but its cause may be the generator’s own`);
  }
  if (hasDeaths && verdict.standing === 'pass') {
    return unknownFor(told, `${verdict.because}; but of some sessions nothing is known`);
  }
  if (verdict.standing === 'fail' && cause) return { ...told, explained_by: cause };
  return told;
}

const unknownFor = (verdict: Judged, because: string): Judged => ({
  ...verdict,
  standing: 'unknown',
  because,
  explained_by: 'generator',
});

/** `--require JUDGE`: what is not claimed counts, as unknown. */
function required(measured: Measured, { verdicts, not_claimed }: Judgement): Judgement {
  const isRequired = (name: string): boolean => measured.plan.require.includes(name);
  const missing = not_claimed.filter((one) => isRequired(one.judge));
  const said = new Set([...verdicts, ...not_claimed].map((one) => one.judge));
  for (const name of measured.plan.require) {
    if (said.has(name)) continue;
    missing.push({ judge: name, claim: `${name} is judged`, because: 'no such judgement is made of this run' });
  }
  return {
    verdicts: [
      ...verdicts,
      ...missing.map(({ judge: name, claim, because }): Judged => {
        const headline = `${name} was required, and could not be judged: ${because}.`;
        return { judge: name, claim, standing: 'unknown', because: `required, but ${because}`, headline };
      }),
    ],
    not_claimed: not_claimed.filter((one) => !isRequired(one.judge)),
  };
}

/** Fail outranks unknown, which outranks pass. Without any verdict nothing is known. */
export function worst(verdicts: readonly { standing: Standing }[]): Standing {
  if (verdicts.some(({ standing }) => standing === 'fail')) return 'fail';
  return verdicts.length === 0 || verdicts.some(({ standing }) => standing === 'unknown') ? 'unknown' : 'pass';
}
