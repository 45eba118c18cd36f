import fc from 'fast-check';
import { expect } from 'vitest';
import { foundIn, lively, live, type History } from './history.ts';
import { userId } from '../../plan/plan.ts';
import type { ServerMeddling } from './reference.ts';
import { RUN } from './simulate.ts';

/** A message without its version. */
export const unversioned = (text: string): string => text.replaceAll(/"version":\d+,|,"version":\d+/g, '');
const isAck = (text: string): boolean => text.startsWith('{"type":"command:ack"');
const isState = (text: string): boolean => text.startsWith('{"type":"sync:full_state"');

/** Rewrites what the server says; each connection keeps its order. */
const saying = (rewrite: (text: string) => string | undefined): NonNullable<ServerMeddling['outgoing']> => {
  let nth = 0;
  return (text, to) => {
    const other = rewrite(text);
    if (other !== undefined) to.deliver(other, 300 + ((nth++ * 7919) % 200_000));
    return false;
  };
};

/**
 * Passes a host's state on as a mere relay does, to the user it is for or to everybody, and keeps none of its own.
 * @param state what becomes of the host's message
 */
export const passingOn = (
  to: 'target' | 'everybody',
  rewrite: (text: string) => string,
  state = (text: string): string => text,
): ServerMeddling => {
  let nth = 0;
  const delay = (): number => 300 + ((nth++ * 7919) % 200_000);
  return {
    hostsAnswer: true,
    outgoing: saying((text) => (isState(text) ? undefined : rewrite(text))),
    incoming(text, from, { clients }) {
      if (!isState(text)) return true;
      const { target_user: target } = JSON.parse(text) as { target_user: string };
      for (const guest of clients) {
        if (guest === from || guest.session !== from.session) continue;
        if (to === 'everybody' || target === userId(RUN, guest.session, guest.user))
          guest.deliver(state(text), delay());
      }
      return false;
    },
  };
};

/** Lawful servers, less the parts of the protocol that are ours. */
export const SERVERS: Readonly<Record<string, () => ServerMeddling>> = {
  'that is right': () => ({}),
  'that acknowledges nobody': () => ({ outgoing: saying((text) => (isAck(text) ? undefined : text)) }),
  'that gives no versions': () => ({ outgoing: saying(unversioned) }),
  'that gives neither versions nor acknowledgements': () => ({
    outgoing: saying((text) => (isAck(text) ? undefined : unversioned(text))),
  }),
  'that gives no versions and no state': () => ({
    outgoing: saying((text) => (isState(text) ? undefined : unversioned(text))),
  }),
  'whose states name no version': () => ({
    outgoing: saying((text) => (isState(text) ? unversioned(text) : text)),
  }),
  'whose versions are told by acknowledgements and states alone': () => ({
    outgoing: saying((text) => (text.startsWith('{"type":"command",') ? unversioned(text) : text)),
  }),
  'whose welcome names no version': () => ({
    outgoing: saying((text) => (text.startsWith('{"type":"connection:ack"') ? unversioned(text) : text)),
  }),
  'whose versions begin at 4001': () => ({
    outgoing: saying((text) => text.replaceAll(/"version":(\d+)/g, (_, n) => `"version":${Number(n) + 4000}`)),
  }),
  'whose versions begin at 4001, and whose welcome names none': () => ({
    outgoing: saying((text) =>
      text.startsWith('{"type":"connection:ack"')
        ? unversioned(text)
        : text.replaceAll(/"version":(\d+)/g, (_, n) => `"version":${Number(n) + 4000}`),
    ),
  }),
  'that gives no versions and answers null': () => ({
    outgoing: saying((text) => (isState(text) ? '{"type":"sync:state","state":null}' : unversioned(text))),
  }),
  'that gives no versions and forgets a session once everybody has left': () => ({
    limits: { grace: 0 },
    outgoing: saying(unversioned),
  }),
  'that answers with its own state, whatever hosts send': () => ({ hostsAnswer: true }),
  'that gives no versions and no state, and passes on what a host sends': () => passingOn('target', unversioned),
  'that gives no versions and no state, and shows everybody what a host sends': () =>
    passingOn('everybody', unversioned),
  'that gives no state, and passes on what a host sends': () => passingOn('target', (text) => text),
  'whose acknowledgements come late': () => {
    let nth = 0;
    return {
      outgoing(text, to) {
        if (!isAck(text)) return true;
        to.aside(text, 300 + ((nth++ * 104_729) % 1_900_000));
        return false;
      },
    };
  },
};

