import type { Measured } from '../result/measured.ts';
import { counterIn, type Finding, type Judge, type JudgeName } from './judge.ts';
import { counted, evidenceOf, number } from './words.ts';

const CLAIM = 'everybody in a session ended with the same document';
/** Where users were not told what was there before they came, that is nobody's to compare. */
const CLAIM_OF_CHANGES = 'what changed while users were there ended alike for everybody in a session';
const UNENDED = 'documents are compared at the end, which the journal does not hold';
const CONCURRENT = 'edits made at once end alike for everybody';

export const convergence: Judge = {
  name: 'convergence',
  about:
    'Once all was quiet, and now and then in a long run, every user of a session held the same document: which change ' +
    'made each item what it is, and which items are there. Where the server gives versions and a state, also the same as ' +
    'the server. A user’s document is kept as a client would keep it: the state it was given, what reached it since, and ' +
    'its own changes, in the order of versions. On a server without versions nobody can say how edits of one item end ' +
    'that were made at once: those are told apart, and claimed of nobody.',
  judge(measured) {
    const diverged = counterIn(measured, 'diverged_replicas');
    const byProtocol = counterIn(measured, 'diverged_by_protocol');
    const compared = counterIn(measured, 'replicas_compared');
    const concurrent: Finding[] =
      byProtocol === 0
        ? []
        : [
            {
              not_claimed: {
                claim: CONCURRENT,
                because: `${users(byProtocol)} ended apart through concurrent edits, and the server gives no order`,
              },
            },
          ];
    if (diverged > 0) return [failing(measured, diverged), ...concurrent];
    if (measured.cut_off) return [{ not_claimed: { claim: CLAIM, because: UNENDED } }, ...concurrent];
    if (compared === 0) return [{ not_claimed: { claim: CLAIM, because: whyNot(measured) } }, ...concurrent];
    const partial = counterIn(measured, 'replicas_partial');
    return [
      partial > 0
        ? { claim: CLAIM_OF_CHANGES, standing: 'pass', because: passingInPart(compared, partial) }
        : { claim: CLAIM, standing: 'pass', because: passing(measured, compared) },
      ...concurrent,
    ];
  },
};

const users = (count: number): string => counted(count, 'user');

function failing(measured: Measured, diverged: number): Finding {
  const byLoss = counterIn(measured, 'diverged_by_loss');
  const bySnapshot = counterIn(measured, 'diverged_by_snapshot');
  const causes: JudgeName[] = [...(byLoss > 0 ? CAUSES : []), ...(bySnapshot > 0 ? (['late-join'] as const) : [])];
  const total = measured.plan.users_total;
  const because = `${number(diverged)} of ${users(Math.max(total, diverged))} ended with a different document`;
  const isExplained = byLoss + bySnapshot === diverged;
  const unexplained = diverged - byLoss - bySnapshot;
  const how = isExplained
    ? `, ${throughWhat(diverged, byLoss, bySnapshot)}`
    : byLoss + bySnapshot > 0
      ? `, ${number(unexplained)} of them though everything had reached them`
      : ', though everything had reached them';
  return {
    claim: CLAIM,
    standing: 'fail',
    because: `${because}${how}`,
    headline: `${because}.`,
    ...(isExplained && { follows_from: causes }),
    ...evidenceOf(measured, ['diverged_replicas']),
  };
}

/** Judges whose failures leave a user with another document. */
const CAUSES: readonly JudgeName[] = ['delivery', 'order'];

function throughWhat(diverged: number, byLoss: number, bySnapshot: number): string {
  const all = diverged === 1 ? '' : diverged === 2 ? 'both ' : 'all ';
  if (bySnapshot === 0) return `${all}through what was lost, altered or out of order`;
  if (byLoss === 0) return `${all}through a wrong state`;
  return `${number(byLoss)} through what was lost, altered or out of order, ${number(bySnapshot)} through a wrong state`;
}

function passing({ plan, traits }: Measured, compared: number): string {
  const server = traits.has('versions') && traits.has('state') ? ' and the server' : '';
  const documents = counted(plan.sessions, 'document');
  return compared > plan.users_total
    ? `in ${number(compared)} looks at a user’s document${server === '' ? '' : ' and the server’s'}, all held the same ${documents}`
    : `${counted(compared, 'user')}${server} hold the same ${documents}`;
}

/** Where no state told some of them what was there before they came. */
const passingInPart = (compared: number, partial: number): string =>
  `${users(compared)} hold the same of what changed while they were there; nobody told ${number(partial)} of them what was there before`;

function whyNot({ counted: count }: Measured): string {
  if (count('commands_sent') === 0) return 'no change was sent';
  return 'nobody was there to the end whose whole document is known';
}
