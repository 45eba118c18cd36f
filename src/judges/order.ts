import { counterIn, type Finding, type Judge } from './judge.ts';
import { counted, evidenceOf, list, number, since } from './words.ts';

const PER_SENDER = "each sender's changes arrived in the order in which they were sent";
const ONE_ORDER = 'everybody in a session saw all changes in one order';

export const order: Judge = {
  name: 'order',
  about:
    "No receiver had a sender's later change before an earlier one. Where the server gives versions: no receiver had a " +
    'version after a higher one, no two changes had the same version, none had different ones for different receivers, ' +
    'and none was left out, so that all saw one order of all senders.',
  judge(measured) {
    const reordered = counterIn(measured, 'reordered');
    const versions = counterIn(measured, 'version_errors');
    const arrived = measured.counted('deliveries') + measured.counted('deliveries_possible');
    const isVersioned = measured.traits.has('versions');
    const across: Finding[] = isVersioned
      ? []
      : [{ not_claimed: { claim: ONE_ORDER, because: 'the server gives its changes no versions' } }];
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
    if (arrived === 0) return [{ not_claimed: { claim: PER_SENDER, because: 'no change arrived' } }];
    if (!isVersioned) {
      return [{ claim: PER_SENDER, standing: 'pass', because: "each sender's changes in the order sent" }, ...across];
    }
    const sessions = number(measured.plan.sessions);
    const where = measured.plan.sessions === 1 ? '' : ` in each of ${sessions} sessions`;
    return [{ claim: ONE_ORDER, standing: 'pass', because: `one order for everybody${where}` }];
  },
};
