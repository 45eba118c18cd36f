import type { Measured } from '../result/measured.ts';
import { binaryNote } from './binary.ts';
import { ownInMissed, unlessOwn } from './excuses.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { capitalised, counted, evidenceOf, list, number, since } from './words.ts';

const CLAIM = 'everybody saw who was there';
const LISTED = 'whoever joins is given a list of who is there';
const TOLD = 'everybody is told who comes and goes';

/** What can be wrong, in words, and whether one message alone shows it. */
const KINDS: readonly { name: string; plain?: true; words(count: number): string }[] = [
  { name: 'presence_ghosts', words: (count) => `${times(count)} somebody was shown as there who was not` },
  { name: 'presence_missing', words: (count) => `${times(count)} somebody was not shown who was there` },
  {
    name: 'presence_repeated',
    plain: true,
    words: (count) => `${times(count)} somebody was shown twice, or to itself`,
  },
  {
    name: 'arrivals_untold',
    words: (count) => `${times(count)} a user was never told that another one had come`,
  },
  {
    name: 'departures_untold',
    words: (count) => `${times(count)} a user was never told that another one had left`,
  },
  {
    name: 'two_hosts',
    words: (count) => `${counted(count, 'user')} ${was(count)} made host of a session that had one`,
  },
  {
    name: 'no_host',
    words: (count) => `${counted(count, 'session')} ${was(count)} left without a host`,
  },
];

const was = (count: number): string => (count === 1 ? 'was' : 'were');
const times = (count: number): string => counted(count, 'time');

export const presence: Judge = {
  name: 'presence',
  about:
    'Who joined was given a list of just those who were there; everybody was told, once and within the deadline, of ' +
    'each one who came or left; no session had two hosts, or none. Users who were just coming or going may be listed ' +
    'or not; one who comes back at once may take over its place without a word. What may be wrong with those is not ' +
    'counted, so what is wrong is an interval. That somebody becomes host when the host leaves is claimed only of a ' +
    'server that was seen to tell so, and nothing is claimed of users whose connection the network lost: the server ' +
    'may not know.',
  judge(measured) {
    const { plan, traits } = measured;
    if (plan.users < 2) return [notClaimed(CLAIM, 'one user in a session has nobody to see')];
    const wrong = KINDS.map((kind) => ({ ...kind, count: counterIn(measured, kind.name) })).filter(
      ({ count }) => count > 0,
    );
    const unpromised = unclaimed(measured);
    if (wrong.length > 0) {
      const what = list(wrong.map(({ words, count }) => words(count)));
      const first = since(measured, ['presence_errors']);
      const because = `${what}${first}${atMost(measured)}${notices(measured)}`;
      const ruling = {
        claim: CLAIM,
        standing: 'fail' as const,
        because,
        headline: `${capitalised(because)}.`,
        ...evidenceOf(measured, ['presence_errors']),
      };
      // Who is there is seen on one connection and told on another: who reads either too late is wrong.
      const own_ms = wrong.some(({ plain }) => plain) ? 0 : ownInMissed(measured, 'presence_errors');
      return [unlessOwn(ruling, own_ms), ...unpromised];
    }
    if (!traits.has('roster') && !traits.has('notices')) {
      const because = 'the server neither lists users nor tells who comes and goes';
      return [notClaimed(CLAIM, `${because}${notices(measured)}`)];
    }
    return [{ claim: CLAIM, standing: 'pass', because: `${passing(measured)}${inDoubt(measured)}` }, ...unpromised];
  },
};

const notices = (measured: Measured): string => binaryNote(measured, 'user:joined', 'user:left');

const notClaimed = (claim: string, because: string): Finding => ({ not_claimed: { claim, because } });

/** What may be wrong besides. */
function atMost(measured: Measured): string {
  const upper = counterIn(measured, 'presence_errors_upper');
  if (upper <= counterIn(measured, 'presence_errors')) return '';
  return `; at most ${number(upper)} in all, as users were just coming or going`;
}

function inDoubt(measured: Measured): string {
  const upper = counterIn(measured, 'presence_errors_upper');
  return upper === 0 ? '' : `; ${times(upper)} nobody can say, as users were just coming or going`;
}

/** The half that a server does not do. */
function unclaimed(measured: Measured): Finding[] {
  const { traits } = measured;
  if (traits.has('roster') === traits.has('notices')) return [];
  return traits.has('roster')
    ? [notClaimed(TOLD, `the server tells nobody who comes and goes${notices(measured)}`)]
    : [notClaimed(LISTED, 'the server gives a joiner no list of users')];
}

function passing(measured: Measured): string {
  const arrivals = counterIn(measured, 'arrivals_told');
  const departures = counterIn(measured, 'departures_told');
  if (arrivals + departures === 0) return 'every joiner was given the right list';
  const told = [counted(arrivals, 'arrival'), ...(departures > 0 ? [counted(departures, 'departure')] : [])];
  return `${list(told)} told${measured.traits.has('roster') ? ', every list right' : ''}`;
}
