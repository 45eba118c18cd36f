import { describe, expect, it } from 'vitest';
import { estimate, estimateTable, refuseWhatCannotFit, workersFor, type Machine } from './estimate.ts';
import type { Plan } from './plan.ts';

const plan = (changes: Partial<Plan> = {}): Plan => {
  const { users = 50, sessions = 5 } = changes;
  return {
    command: 'run',
    scenario: 'steady',
    users,
    sessions,
    users_total: users * sessions,
    rate: 2,
    heartbeat_ms: 10_000,
    items: 20,
    ramp_up_ms: 5000,
    settle_ms: 2000,
    duration_ms: 30_000,
    deadline_ms: 10_000,
    seed: 1,
    workers: 1,
    engine: 'node',
    transport: 'ws',
    model: 'open',
    shard: { index: 1, of: 1 },
    thresholds: [],
    require: [],
    abort_on: [],
    tags: {},
    target: 'ws://x',
    plans: { edits: true, cursors: true, heartbeats: true, leaves: false },
    faults: [],
    ...changes,
  };
};
const machine: Machine = { cores: 8, open_files_limit: 20_000, free_memory_bytes: 8e9, ports: 28_232 };

describe('an estimate', () => {
  it('counts a delivery for everybody else in the session', () => {
    expect(estimate(plan(), 0)).toMatchObject({ connections: 250, changes: 500, deliveries: 24_500 });
    expect(estimate(plan({ users: 1 }), 0).deliveries).toBe(0);
  });

  it('counts messages both ways: changes and their acks, deliveries, cursors, pings and pongs', () => {
    expect(estimate(plan(), 0.2).messages).toBeCloseTo(2 * 500 + 24_500 + 250 * 0.2 * 50 + 2 * 25);
  });

  it('is of the shard: sessions are dealt in turn', () => {
    const shards = [1, 2, 3].map((index) => estimate(plan({ shard: { index, of: 3 } }), 0).sessions);
    expect(shards).toEqual([2, 2, 1]);
  });

  it('counts files of the process that has the most: a worker, or the bundled server', () => {
    expect(estimate(plan({ workers: 5 }), 0).files).toBe(50 + 64);
    expect(estimate(plan({ workers: 5, target: 'bundled' }), 0).files).toBe(250 + 64);
  });

  it('has a row for each need, with the limit where there is one', () => {
    const rows = Object.fromEntries(estimateTable(estimate(plan(), 0), machine));
    expect(rows).toMatchObject({ deliveries: '24,500/s', 'open files': '314 of 20,000 in one process' });
    expect(Object.fromEntries(estimateTable(estimate(plan(), 0), { cores: 8 }))).toMatchObject({
      'open files': '314 in one process',
    });
  });
});

describe('workers', () => {
  it('are few, and no more than there are sessions', () => {
    expect(workersFor(plan(), 0, machine)).toBe(1);
    expect(workersFor(plan({ users: 300, sessions: 2, rate: 5 }), 0, machine)).toBe(2);
  });

  it('grow with the messages, up to the cores but one', () => {
    expect(workersFor(plan({ sessions: 20 }), 0, machine)).toBe(3);
    expect(workersFor(plan({ sessions: 20 }), 0, { cores: 2 })).toBe(1);
  });

  it('go beyond the cores where a process may not open enough files', () => {
    const few = workersFor(plan({ users: 10, sessions: 100, rate: 0 }), 0, { cores: 2, open_files_limit: 256 });
    expect(few).toBe(6);
    expect(estimate(plan({ users: 10, sessions: 100, rate: 0, workers: few }), 0).files).toBeLessThanOrEqual(256);
  });
});

describe('what cannot fit is refused, with the limit and how to raise it', () => {
  const refuse =
    (changes: Partial<Plan>, limits: Partial<Machine>, addresses = 1) =>
    () =>
      refuseWhatCannotFit(estimate(plan(changes), 0), { cores: 8, ...limits }, addresses);

  it('names open files', () => {
    expect(refuse({}, { open_files_limit: 256 })).toThrow(
      'This needs 314 open files in one process, and 256 are allowed.',
    );
    expect(refuse({}, { open_files_limit: 314 })).not.toThrow();
  });

  it('names local ports, of which each address of the server has its own', () => {
    expect(refuse({ sessions: 600 }, { ports: 28_232 })).toThrow(
      'This needs 30,000 connections, and this machine has 28,232',
    );
    expect(refuse({ sessions: 600 }, { ports: 28_232 }, 2)).not.toThrow();
  });

  it('names memory', () => {
    expect(refuse({ sessions: 600 }, { free_memory_bytes: 1e8 })).toThrow(
      /This needs about .* of memory, and 95 MiB are free/,
    );
  });

  it('says nothing of what the machine does not tell', () => {
    expect(refuse({ sessions: 600 }, {})).not.toThrow();
  });
});
