import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import type { Interval, RunEvent } from '../core/record.ts';
import type { Metric, Result } from '../result/result.ts';
import { planOf } from '../load/testing/simulate.ts';
import type { Plan, Target } from '../plan/plan.ts';
import { execute } from './execute.ts';
import { openFilesLimit } from './environment.ts';
import { builtUrl } from './programs.ts';
import type { ExecuteHooks, RunRequest, StartedFacts } from './request.ts';

/** Real processes and sockets: what only they can show. Everything else is tested in virtual time. */

const requestOf = (plan: Partial<Plan> = {}, more: Partial<RunRequest> = {}): RunRequest => ({
  plan: planOf({
    scenario: 'steady',
    target: 'bundled',
    users: 6,
    sessions: 4,
    rate: 5,
    ramp_up_ms: 300,
    settle_ms: 200,
    duration_ms: 1500,
    deadline_ms: 4000,
    // A loose objective: these machines are slow at times, and that is not what is tested.
    thresholds: ['broadcast_latency:p(99)<60000'],
    ...plan,
  }),
  run: { id: 'e2e000', started_at: new Date(0).toISOString() },
  scenario_url: builtUrl('scenarios/steady.js').href,
  ...more,
});

const countOf = (result: Result, name: string): number => {
  const metric = result.metrics[name] as Extract<Metric, { kind: 'counter' }>;
  return metric.count;
};
const standings = (result: Result): Record<string, string> =>
  Object.fromEntries(result.verdicts.map(({ judge, standing }) => [judge, standing]));

/** Verdicts that do not pass, but for what a machine busy with other tests explains. */
const wrong = ({ verdicts }: Result): unknown[] =>
  verdicts.filter((one) => one.standing !== 'pass' && one.judge !== 'generator' && one.explained_by !== 'generator');

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

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

