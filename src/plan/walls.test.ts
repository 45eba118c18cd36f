import { describe, expect, it } from 'vitest';
import { planOf } from '../load/testing/simulate.ts';
import type { ToolError } from '../core/errors.ts';
import { estimate, type Machine, type Reach } from './estimate.ts';
import type { Plan } from './plan.ts';
import { refuseWhatCannotFit } from './walls.ts';

const far: Reach = { servers: ['x:80'], here: false, loopback: false };

interface Case {
  plan?: Partial<Plan>;
  machine?: Partial<Machine>;
  reach?: Reach;
  sources?: number;
  serverFiles?: number;
}

/** The refusal with its hint; nothing where it fits. 30,000 users unless it is said otherwise. */
function refusal({ plan: changes, machine, reach = far, sources, serverFiles }: Case): string | undefined {
  const plan = planOf({ users: 50, sessions: 600, workers: 4, ...changes });
  try {
    refuseWhatCannotFit(plan, estimate(plan, 0, reach, sources), { cores: 8, ...machine }, reach, serverFiles);
    return undefined;
  } catch (error) {
    return `${(error as ToolError).message} ${(error as ToolError).hint}`;
  }
}

describe('what cannot fit is refused, with the limit and how to move it', () => {
  it('names open files of a worker, and that more workers have more', () => {
    expect(refusal({ machine: { open_files_limit: 7000 } })).toBe(
      'With 4 workers this needs 7,564 open files in one process, and 7,000 are allowed. Take more workers (--workers auto), or raise the limit (ulimit -n 8192, as root where it is above the hard limit).',
    );
    expect(refusal({ machine: { open_files_limit: 7564 } })).toBeUndefined();
  });

  it('names the session that one process cannot hold', () => {
    expect(refusal({ plan: { users: 300, sessions: 1 }, machine: { open_files_limit: 256 } })).toMatch(
      /^A session lives whole in one process: 300 users need 364 open files, and 256 are allowed\. Take smaller sessions/,
    );
  });

  it('names the bundled server’s open files, and that a second server has its own', () => {
    expect(refusal({ plan: { target: 'bundled' }, serverFiles: 20_000 })).toMatch(
      /^The bundled server is one process: this needs 30,064 open files in it, and 20,000 are allowed\. Start a second server \(.*\) and give both with --url, or raise/,
    );
    expect(refusal({ plan: { target: 'bundled' }, serverFiles: 10_000 })).toContain('Start 4 servers and give all');
  });

  it('names the open files of a server whose process is known', () => {
    expect(refusal({ serverFiles: 1024 })).toMatch(/^The server is one process: .* 1,024 are allowed\. Where it is/);
    expect(refusal({ serverFiles: 1024, plan: { sessions: 10 } })).toBeUndefined();
    const two = { ...far, servers: ['x:80', 'y:80'] };
    expect(refusal({ serverFiles: 20_000, reach: two })).toBeUndefined();
  });

  it('names local ports, of which each server has its own', () => {
    const machine = { ports: 28_232 };
    expect(refusal({ machine })).toMatch(
      /^This needs 30,000 connections to one server, and this machine has 28,232 local ports towards each\. .*--source-addresses/,
    );
    expect(refusal({ machine, reach: { ...far, servers: ['x:80', 'x:81'] } })).toBeUndefined();
    expect(refusal({ machine, sources: 2 })).toBeUndefined();
    expect(refusal({ machine, sources: 1 })).toMatch(
      /30,000 connections, and 1 source address has 28,232 local ports\./,
    );
  });

  it('sends from ::1 to 127.0.0.1, as the loopback of IPv6 has one address', () => {
    const reach = { servers: ['[::1]:80'], here: true, loopback: false };
    expect(refusal({ machine: { ports: 28_232 }, reach })).toContain('ws://127.0.0.1:PORT');
  });

  it('names memory', () => {
    expect(refusal({ machine: { free_memory_bytes: 1e8 } })).toMatch(
      /This needs about .* of memory, and 95 MiB are free/,
    );
  });

  it('says nothing of what the machine does not tell', () => {
    expect(refusal({})).toBeUndefined();
  });
});
