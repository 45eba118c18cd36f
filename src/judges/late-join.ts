import { formatBytes } from '../core/units.ts';
import type { Measured } from '../result/measured.ts';
import { binaryNote } from './binary.ts';
import { ownInMissed, unlessOwn } from './excuses.ts';
import { counterIn, type Judge } from './judge.ts';
import { counted, evidenceOf, list, number, since } from './words.ts';

const CLAIM = 'whoever joined a session in use got all that was there, and nothing twice';
/** Without versions a gap between a state and what follows it is not seen. */
const BY_CONTENT = 'whoever joined a session in use got all that everybody had by then';
const KINDS = ['stale_snapshots', 'missed_at_join', 'overlapped'] as const;

export const lateJoin: Judge = {
  name: 'late-join',
  about:
    'Every state that a user was given, on joining, on coming back and when asked for, was made of just the changes up ' +
    'to the version it names, and not older than what was known when the user began to connect; every later change ' +
    'reached the user, and none that the state already held. Which changes a state is made of is read from the tokens ' +
    'in its items; their content is looked at for the states asked for now and then and at the end. A state that names ' +
    'no version is held against what everybody had when its user asked for it: each item that everybody had and nobody ' +
    'has removed is in it, none is older than what everybody had, and none is there that everybody knew to be removed; ' +
    'what follows such a state is not judged. Needs a server that gives a state, or a host that does.',
  judge(measured) {
    const checked = counterIn(measured, 'states_checked');
    const [stale, missed, overlapped] = KINDS.map((name) => counterIn(measured, name)) as [number, number, number];
    const wrong = [
      ...(stale > 0 ? [wrongDocuments(stale, counterIn(measured, 'empty_snapshots'))] : []),
      ...(missed > 0 ? [`${counted(missed, 'change')} after a joiner’s document never reached it`] : []),
      ...(overlapped > 0 ? [`${counted(overlapped, 'change')} came again that the document already held`] : []),
    ];
    if (wrong.length > 0) {
      const because = `${list(wrong)}${since(measured, KINDS)}`;
      const onlyMissed = stale + overlapped === 0;
      const ruling = {
        claim: CLAIM,
        standing: 'fail' as const,
        because,
        headline: `${because.charAt(0).toUpperCase()}${because.slice(1)}.`,
        ...evidenceOf(measured, KINDS),
      };
      return [onlyMissed ? unlessOwn(ruling, ownInMissed(measured, 'missed_at_join')) : ruling];
    }
    const compared = counterIn(measured, 'states_compared');
    if (checked > 0) {
      const because = `${number(checked)} states right: no gap, nothing twice${cost(measured)}`;
      return [{ claim: CLAIM, standing: 'pass', because }];
    }
    if (compared === 0) return [{ not_claimed: { claim: CLAIM, because: whyNot(measured) } }];
    const because = `${counted(compared, 'state')} held all that everybody had when asked for; without versions no more can be told${cost(measured)}`;
    return [{ claim: BY_CONTENT, standing: 'pass', because }];
  },
};

/** What it costs that hosts answer those who join. */
function cost(measured: Measured): string {
  const sent = counterIn(measured, 'host_states_sent');
  if (sent === 0) return '';
  const [sentBytes, received, receivedBytes] = (
    ['host_state_bytes_sent', 'states_received', 'state_bytes_received'] as const
  ).map((name) => counterIn(measured, name)) as [number, number, number];
  return `; hosts sent ${counted(sent, 'state')}, ${formatBytes(sentBytes)}; ${number(received)} came, ${formatBytes(receivedBytes)}`;
}

function wrongDocuments(stale: number, empty: number): string {
  const times = `${counted(stale, 'time')} a user was given`;
  if (empty === 0) return `${times} a wrong document`;
  const which = empty === stale ? 'an empty document' : `a wrong document, ${number(empty)} of them empty`;
  return `${times} ${which}, which costs a host that asks its canvas`;
}

function whyNot(measured: Measured): string {
  const { traits } = measured;
  if (!traits.has('state')) {
    const sent = counterIn(measured, 'host_states_sent');
    if (sent > 0)
      return `the server keeps no state, and of ${counted(sent, 'state')} that hosts sent none told anything`;
    return traits.has('null_state')
      ? 'the server keeps no state: it answers null to who asks for one'
      : `the server keeps no state: nobody was given one${binaryNote(measured, 'sync:full_state', 'sync:state', 'sync:update')}`;
  }
  return 'no state could be told apart: their items do not carry what was put into them, or a version is not known';
}
