import { describe, expect, it } from 'vitest';
import { estimate, estimateTable, loopbackSourcesFor, workersFor, type Machine, type Reach } from './estimate.ts';
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
    transport: 'net',
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
const far: Reach = { servers: ['x:80'], here: false, loopback: false };
const here: Reach = { servers: ['127.0.0.1:80'], here: true, loopback: true };

describe('an estimate', () => {
  it('counts a delivery for everybody else in the session', () => {
    expect(estimate(plan(), 0, far)).toMatchObject({ connections: 250, changes: 500, deliveries: 24_500 });
    expect(estimate(plan({ users: 1 }), 0, far).deliveries).toBe(0);
  });

  it('counts messages both ways: changes and their acks, deliveries, cursors, pings and pongs', () => {
    expect(estimate(plan(), 0.2, far).messages).toBeCloseTo(2 * 500 + 24_500 + 250 * 0.2 * 50 + 2 * 25);
  });

  it('is of the shard: sessions are dealt in turn', () => {
    const shards = [1, 2, 3].map((index) => estimate(plan({ shard: { index, of: 3 } }), 0, far).sessions);
    expect(shards).toEqual([2, 2, 1]);
  });

  it('counts files of the worker and of the server that have the most, the server’s for all shards', () => {
    expect(estimate(plan({ workers: 5 }), 0, far)).toMatchObject({ files: 50 + 64, server_files: 250 + 64 });
    const two = { ...far, servers: ['x:80', 'y:80'] };
    expect(estimate(plan({ shard: { index: 1, of: 2 } }), 0, two)).toMatchObject({ server_files: 150 + 64 });
  });

  it('counts ports by server where the system chooses, and by source address where they are chosen', () => {
    const two = { ...far, servers: ['x:80', 'y:80'] };
    expect(estimate(plan({ sessions: 6 }), 0, far).ports).toBe(300);
    expect(estimate(plan({ sessions: 6 }), 0, two).ports).toBe(150);
    // The same server twice is one.
    expect(estimate(plan({ sessions: 6 }), 0, { ...far, servers: ['x:80', 'x:80'] }).ports).toBe(300);
    // A shard may have the sessions of one server alone.
    expect(estimate(plan({ sessions: 6, shard: { index: 1, of: 2 } }), 0, two).ports).toBe(150);
    expect(estimate(plan({ sessions: 6 }), 0, two, 3).ports).toBe(100);
  });

  it('costs what the transport costs', () => {
    const [net, ws] = (['net', 'ws'] as const).map((transport) => estimate(plan({ transport }), 0, far));
    expect(ws!.cores).toBeGreaterThan(net!.cores * 1.3);
    expect(ws!.memory_bytes).toBeGreaterThan(net!.memory_bytes);
  });

  it('has memory for each user’s document, which grows with the session', () => {
    const one = estimate(plan({ users: 1000, sessions: 2 }), 0, far).memory_bytes;
    const same = estimate(plan({ users: 100, sessions: 20 }), 0, far).memory_bytes;
    expect(one - same).toBe(2000 * 900 * 21);
    const items = estimate(plan({ items: 100_000 }), 0, far).memory_bytes - estimate(plan(), 0, far).memory_bytes;
    expect(items).toBeCloseTo(250 * 99_980 * 4);
  });

  it('has a row for each need, with the limit where there is one', () => {
    const rows = Object.fromEntries(estimateTable(estimate(plan(), 0, far), machine, 1024));
    expect(rows).toMatchObject({
      deliveries: '24,500/s',
      'open files': '314 of 20,000 in one worker, 314 of 1,024 in one server',
      'local ports': '250 of 28,232 towards one server',
    });
    expect(Object.fromEntries(estimateTable(estimate(plan(), 0, far, 2), { cores: 8 }))).toMatchObject({
      'open files': '314 in one worker, 314 in one server',
      'local ports': '125 of each of 2 source addresses',
    });
  });
});

describe('workers', () => {
  it('are few, and no more than there are sessions', () => {
    expect(workersFor(plan(), 0, machine, far)).toBe(1);
    expect(workersFor(plan({ users: 300, sessions: 2, rate: 5 }), 0, machine, far)).toBe(2);
  });

  it('grow with the work, up to all cores, or all but the server’s where it is here', () => {
    expect(workersFor(plan({ sessions: 15 }), 0, machine, far)).toBe(2);
    expect(workersFor(plan({ sessions: 15, transport: 'ws' }), 0, machine, far)).toBe(3);
    expect(workersFor(plan({ sessions: 20, rate: 50 }), 0, machine, far)).toBe(8);
    expect(workersFor(plan({ sessions: 20, rate: 50 }), 0, machine, here)).toBe(7);
    expect(workersFor(plan({ sessions: 20, rate: 50 }), 0, { cores: 2 }, far)).toBe(2);
    expect(workersFor(plan({ sessions: 20, rate: 50 }), 0, { cores: 2 }, here)).toBe(1);
    expect(workersFor(plan({ sessions: 20, rate: 50 }), 0, { cores: 1 }, here)).toBe(1);
  });

  it('grow with the users too, as connecting is work', () => {
    expect(workersFor(plan({ sessions: 300, rate: 0 }), 0, machine, far)).toBe(3);
  });

  it('go beyond the cores where a process may not open enough files', () => {
    const idle = { users: 10, sessions: 100, rate: 0 };
    const few = workersFor(plan(idle), 0, { cores: 2, open_files_limit: 256 }, far);
    expect(few).toBe(6);
    expect(estimate(plan({ ...idle, workers: few }), 0, far).files).toBeLessThanOrEqual(256);
  });
});

describe('sources on loopback', () => {
  const linux = { ...machine, loopback_range: true };
  const many = plan({ sessions: 600 });

  it('are left to the system where one address has ports enough', () => {
    expect(loopbackSourcesFor(plan(), linux, here)).toBe(0);
    expect(loopbackSourcesFor(many, linux, { ...here, servers: ['127.0.0.1:1', '127.0.0.1:2'] })).toBe(0);
  });

  it('are as many as are needed beyond, with ports to spare', () => {
    const sources = loopbackSourcesFor(many, linux, here);
    expect(sources).toBe(2);
    expect(estimate(many, 0, here, sources).ports).toBe(15_000);
  });

  it('are none elsewhere, and where loopback has but one address', () => {
    expect(loopbackSourcesFor(many, linux, far)).toBe(0);
    expect(loopbackSourcesFor(many, machine, here)).toBe(0);
  });
});
