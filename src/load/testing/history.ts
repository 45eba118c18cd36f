import fc from 'fast-check';
import type { Plan } from '../../plan/plan.ts';
import type { ScenarioSpec } from '../../scenario/define.ts';
import { foundOf, OF_COPIES, OF_DOCUMENTS } from './found.ts';
import { ReferenceServer, type ServerMeddling } from './reference.ts';
import { EDITORS, planOf, simulate, type Simulated } from './simulate.ts';

/** Random runs against the reference server: who comes and goes when, how slow the server is, and who is cut off. */

const ORACLES = [...OF_COPIES, ...OF_DOCUMENTS, 'diverged_by_protocol'] as const;

/** What was found wrong in a run, counted; empty where nothing was. */
export const foundIn = (run: Simulated) => foundOf(run, ORACLES);

const histories = {
  seed: fc.nat(1e6),
  users: fc.integer({ min: 2, max: 9 }),
  sessions: fc.integer({ min: 1, max: 3 }),
  items: fc.integer({ min: 0, max: 6 }),
  rate: fc.double({ min: 0.5, max: 8, noNaN: true }),
  /** How long users stay, and are away, s: means. */
  stays: fc.double({ min: 0.3, max: 5, noNaN: true }),
  away: fc.double({ min: 0.01, max: 1.5, noNaN: true }),
  /** Every so many messages the server cuts a client off. */
  cutEvery: fc.integer({ min: 80, max: 2000 }),
  /** Longest way of a message to a client, µs. */
  delay: fc.integer({ min: 300, max: 400_000 }),
};

/** Users come, go and are cut off. */
export const lively = fc.record(histories);
/** Nobody leaves, so that every copy must arrive once everybody is there. */
export const still = fc.record({
  ...histories,
  users: fc.integer({ min: 3, max: 9 }),
  sessions: fc.integer({ min: 2, max: 3 }),
  rate: fc.double({ min: 4, max: 10, noNaN: true }),
  stays: fc.constant(1e6),
  cutEvery: fc.constant(1e9),
});
export type History = typeof lively extends fc.Arbitrary<infer T> ? T : never;

/** Two kinds of user: half of them come and go. */
export const comingAndGoing = ({ stays, away }: History): ScenarioSpec => ({
  ...EDITORS,
  users: [
    { ...EDITORS.users[0]!, leaves: { after_s: stays, away_s: away } },
    { ...EDITORS.users[0]!, kind: 'stays' },
  ],
});

export const planOfHistory = ({ seed, users, sessions, items, rate }: History, change: Partial<Plan> = {}): Plan =>
  planOf({ seed, users, sessions, items, rate, duration_ms: 4000, ...change });

/** A run against the reference server in virtual time. @param made told of the server */
export function live(
  of: History,
  meddling: ServerMeddling = {},
  change: Partial<Plan> = {},
  made: (server: ReferenceServer) => void = () => {},
): Simulated {
  let nth = 0;
  const spec = { ...comingAndGoing(of), ...(meddling.hostsAnswer && { host_sends_state: true }) };
  return simulate(planOfHistory(of, change), spec, (time) => {
    const server = new ReferenceServer(time, {
      delay: (message) => 300 + ((message * 7919) % of.delay),
      ...meddling,
      outgoing(text, to, it) {
        if (++nth % of.cutEvery === 0) to.end({ code: 1006, reason: '', initiator: 'network' });
        return meddling.outgoing?.(text, to, it) ?? true;
      },
    });
    made(server);
    return server;
  });
}

/** The message of a command, as far as tests look at it. */
export interface Copy {
  sender: string;
  /** µs of the run's clock. */
  due: number;
  version: number;
}

const COPY = /"token":"lt1\.[^.]+\.[^.]+\.([^.]+)(?:\.[^.]+){2}\.([^.]+)/;

/** What a relayed command says of itself; nothing for other messages. */
export function copyIn(text: string): Copy | undefined {
  if (!text.startsWith('{"type":"command",')) return undefined;
  const [, sender, due] = COPY.exec(text)!;
  return { sender: sender!, due: parseInt(due!, 36), version: Number(/"version":(\d+)}$/.exec(text)?.[1] ?? 0) };
}
