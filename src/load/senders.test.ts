import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyIn, foundIn, live, lively, still, type History } from './testing/history.ts';

/** Everybody has been in for longer than a message takes from here on, µs. */
const SETTLED_US = 2_500_000;
const isAck = (text: string): boolean => text.startsWith('{"type":"command:ack"');

it.each([
  ['acknowledges them', true],
  ['acknowledges nothing', false],
])('every change of one sender that reaches nobody is lost, on a server that %s', (_, acknowledges) => {
  let tried = 0;
  fc.assert(
    fc.property(still, (of) => {
      let kept = 0;
      const run = live(of, {
        delay: () => 300,
        outgoing(text, to) {
          const copy = copyIn(text);
          if (copy === undefined) return acknowledges || !isAck(text);
          if (to.session !== 0 || copy.sender !== '0000' || copy.due < SETTLED_US) return true;
          kept++;
          return false;
        },
      });
      if (kept === 0) return;
      tried++;
      const { lost, diverged_replicas: _diverged, version_errors, ...found } = foundIn(run);
      expect([lost, found]).toEqual([kept, {}]);
      // Nobody knows a version that nobody was told: the gaps it leaves are those of the lost.
      expect(version_errors).toBeUndefined();
      expect(run.count('lost_upper')).toBe(kept);
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(9);
});

/** What leavers had sent last, within so long before they left, µs. */
const JUST_BEFORE_US = 500_000;

/** The tokens of what leavers sent just before leaving, in a run in which nothing is wrong. */
function lastWords(of: History): Set<string> {
  const last = new Map<string, { token: string; at: number }>();
  const found = new Set<string>();
  live(of, {
    outgoing(text, to, { now }) {
      const copy = copyIn(text);
      const token = /"token":"([^"]+)"/.exec(text)?.[1];
      if (copy && token) last.set(`${to.session}/${copy.sender}`, { token, at: now });
      const left = /^\{"type":"user:left","user_id":"[^"]*-u(\d+)"/.exec(text)?.[1];
      if (left === undefined) return true;
      const words = last.get(`${to.session}/${Number(left).toString(36).padStart(4, '0')}`);
      if (words && now - words.at < JUST_BEFORE_US) found.add(words.token);
      return true;
    },
  });
  return found;
}

it.each([
  ['acknowledged is lost', true],
  ['did not acknowledge may be lost', false],
])('what users sent just before they left, and the server %s', (_, acknowledges) => {
  let words = 0;
  let lost = 0;
  fc.assert(
    fc.property(lively, (history) => {
      const of = { ...history, users: history.users + 2, cutEvery: 1e9, delay: 301 };
      const tokens = lastWords(of);
      let kept = 0;
      const run = live(of, {
        outgoing(text) {
          if (isAck(text)) return acknowledges;
          if (copyIn(text) === undefined || !tokens.has(/"token":"([^"]+)"/.exec(text)![1]!)) return true;
          kept++;
          return false;
        },
      });
      expect(run.count('lost')).toBeLessThanOrEqual(kept);
      // Of a version that nobody learnt nobody can say whether the state of somebody who was just joining held it.
      expect(run.count('lost_upper')).toBeGreaterThanOrEqual(acknowledges ? kept : kept * 0.9);
      const { lost: _lost, missed_at_join: _missed, diverged_replicas: _diverged, ...found } = foundIn(run);
      expect(found).toEqual({});
      words += kept;
      lost += run.count('lost');
    }),
    { numRuns: 12, seed: 1, endOnFailure: true },
  );
  expect(words).toBeGreaterThan(90);
  if (acknowledges) expect(lost).toBeGreaterThan(words * 0.6);
  // But for those that a state shows later, which is as good as an acknowledgement.
  else expect(lost).toBeLessThan(words * 0.2);
});
