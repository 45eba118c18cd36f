import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkMetrics, readMetrics, ServerMetrics } from './server-metrics.ts';

const PAGE = `# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total{pid="1"} 12.5
process_cpu_seconds_total{pid="2"} 2.5e0 1700000000000
process_resident_memory_bytes 1.048576e+06
process_open_fds 42
nodejs_eventloop_lag_seconds 0.0125
nodejs_eventloop_lag_max_seconds NaN
`;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A page that says what `answer` returns, and who asked for it. */
async function serve(answer: () => string | number): Promise<{ url: string; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    const said = answer();
    if (typeof said === 'number') response.writeHead(said).end();
    else response.end(said);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, asked };
}

describe('a page of metrics', () => {
  it('tells processor time, memory and files of all processes together, and the event loop’s delay', () => {
    expect(readMetrics(PAGE)).toEqual({
      cpu_s: 15,
      gauges: { server_rss: 1_048_576, server_fds: 42, server_event_loop_delay: 12.5 },
    });
  });

  it('tells what it has, and nothing where it is something else', () => {
    expect(readMetrics('process_open_fds{a="b } c"} 7')).toEqual({ gauges: { server_fds: 7 } });
    expect(readMetrics('<html>process_open_fds</html>')).toEqual({ gauges: {} });
  });

  it('is read again each time somebody takes what it said, and gives the processor’s use from the second time on', async () => {
    let cpu = 10;
    const { url } = await serve(() => `process_cpu_seconds_total ${(cpu += 1000)}\nprocess_open_fds 3\n`);
    const metrics = new ServerMetrics(url, () => {});
    expect(metrics.take()).toEqual({});
    const next = () => vi.waitUntil(() => [metrics.take()].find((taken) => Object.keys(taken).length > 0));
    expect(await next()).toEqual({ server_fds: 3 });
    expect(await next()).toEqual({ server_fds: 3, server_cpu: expect.any(Number) });
  });

  it('that fails is told of once, and taken up again when it is back', async () => {
    let broken = true;
    const { url } = await serve(() => (broken ? 503 : 'process_open_fds 3'));
    const failed = vi.fn();
    const metrics = new ServerMetrics(url, failed);
    await vi.waitUntil(() => (metrics.take(), failed.mock.calls.length > 0));
    expect(failed).toHaveBeenCalledExactlyOnceWith('the page of --server-metrics cannot be read: HTTP 503');
    broken = false;
    await vi.waitUntil(() => metrics.take()['server_fds'] === 3);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  it('is looked at before the run, and refused where it is of no use', async () => {
    const { url, asked } = await serve(() => PAGE);
    await checkMetrics(url.replace('//', '//me:secret%21@'));
    expect(asked).toEqual([`Basic ${Buffer.from('me:secret!').toString('base64')}`]);
    const { url: other } = await serve(() => 'hello');
    await expect(checkMetrics(`${other}?key=1`)).rejects.toMatchObject({
      message: `--server-metrics ${other} says nothing of the process behind it.`,
      exitCode: 104,
    });
    const { url: absent } = await serve(() => 404);
    await expect(checkMetrics(absent)).rejects.toThrow('HTTP 404');
    await expect(checkMetrics('http://127.0.0.1:1/metrics')).rejects.toThrow(/ECONNREFUSED|bad port/);
  });
});
