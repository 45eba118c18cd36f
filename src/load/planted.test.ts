import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sessionId, userId } from '../plan/plan.ts';
import { copyIn, foundIn, live, still, type Copy } from './testing/history.ts';
import type { Guest, ReferenceServer } from './testing/reference.ts';
import { RUN } from './testing/simulate.ts';

/** Everybody has been in for longer than a message takes from here on, µs: what is sent must arrive. */
const SETTLED_US = 2_500_000;

interface Delivery {
  text: string;
  copy: Copy;
  to: Guest;
  server: ReferenceServer;
}

/** Meddles with one delivery. @returns whether it did, so that the copy is not sent as it is */
type Deed = (delivery: Delivery) => boolean;

/** A user of another session. */
const stranger = ({ server, to }: Delivery): Guest | undefined =>
  [...server.clients].find(({ session }) => session !== to.session);

/** Who sent it. */
const senderOf = ({ server, to, copy }: Delivery): Guest | undefined =>
  [...server.clients].find(({ session, user }) => session === to.session && user === parseInt(copy.sender, 36));

/** Sends a copy after the next one to the same receiver that is of the same sender, or of another. */
function swap(isSameSender: boolean): { deed: Deed; next: Deed } {
  let held: Delivery | undefined;
  return {
    deed(delivery) {
      held = delivery;
      return true;
    },
    next({ text, copy, to }) {
      if (held === undefined || to !== held.to) return false;
      const isFirst = (copy.sender === held.copy.sender) === isSameSender;
      // Anything in between would be overtaken as well.
      if (isFirst) to.deliver(text, 300);
      to.deliver(held.text, 300);
      held = undefined;
      return isFirst;
    },
  };
}

/**
 * One deed, and what it moves: these counters by one, and no other. A user who lost or got wrong what nobody changed
 * later also ends with another document, which is counted as a consequence.
 */
const DEEDS: Record<
  string,
  {
    make(): { deed: Deed; next?: Deed };
    moves: string[];
    mayDiverge?: true;
    isMany?: true;
    /** Whom it harms, where that is not the receiver. */
    victim?(delivery: Delivery): Guest | undefined;
  }
> = {
  'kept back': { make: () => ({ deed: () => true }), moves: ['lost'], mayDiverge: true },
  repeated: {
    make: () => ({ deed: ({ text, to }) => (to.deliver(text, 300), to.deliver(text, 300), true) }),
    moves: ['duplicated'],
  },
  'repeated a second later': {
    make: () => ({ deed: ({ text, to }) => (to.aside(text, 1_000_000), false) }),
    moves: ['duplicated'],
  },
  'swapped with the next of the same sender': {
    make: () => swap(true),
    moves: ['reordered', 'version_errors'],
  },
  'swapped with one of another sender': { make: () => swap(false), moves: ['version_errors'] },
  'also sent to another session': {
    make: () => ({ deed: (delivery) => (stranger(delivery)?.deliver(delivery.text), false) }),
    moves: ['misrouted'],
    victim: stranger,
  },
  'sent to another session instead': {
    make: () => ({ deed: (delivery) => (stranger(delivery)?.deliver(delivery.text), true) }),
    moves: ['lost', 'misrouted'],
    mayDiverge: true,
  },
  altered: {
    make: () => ({
      deed: ({ text, to }) => (to.deliver(text.replace('"lt_data":"lt-', '"lt_data":"lx-'), 300), true),
    }),
    moves: ['corrupted'],
    mayDiverge: true,
  },
  'also sent back to its sender': {
    make: () => ({
      deed: (delivery) => (senderOf(delivery)?.deliver(delivery.text), false),
    }),
    moves: ['echoed'],
    victim: senderOf,
  },
  'followed by one that nobody sent': {
    make: () => ({
      deed({ text, to }) {
        to.aside(text.replace(/-u\d{4}"/, '-u9999"').replace(/lt1\.[^"]+/, 'none'), 1000);
        return false;
      },
    }),
    moves: ['invented'],
  },
  // Where the first copy says the wrong one, all others contradict it.
  'given another version': {
    make: () => ({
      deed({ text, copy, to }) {
        to.deliver(text.replace(/"version":\d+}$/, `"version":${copy.version + 1}}`), 300);
        return true;
      },
    }),
    moves: ['version_errors'],
    isMany: true,
  },
};

it.each(Object.keys(DEEDS))('a single delivery %s is always found, and counted as nothing else', (name) => {
  const { make, moves, mayDiverge, isMany, victim = ({ to }) => to } = DEEDS[name]!;
  let tried = 0;
  let diverged = 0;
  fc.assert(
    fc.property(still, fc.nat(60), (of, nth) => {
      const { deed, next } = make();
      let copies = 0;
      let isDone = false;
      let harmed: Guest | undefined;
      const run = live(of, {
        // As fast for everybody: a copy that came aside would overtake others.
        delay: () => 300,
        outgoing(text, to, server) {
          const copy = copyIn(text);
          if (copy === undefined || copy.due < SETTLED_US || copy.due > 4_500_000) return true;
          const delivery = { text, copy, to, server };
          if (isDone) return next?.(delivery) !== true;
          if (copies++ < nth) return true;
          isDone = true;
          harmed = victim(delivery);
          return !deed(delivery);
        },
      });
      if (!isDone) return;
      const { diverged_replicas = 0, ...found } = foundIn(run);
      // The next copy to this receiver was of another sender, or of the same.
      if (next && Object.keys(found).length === 0) return;
      tried++;
      if (isMany) expect(Object.keys(found)).toEqual(moves);
      else expect(found).toEqual(Object.fromEntries(moves.map((counter) => [counter, 1])));
      const told = run.intervals.flatMap(({ examples }) => examples).find(({ kind }) => kind === moves[0]);
      const { session, user } = harmed!;
      if (!isMany)
        expect(told).toMatchObject({ session: sessionId(RUN, session), receiver: userId(RUN, session, user) });
      if (!isMany) expect(diverged_replicas).toBeLessThanOrEqual(mayDiverge ? 1 : 0);
      if (!isMany) expect(run.count('diverged_by_loss')).toBe(diverged_replicas);
      diverged += diverged_replicas;
    }),
    { numRuns: 14, seed: 1, endOnFailure: true },
  );
  if (mayDiverge) expect(diverged).toBeGreaterThan(0);
  expect(tried).toBeGreaterThan(3);
});