const at = (port: number): Target => ({ urls: [`ws://127.0.0.1:${port}`], headers: {}, subprotocols: [] });
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe.concurrent('a run over real sockets', () => {
  it('passes against the bundled server, and leaves no process behind', async () => {
    let pids: number[] = [];
    const { result } = await watched(requestOf({ workers: 2 }), (facts) => {
      pids = [...facts.pids.workers, facts.pids.server!];
    });
    expect(wrong(result)).toEqual([]);
    expect(countOf(result, 'connections')).toBe(24);
    expect(countOf(result, 'deliveries')).toBe(countOf(result, 'deliveries_expected'));
    expect(countOf(result, 'deliveries')).toBeGreaterThan(300);
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('has the same changes due whatever the number of workers', async () => {
    const [one, three] = await Promise.all([execute(requestOf({ workers: 1 })), execute(requestOf({ workers: 3 }))]);
    expect(countOf(one.result, 'commands_scheduled')).toBeGreaterThan(100);
    expect(countOf(three.result, 'commands_scheduled')).toBe(countOf(one.result, 'commands_scheduled'));
  });

  it('shows the event loop of the bundled server, and what a server of one’s own has on its page of metrics', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const server_metrics = `http://127.0.0.1:${server.port}/metrics`;
    const [bundled, own] = await Promise.all([
      execute(requestOf({})),
      execute(requestOf({}, { target: at(server.port), server_metrics })),
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

  it('finds the same by both doors, to the last delivery', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const target = at(server.port);
    const runs = await Promise.all(
      (['net', 'ws'] as const).map((transport) =>
        execute(
          requestOf(
            { transport, ramp_up_ms: 0, settle_ms: 1000 },
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
    const urls = servers.map(({ port }) => `ws://127.0.0.1:${port}`);
    const source_addresses = process.platform === 'linux' ? ['127.0.8.1', '127.0.8.2'] : ['127.0.0.1'];
    const { result } = await execute(
      requestOf({ workers: 2 }, { target: { urls, headers: {}, subprotocols: [] }, source_addresses }),
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
    expect(standings(result)).toMatchObject({ disconnects: 'pass' });
  });

  it('stops once an --abort-on expression holds', async () => {
    const { result } = await execute(requestOf({ duration_ms: 60_000, abort_on: ['deliveries:count>50'] }));
    expect(result.interrupted).toContain('deliveries:count>50');
  });
});

describe.concurrent('a death half-way', () => {
  it('of the server fails the run, and says so', async () => {
    let killed = false;
    const { result, events } = await watched(requestOf({ duration_ms: 3000 }), (facts) => {
      if (!killed) process.kill(facts.pids.server!, 'SIGKILL');
      killed = true;
    });
    expect(result.outcome).toBe('fail');
    expect(standings(result)).toMatchObject({ disconnects: 'fail' });
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

describe.each(['net', 'ws'] as const)('a target that lets nobody in, by the %s door', (transport) => {
  const refused = (target: Target): Promise<unknown> => execute(requestOf({ deadline_ms: 500, transport }, { target }));

  it('because nothing listens', async () => {
    const server = createTcpServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(/nothing listens there.*ECONNREFUSED/),
    });
  });

  it.each([401, 404, 503])('because it answers %i', async (status) => {
    const server = createHttpServer((_request, response) => response.writeHead(status).end());
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    const port = await listening(server);
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringContaining(`HTTP ${status}`),
    });
  });

  it('because it never answers', async () => {
    const sockets: { destroy(): void }[] = [];
    const port = await listening(createTcpServer((socket) => sockets.push(socket)));
    await expect(refused(at(port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringContaining('never answered'),
    });
    for (const socket of sockets) socket.destroy();
  });

  it('because it closes before connection:ack, with the code and what it means', async () => {
    const server = await createServer({ port: 0, faults: ['refuse=1008'] });
    closing.push(() => server.close());
    await expect(refused(at(server.port))).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(/before connection:ack, code 1008 \(policy/),
    });
  });

  it('because one of several servers does, and says which', async () => {
    const server = await createServer({ port: 0 });
    closing.push(() => server.close());
    const gone = createTcpServer();
    const port = await listening(gone);
    gone.close();
    await once(gone, 'close');
    const urls = [server.port, port].map((one) => `ws://127.0.0.1:${one}`);
    await expect(refused({ urls, headers: {}, subprotocols: [] })).rejects.toMatchObject({
      exitCode: 111,
      message: expect.stringMatching(new RegExp(`^Nobody could join ws://127.0.0.1:${port}: nothing listens`)),
    });
  });

  it('because the started command ends', async () => {
    const start = `"${process.execPath}" -e "console.error('no such module'); process.exit(3)" {port}`;
    await expect(execute(requestOf({}, { start }))).rejects.toMatchObject({
      message: expect.stringMatching(/ended \(exit 3\): no such module/),
    });
  });
});

describe.concurrent('planted faults over real sockets', () => {
  it.each([
    ['drop=0.02@1s', 'drop', 'delivery', 'lost'],
    ['leak=0.02@1s', 'leak', 'isolation', 'misrouted'],
    ['corrupt=0.02@1s', 'corrupt', 'delivery', 'corrupted'],
    ['duplicate=0.02@1s', 'duplicate', 'delivery', 'duplicated'],
    ['echo=0.05@1s', 'echo', 'delivery', 'echoed'],
  ] as const)('%s, committed %s, fails %s with the server’s own count', async (fault, name, judge, counter) => {
    const server = await createServer({ port: 0, faults: [fault] });
    closing.push(() => server.close());
    const { result } = await execute(requestOf({}, { target: at(server.port) }));
    expect(result.outcome).toBe('fail');
    expect(standings(result)[judge]).toBe('fail');
    const own = server.counts().faults[name]!;
    expect(own).toBeGreaterThan(2);
    expect(countOf(result, counter)).toBeLessThanOrEqual(own);
    // Exact in virtual time; here some may fall on copies to users who are just joining, of which nothing is claimed.
    expect(countOf(result, counter === 'lost' ? 'lost_upper' : counter)).toBeGreaterThanOrEqual(own * 0.8);
  });

  it('mute-heartbeat fails heartbeat alone', async () => {
    const { result } = await execute(requestOf({ heartbeat_ms: 700, faults: ['mute-heartbeat'] }));
    expect(Object.entries(standings(result)).filter(([, standing]) => standing === 'fail')).toEqual([
      ['heartbeat', 'fail'],
    ]);
  });

  it('close fails disconnects alone, and everybody comes back', async () => {
    const { result } = await execute(requestOf({ duration_ms: 2500, faults: ['close=1011@1s'] }));
    const failed = Object.entries(standings(result)).filter(([, standing]) => standing === 'fail');
    expect(failed).toEqual([['disconnects', 'fail']]);
    expect(countOf(result, 'reconnects')).toBeGreaterThan(0);
  });
});
