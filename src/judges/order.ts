import { counterIn, type Judge } from './judge.ts';
import { counted, evidenceOf, number, since } from './words.ts';

const CLAIM = "each sender's changes arrived in the order in which they were sent";

export const order: Judge = {
  name: 'order',
  about:
    "No receiver had a sender's later change before an earlier one. Whether everybody saw one order of all senders " +
    'is not looked at.',
  judge(measured) {
    const reordered = counterIn(measured, 'reordered');
    const arrived = measured.counted('deliveries') + measured.counted('deliveries_possible');
    if (reordered > 0) {
      const first = since(measured, ['reordered']);
      return [
        {
          claim: CLAIM,
          standing: 'fail',
          because: `${number(reordered)} arrived after a later change of the same sender${first}`,
          headline: `${counted(reordered, 'change')} arrived after a later one of the same sender${first}.`,
          ...evidenceOf(measured, ['reordered']),
        },
      ];
    }
    if (arrived === 0) return [{ not_claimed: { claim: CLAIM, because: 'no change arrived' } }];
    return [{ claim: CLAIM, standing: 'pass', because: "each sender's changes in the order sent" }];
  },
};
