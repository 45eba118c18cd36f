import type { Measured } from '../result/measured.ts';
import { counterIn, type Judge } from './judge.ts';
import { counted, evidenceOf, list, number, since } from './words.ts';

const CLAIM = 'whoever joined a session in use got all that was there, and nothing twice';
const KINDS = ['stale_snapshots', 'missed_at_join', 'overlapped'] as const;

export const lateJoin: Judge = {
  name: 'late-join',
  about:
    'Every state that a user was given, on joining, on coming back and when asked for, was made of just the changes up ' +
    'to the version it names, and not older than what was known when the user began to connect; every later change ' +
    'reached the user, and none that the state already held. Which changes a state is made of is read from the tokens ' +
    'in its items; their content is looked at for the states asked for now and then and at the end. Needs a server ' +
    'that gives versions and a state.',
  judge(measured) {
    const checked = counterIn(measured, 'states_checked');
    const [stale, missed, overlapped] = KINDS.map((name) => counterIn(measured, name)) as [number, number, number];
    const wrong = [
      ...(stale > 0 ? [`${counted(stale, 'time')} a user was given a wrong document`] : []),
      ...(missed > 0 ? [`${counted(missed, 'change')} after a joiner’s document never reached it`] : []),
      ...(overlapped > 0 ? [`${counted(overlapped, 'change')} came again that the document already held`] : []),
    ];
    if (wrong.length > 0) {
      const because = `${list(wrong)}${since(measured, KINDS)}`;
      const onlyMissed = stale + overlapped === 0;
      return [
        {
          claim: CLAIM,
          standing: 'fail',
          because,
          headline: `${because.charAt(0).toUpperCase()}${because.slice(1)}.`,
          ...(onlyMissed && { rests_on: 'deadline' as const }),
          ...evidenceOf(measured, KINDS),
        },
      ];
    }
    if (checked === 0) return [{ not_claimed: { claim: CLAIM, because: whyNot(measured) } }];
    return [{ claim: CLAIM, standing: 'pass', because: `${number(checked)} states right: no gap, nothing twice` }];
  },
};

function whyNot({ traits }: Measured): string {
  if (!traits.has('versions')) return 'the server gives its changes no versions';
  if (!traits.has('state')) return 'the server gave nobody a state';
  return 'no state could be told apart: their items do not carry what was put into them, or a version is not known';
}
