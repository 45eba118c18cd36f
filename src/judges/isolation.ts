import { counterIn, type Judge } from './judge.ts';
import { counted, evidenceOf, since } from './words.ts';

const CLAIM = 'nothing crossed from one session to another';

export const isolation: Judge = {
  name: 'isolation',
  about: 'No user received a change that was sent in another session.',
  judge(measured) {
    const misrouted = counterIn(measured, 'misrouted');
    if (misrouted > 0) {
      const because = `${counted(misrouted, 'change')} arrived in another session${since(measured, ['misrouted'])}`;
      const evidence = evidenceOf(measured, ['misrouted']);
      return [{ claim: CLAIM, standing: 'fail', because, headline: `${because}.`, ...evidence }];
    }
    if (measured.plan.sessions < 2) {
      return [{ not_claimed: { claim: CLAIM, because: 'there was one session: nothing to cross into' } }];
    }
    if (measured.counted('commands_sent') === 0) {
      return [{ not_claimed: { claim: CLAIM, because: 'no change was sent' } }];
    }
    return [{ claim: CLAIM, standing: 'pass', because: 'nothing crossed sessions' }];
  },
};
