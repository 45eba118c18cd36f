import { describe, expect, it } from 'vitest';
import churn from '../../scenarios/churn.ts';
import { foundOf } from './testing/found.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';
import { ReferenceServer, type ServerMeddling } from './testing/reference.ts';
import { Relay } from './testing/relay.ts';
import type { ScenarioSpec } from '../scenario/define.ts';

const KINDS = [
  'presence_ghosts',
  'presence_missing',
  'presence_repeated',
  'arrivals_untold',
  'departures_untold',
  'two_hosts',
  'no_host',
] as const;
const found = (run: Simulated) => foundOf(run, ['presence_errors', ...KINDS]);

const against = (meddling: ServerMeddling, spec: ScenarioSpec = churn.spec): Simulated =>
  simulate(planOf({ users: 8, sessions: 4, duration_ms: 30_000 }), spec, (time) => new ReferenceServer(time, meddling));
const typeOf = (text: string): string => /^\{"type":"([^"]+)"/.exec(text)![1]!;

describe('presence in virtual time', () => {
  it('is right on the reference server, while users come and go', () => {
    const run = against({});
    expect(found(run)).toEqual({});
    expect(run.count('presence_errors_upper')).toBeLessThan(run.count('arrivals_told') / 20);
    expect(run.finished).toBe(true);
    expect(run.count('arrivals_told')).toBeGreaterThan(200);
    expect(run.count('departures_told')).toBeGreaterThan(150);
    const traits = new Set(run.intervals.flatMap((interval) => interval.traits));
    expect(['roster', 'notices', 'hosts'].filter((trait) => traits.has(trait as 'roster'))).toHaveLength(3);
  });

  it('claims nothing of a mere relay', () => {
    const run = simulate(planOf(), churn.spec, (time) => new Relay(time));
    expect(found(run)).toEqual({});
    expect(run.intervals.flatMap(({ traits }) => traits)).not.toContain('roster');
  });

  it('finds who is told of no departure, and of how many at least while users come back', () => {
    let silent = 0;
    const run = against({
      outgoing: (text) => {
        if (typeOf(text) !== 'user:left' || silent > 0) return typeOf(text) !== 'user:left' || silent++ % 3 !== 0;
        silent++;
        return false;
      },
    });
    const { departures_untold = 0, ...others } = found(run);
    expect(others).toEqual({ presence_errors: departures_untold });
    expect(departures_untold).toBeGreaterThan(20);
    expect(departures_untold).toBeLessThanOrEqual(silent);
  });

  it('finds each second host of a session, and tells who they are', () => {
    let hosts = 0;
    const run = against(
      {
        outgoing: (text, to) => {
          if (typeOf(text) !== 'connection:ack' || !text.includes('"is_host":false') || to.user % 3 !== 2) return true;
          hosts++;
          to.deliver(text.replace('"is_host":false', '"is_host":true'));
          return false;
        },
      },
      EDITORS,
    );
    expect(hosts).toBe(8);
    expect(found(run)).toEqual({ presence_errors: hosts, two_hosts: hosts });
    const [example] = run.intervals.flatMap(({ examples }) => examples);
    expect(example).toMatchObject({
      kind: 'presence_errors',
      session: 'lt-abc123-s0000',
      receiver: 'lt-abc123-s0000-u0002',
      sender: 'lt-abc123-s0000-u0000',
      note: 'made host although the other one is',
    });
  });

  it('finds second hosts and silent departures while users come and go, and no more than there were', () => {
    const committed = { 'two-hosts': 0, 'silent-leave': 0 };
    const counted = { two_hosts: 0, departures_untold: 0 };
    for (const fault of Object.keys(committed) as (keyof typeof committed)[]) {
      let server: ReferenceServer;
      const plan = planOf({ users: 2, sessions: 20, duration_ms: 30_000 });
      const run = simulate(
        plan,
        churn.spec,
        (time) => (server = new ReferenceServer(time, { faults: [`${fault}=0.5`] })),
      );
      committed[fault] = server!.sabotage!.counts[fault]!;
      counted.two_hosts += run.count('two_hosts');
      counted.departures_untold += run.count('departures_untold');
    }
    expect(committed['two-hosts']).toBeGreaterThan(20);
    expect(counted.two_hosts).toBeLessThanOrEqual(committed['two-hosts']);
    // Who is named just before one of the two leaves is no rival for certain.
    expect(counted.two_hosts).toBeGreaterThan(committed['two-hosts'] * 0.7);
    expect(committed['silent-leave']).toBeGreaterThan(20);
    // In sessions of two one is to be told of each departure, unless its user is back within a second.
    expect(counted.departures_untold).toBeLessThanOrEqual(committed['silent-leave']);
    expect(counted.departures_untold).toBeGreaterThan(committed['silent-leave'] * 0.3);
  });

  it.each([
    ['repeat-joined=0.3', 'presence_repeated', 0.9],
    ['ghost=1', 'presence_ghosts', 0.1],
    ['two-hosts=0.3', 'two_hosts', 0.4],
  ] as const)(
    'finds of %s, while users come and go, what is certain, and says how many there may be',
    (fault, counter, part) => {
      const name = fault.split('=')[0] as 'ghost';
      const sum = { committed: 0, least: 0 };
      for (let seed = 0; seed < 2; seed++) {
        let server: ReferenceServer;
        const plan = planOf({ users: 6, sessions: 4, duration_ms: 30_000, deadline_ms: 10_000, seed });
        const run = simulate(plan, churn.spec, (time) => (server = new ReferenceServer(time, { faults: [fault] })));
        const committed = server!.sabotage!.counts[name]!;
        // Of one who was just leaving when it was listed: either the list is wrong, or a notice did not come.
        const {
          presence_errors: errors = 0,
          [counter]: ofKind = 0,
          departures_untold: untold = 0,
          ...others
        } = found(run);
        expect(others).toEqual({});
        expect(errors).toBe(ofKind + (name === 'ghost' ? untold : 0));
        expect(errors).toBeLessThanOrEqual(committed);
        expect(run.count('presence_errors_upper')).toBeGreaterThanOrEqual(committed);
        sum.committed += committed;
        sum.least += errors;
      }
      expect(sum.committed).toBeGreaterThan(8);
      expect(sum.least / sum.committed).toBeGreaterThan(part);
    },
  );

  it('reads notices that are written in any way a server may', () => {
    const rewritten = against({
      outgoing: (text, to) => {
        if (!typeOf(text).startsWith('user:')) return true;
        const { type, user_id, timestamp } = JSON.parse(text) as Record<string, string>;
        const spaced = `{"type": "${type}", "user_id": "${user_id}", "timestamp": ${timestamp}}`;
        const escaped = JSON.stringify({ type, user_id }).replace('-u', '\\u002du');
        const turned = JSON.stringify({ user_id, extra: { user_id: 'nobody' }, type });
        const later = JSON.stringify({ type, name: 'é', user_id });
        to.deliver([spaced, escaped, turned, later][to.user % 4]!);
        return false;
      },
    });
    expect(found(rewritten)).toEqual({});
    expect(rewritten.count('arrivals_told')).toBe(against({}).count('arrivals_told'));
  });
});