/** Whether changes and states name their versions, so that edits of one item at once end alike. */
export const isOrdered = (name: string): boolean =>
  !/no version|neither|names none|acknowledges nobody|no state/.test(name);

/** Whether states come that name no version: of the server, or of a host. */
export const givesStates = (name: string): boolean =>
  /gives no versions|neither|states name no/.test(name) ? !/no state$|null/.test(name) : /no state, and/.test(name);

/** Histories in which a server was once blamed that had done nothing wrong. */
const ONCE_BLAMED: History[] = [
  // Somebody else edits a new item before the state comes that undoes it for its owner.
  { seed: 17, users: 4, sessions: 2, items: 6, rate: 8, stays: 0.361, away: 0.093, cutEvery: 1929, delay: 114829 },
  {
    seed: 6,
    users: 9,
    sessions: 1,
    items: 4,
    rate: 0.9137430862071371,
    stays: 4.999999999999993,
    away: 0.02556260224701581,
    cutEvery: 1972,
    delay: 139484,
  },
  // A state crosses a change whose version is known, and the one before is not yet.
  { seed: 44657, users: 7, sessions: 2, items: 5, rate: 2.779, stays: 2.625, away: 0.083, cutEvery: 1215, delay: 300 },
  // Changes whose version nobody learns, as their senders leave before they are acknowledged.
  { seed: 13059, users: 8, sessions: 3, items: 0, rate: 0.5, stays: 0.387, away: 1.464, cutEvery: 365, delay: 105694 },
  // A state shows a change whose version was given up, while another's is not known yet.
  {
    seed: 585437,
    users: 7,
    sessions: 1,
    items: 3,
    rate: 8,
    stays: 0.3,
    away: 0.10598563511218681,
    cutEvery: 1614,
    delay: 306,
  },
  // A state shows an item as it was before a change that the server never got.
  { seed: 7, users: 8, sessions: 2, items: 5, rate: 7.409, stays: 1.981, away: 0.01, cutEvery: 83, delay: 315 },
  // A host gets an edit of a new item after it has added it, which the server took before.
  {
    seed: 615457,
    users: 9,
    sessions: 3,
    items: 0,
    rate: 3.7563531582076566,
    stays: 4.887440669619051,
    away: 0.7792183663159121,
    cutEvery: 318,
    delay: 318,
  },
];

/** What random histories exercised, added up. */
export interface Exercised {
  histories: number;
  copies: number;
  cuts: number;
  reconnects: number;
  checked: number;
  /** States without a version that were held against what everybody had. */
  byContent: number;
  compared: number;
}

/** Lets users come, go and be cut off at random: a lawful server is blamed for nothing. */
export function blameNothing(name: string, histories: number, seed: number): Exercised {
  const total = { histories: 0, copies: 0, cuts: 0, reconnects: 0, checked: 0, byContent: 0, compared: 0 };
  fc.assert(
    fc.property(lively, (of) => {
      const run = live(of, SERVERS[name]!());
      const { diverged_by_protocol: byProtocol, ...found } = foundIn(run);
      expect(found).toEqual({});
      if (isOrdered(name)) expect(byProtocol).toBeUndefined();
      expect(run.count('deliveries')).toBe(run.count('deliveries_expected'));
      expect(run.finished).toBe(true);
      total.histories++;
      total.copies += run.count('deliveries');
      total.cuts += run.count('disconnects_unexpected');
      total.reconnects += run.count('reconnects');
      total.checked += run.count('states_checked');
      total.byContent += run.count('states_compared');
      total.compared += run.count('replicas_compared');
    }),
    { numRuns: histories, seed, endOnFailure: true, examples: ONCE_BLAMED.map((of) => [of]) },
  );
  return total;
}
