import { describe, expect, it } from 'vitest';
import type { ScenarioSpec } from '../scenario/define.ts';
import { foundIn } from './testing/history.ts';
import { passingOn, unversioned } from './testing/lawful.ts';
import { ReferenceServer, type ServerMeddling } from './testing/reference.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';

const LATE: ScenarioSpec = {
  ...EDITORS,
  users: [
    { ...EDITORS.users[0]!, share: 1 },
    { ...EDITORS.users[0]!, kind: 'latecomer', share: 1, joins: [0.2, 0.9] },
  ],
  host_sends_state: true,
};

const run = (meddling: ServerMeddling, spec = LATE): Simulated =>
  simulate(planOf({ users: 8, sessions: 3, items: 4 }), spec, (time) => new ReferenceServer(time, meddling));

describe('a host that answers who joins', () => {
  it('shows each latecomer all that it has, through a server that keeps nothing', () => {
    const { count, values } = run(passingOn('target', unversioned));
    // Everybody in a session but its first.
    expect(count('host_states_sent')).toBe(3 * 7);
    expect(count('states_received')).toBe(3 * 7);
    expect(values('host_state_time')).toBe(3 * 7);
    expect(count('host_state_bytes_sent')).toBeGreaterThan(3 * 7 * 4 * 200);
    expect(count('states_compared')).toBeGreaterThanOrEqual(3 * 4);
    expect([count('replicas_compared'), count('replicas_partial')]).toEqual([24, 0]);
  });

  it('costs users times state where the server shows it to everybody, who do not take it', () => {
    const one = run(passingOn('target', unversioned));
    const all = run(passingOn('everybody', unversioned));
    expect(foundIn(all)['stale_snapshots']).toBeUndefined();
    expect(all.count('states_compared')).toBe(one.count('states_compared'));
    // The n-th to join is one of n − 1 who get it.
    expect(all.count('states_received')).toBeGreaterThanOrEqual(3 * ((8 * 7) / 2));
    expect(all.count('states_received')).toBeLessThan(3 * 7 * 7);
    expect(all.count('state_bytes_received')).toBeGreaterThan(2 * one.count('state_bytes_received'));
  });

  it('is answered for by a server that keeps a state (P12)', () => {
    const result = run({});
    expect(result.count('host_states_sent')).toBe(3 * 7);
    expect(foundIn(result)).toEqual({});
    expect(result.count('states_checked')).toBeGreaterThan(3 * 7 * 2);
  });

  it('is not there in a scenario that has none', () => {
    const { host_sends_state: _, ...others } = LATE;
    expect(run({}, others).count('host_states_sent')).toBe(0);
  });

  it.each<[string, (items: Record<string, unknown>[]) => unknown[]]>([
    ['an item', (items) => items.slice(1)],
    ['all of it', () => []],
  ])('is judged by what reaches the latecomer: %s is lost on the way', (_, rest) => {
    const meddling = passingOn('target', unversioned, (text) => {
      const message = JSON.parse(text) as { state: { items: Record<string, unknown>[] } };
      return JSON.stringify({ ...message, state: { ...message.state, items: rest(message.state.items) } });
    });
    const { count } = run(meddling);
    expect(count('stale_snapshots')).toBeGreaterThanOrEqual(3 * 4);
    expect(count('stale_snapshots')).toBeLessThanOrEqual(3 * 7);
  });

  it('answers nobody with a document that may not be whole, and asks for it instead', () => {
    const asked: string[] = [];
    const relay = passingOn('target', unversioned);
    const cut: ScenarioSpec = { ...LATE, storms: [{ at: 0.1, share: 1 }] };
    const result = run(
      {
        ...relay,
        incoming(text, from, server) {
          if (text.startsWith('{"type":"sync:request"') && server.now > 6_000_000) asked.push(text);
          return relay.incoming!(text, from, server);
        },
      },
      cut,
    );
    expect(result.count('reconnects')).toBeGreaterThan(0);
    expect(foundIn(result)['stale_snapshots']).toBeUndefined();
    // The server gives no state, so that nobody's document is whole any more.
    expect(result.count('host_states_sent')).toBeLessThan(3 * 4);
    expect(asked.length).toBeGreaterThan(3 * 4);
  });
});
