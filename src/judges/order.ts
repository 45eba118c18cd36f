import type { Measured } from '../result/measured.ts';
import { counterIn, type Finding, type Judge } from './judge.ts';
import { counted, evidenceOf, list, number, since } from './words.ts';

const PER_SENDER = "each sender's changes arrived in the order in which they were sent";
const ONE_ORDER = 'everybody in a session saw all changes in one order';
const NONE_LEFT_OUT = 'the server left no version out';

export const order: Judge = {
  name: 'order',
  about:
    "No receiver had a sender's later change before an earlier one. Where the server gives versions: no receiver had a " +
    'version after a higher one, no two changes had the same version, none had different ones for different receivers, ' +
    'and none was left out, so that all saw one order of all senders: a version between two known ones that no change, ' +
    'no state and none of the changes under way just then can have is one that was left out. Where versions do not ' +
    'count the changes of a session one by one, as a clock or one counter for all sessions does not, nobody can say ' +
    'whether one was left out.',
  judge(measured) {
    const reordered = counterIn(measured, 'reordered');
    const versions = counterIn(measured, 'version_errors');
    const arrived = measured.counted('deliveries') + measured.counted('deliveries_possible');
    const isVersioned = measured.traits.has('versions');
    const across = isVersioned
      ? uncounted(measured)
      : [notClaimed(ONE_ORDER, 'the server gives its changes no versions')];
    if (reordered + versions > 0) {
      const wrong = [
        ...(reordered > 0 ? [`${counted(reordered, 'change')} arrived after a later one of the same sender`] : []),
        ...(versions > 0 ? [`${counted(versions, 'version')} came too late, twice, or not at all`] : []),
      ];
      const because = `${list(wrong)}${since(measured, ['reordered', 'version_errors'])}`;
      return [
        {
          claim: isVersioned ? ONE_ORDER : PER_SENDER,
          standing: 'fail',
          because,
          headline: `${because}.`,
          ...evidenceOf(measured, ['reordered', 'version_errors']),
        },
        ...across,
      ];
    }
    if (arrived === 0) return [notClaimed(PER_SENDER, 'no change arrived')];
    if (!isVersioned) {
      return [{ claim: PER_SENDER, standing: 'pass', because: "each sender's changes in the order sent" }, ...across];
    }
    const sessions = number(measured.plan.sessions);
    const where = measured.plan.sessions === 1 ? '' : ` in each of ${sessions} sessions`;
    return [{ claim: ONE_ORDER, standing: 'pass', because: `one order for everybody${where}` }, ...across];
  },
};

const notClaimed = (claim: string, because: string): Finding => ({ not_claimed: { claim, because } });

/** Where versions rise by more than one all the time. */
function uncounted(measured: Measured): Finding[] {
  const skipped = counterIn(measured, 'versions_skipped');
  if (skipped === 0) return [];
  const because = `its versions do not count the changes one by one: ${counted(skipped, 'number')} between them ${skipped === 1 ? 'is' : 'are'} of no change`;
  return [notClaimed(NONE_LEFT_OUT, because)];
}
