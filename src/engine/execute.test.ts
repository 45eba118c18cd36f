import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import { isAlive, startProcess } from '../../server/testing/process.ts';
import type { Interval, RunEvent } from '../core/record.ts';
import { JOURNAL_NAME } from '../result/journal.ts';
import { readJournal } from '../result/read-journal.ts';
import type { Result } from '../result/result.ts';
import { execute } from './execute.ts';
import { openFilesLimit } from './environment.ts';
import { builtUrl } from './programs.ts';
import type { ExecuteHooks, RunRequest, StartedFacts } from './request.ts';
import { at, requestOf } from './testing/request.ts';
import { countOf, failing, isFit, wrong } from './testing/results.ts';

/** Real processes and sockets: what only they can show. Everything else is tested in virtual time. */

/** Runs it, and does something once it has started or an interval has come. */
async function watched(
  request: RunRequest,
  during: (facts: StartedFacts, interval: Interval) => void,
  hooks: ExecuteHooks = {},
): Promise<{ result: Result; events: RunEvent[] }> {
  let facts: StartedFacts | undefined;
  const events: RunEvent[] = [];
  const observer = {
    started: (what: StartedFacts) => {
      facts = what;
    },
    interval: (interval: Interval) => during(facts!, interval),
    event: (event: RunEvent) => events.push(event),
  };
  const { result } = await execute(request, { ...hooks, observer });
  return { result, events };
}

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.concurrent('a run over real sockets', () => {
  it('passes against the bundled server, and leaves no process behind', async () => {
    let pids: number[] = [];
    const { result } = await watched(requestOf({ workers: 2 }), (facts) => {
      pids = [...facts.pids.workers, facts.pids.server!];
    });
    expect(wrong(result)).toEqual([]);
    expect(countOf(result, 'connections')).toBe(24);
    expect(countOf(result, 'deliveries')).toBe(countOf(result, 'deliveries_expected'));
    if (isFit(result)) expect(countOf(result, 'deliveries')).toBeGreaterThan(300);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('has the same changes due whatever the number of workers', async () => {
    const [one, three] = await Promise.all([execute(requestOf({ workers: 1 })), execute(requestOf({ workers: 3 }))]);
    expect(countOf(one.result, 'commands_scheduled')).toBeGreaterThan(100);
    expect(countOf(three.result, 'commands_scheduled')).toBe(countOf(one.result, 'commands_scheduled'));
  });

  it('shows the event loop of the bundled server, and what a server of one’s own has on its page of metrics', async () => {
    // In a process of its own: this one has more to do than to answer within the time that there is for it.
    const { child, ready, ended } = await startProcess({});
    closing.push(() => (child.kill('SIGKILL'), ended));
    const server_metrics = `http://127.0.0.1:${ready.port}/metrics`;
    const [bundled, own] = await Promise.all([
      execute(requestOf()),
      execute(requestOf({}, { target: at(ready.port), server_metrics })),
    ]);
    const { server_event_loop_delay: delay } = bundled.result.metrics;
    expect(delay).toMatchObject({ kind: 'gauge', max: expect.toSatisfy((ms) => ms >= 0) });
    expect(own.result.metrics).toMatchObject({
      server_event_loop_delay: { kind: 'gauge' },
      server_rss: { kind: 'gauge', last: expect.toSatisfy((bytes) => bytes > 1e7) },
      server_cpu: { kind: 'gauge', max: expect.toSatisfy((cores) => cores > 0) },
    });
    expect(own.result.timeline.some(({ metrics }) => metrics['server_rss'])).toBe(true);
  });

  // Who is let in only in the measured window, as a busy machine may do it, brings its items there.
  it('finds the same by both doors, to the last delivery', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const target = at(server.port);
    const runs = await Promise.all(
      (['net', 'ws'] as const).map((transport) =>
        execute(
          requestOf(
            { transport, ramp_up_ms: 0, settle_ms: 3000 },
            { target, run: { id: `${transport}00000`.slice(0, 6), started_at: '' } },
          ),
        ),
      ),
    );
    const counts = runs.map(({ result }) =>
      ['commands_scheduled', 'commands_sent', 'deliveries', 'deliveries_expected', 'connections', 'cursors_sent'].map(
        (name) => countOf(result, name),
      ),
    );
    expect(counts[0]).toEqual(counts[1]);
    expect(counts[0]![2]).toBeGreaterThan(300);
    expect(runs.flatMap(({ result }) => wrong(result))).toEqual([]);
  });

  it('starts a server with a command, gives it its port, and ends it', async () => {
    const command = `"${process.execPath}" "${builtUrl('main.js').pathname}" serve --port {port}`;
    let server = 0;
    const { result } = await watched(requestOf({}, { start: command }), (facts) => {
      server = facts.pids.server!;
    });
    expect(wrong(result)).toEqual([]);
    expect(result.target).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(isAlive(server)).toBe(false);
  });

  it('deals whole sessions over several servers, and sends users from the addresses it is given', async () => {
    const servers = await Promise.all([createServer({ port: 0 }), createServer({ port: 0 })]);
    for (const server of servers) closing.push(() => server.close());
    const source_addresses = process.platform === 'linux' ? ['127.0.8.1', '127.0.8.2'] : ['127.0.0.1'];
    const { result } = await execute(
      requestOf({ workers: 2 }, { target: at(...servers.map(({ port }) => port)), source_addresses }),
    );
    expect(wrong(result)).toEqual([]);
    expect(countOf(result, 'connections')).toBe(24);
    // Two sessions of six, and the one who looked in before.
    expect(servers.map((server) => server.counts().connections)).toEqual([13, 13]);
  });

  it('refuses a source address that is not this machine’s before anything is started', async () => {
    await expect(execute(requestOf({}, { source_addresses: ['203.0.113.77'] }))).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringContaining('203.0.113.77 is no address of this machine'),
    });
  });

  it.runIf(process.platform === 'linux')('refuses more users than a server of ours may open files for', async () => {
    const users = openFilesLimit()!;
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const request = requestOf({ users, sessions: 1 }, { target: at(server.port), server_pid: process.pid });
    await expect(execute(request)).rejects.toMatchObject({ exitCode: 104, hint: expect.stringContaining('ulimit -n') });
    expect(server.counts().connections).toBe(0);
  });

  it('stops when asked: what is on its way arrives, and it is said why it ended', async () => {
    const stop = new AbortController();
    const { result } = await watched(requestOf({ duration_ms: 60_000 }), () => stop.abort('stopped by SIGINT'), {
      stop: stop.signal,
    });
    expect(result.interrupted).toBe('stopped by SIGINT');
    expect(countOf(result, 'deliveries')).toBe(countOf(result, 'deliveries_expected'));
    expect(result.verdicts.map(({ judge }) => judge)).toContain('disconnects');
    expect(wrong(result).filter(({ judge }) => judge === 'disconnects')).toEqual([]);
  });

  it('is out at once when asked again: nothing is left behind, and the journal holds what was measured', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loadtest-killed-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const [stop, kill] = [new AbortController(), new AbortController()];
    let pids: number[] = [];
    const ended = watched(
      requestOf({ duration_ms: 60_000, workers: 2 }, { folder }),
      (facts, { stages }) => {
        pids = [...facts.pids.workers, facts.pids.server!];
        if (!stages.steady?.counters.deliveries) return;
        stop.abort('stopped by Ctrl+C');
        kill.abort();
      },
      { stop: stop.signal, kill: kill.signal },
    );
    await expect(ended).rejects.toMatchObject({ exitCode: 105, hint: `loadtest report ${folder} renders it.` });
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
    const { intervals, damage, end } = readJournal(join(folder, JOURNAL_NAME));
    expect({ damage, end }).toEqual({ damage: [], end: undefined });
    const deliveries = intervals.map(({ stages }) => stages.steady?.counters.deliveries ?? 0);
    expect(Math.max(...deliveries)).toBeGreaterThan(0);
  });

  it('stops once an --abort-on expression holds', async () => {
    const { result } = await execute(requestOf({ duration_ms: 60_000, abort_on: ['deliveries:count>50'] }));
    expect(result.interrupted).toContain('deliveries:count>50');
  });
});

describe.concurrent('a death half-way', () => {
  it('of the server fails the run, and says so', async () => {
    let killed = false;
    const { result, events } = await watched(requestOf({ duration_ms: 3000 }), (facts, { stages }) => {
      if (killed || !Object.values(stages).some(({ counters }) => counters.connections)) return;
      process.kill(facts.pids.server!, 'SIGKILL');
      killed = true;
    });
    expect(failing(result, 'disconnects')).toContain('disconnects');
    expect(result.outcome).toBe(failing(result).length > 0 ? 'fail' : 'inconclusive');
    expect(events.map(({ kind }) => kind)).toContain('server-died');
    expect(result.summary).toMatch(/server/);
  });

  it('of a worker makes its sessions unknown, and says so', async () => {
    let killed = false;
    const { result, events } = await watched(requestOf({ workers: 2, duration_ms: 3000 }), (facts) => {
      if (!killed) process.kill(facts.pids.workers[1]!, 'SIGKILL');
      killed = true;
    });
    expect(events.map(({ kind }) => kind)).toContain('worker-died');
    expect(result.outcome).toBe('inconclusive');
  });
});
