import { createServer } from '../../server/server.ts';
import { count, gauge, run, trend, windowOf } from '../ours.ts';
import { median, ownRow, type Bench } from '../rows.ts';

const MIB = 1024 * 1024;

/** What a first user meets: the bundled server, and nothing pinned. */
export async function ordinary({ rounds, seconds, add, say }: Bench): Promise<void> {
  say('start to first message');
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await firstMessage());
  add(ownRow('start to first message', 'ms', times, { most: 2000 }));

  say('50 users in each of 5 sessions');
  const [result, usage] = await run(['--users', 50, '--sessions', 5, '--duration', `${seconds * 3}s`, '--seed', 1]);
  const [from, to] = windowOf(result);
  const of = '5 × 50 users, bundled server';
  if (process.platform === 'linux') {
    add(ownRow(`${of}: generator and server`, 'cores', [usage.cpu(from, to) / (to - from)]));
  }
  add(ownRow(`${of}: generator`, 'cores', [gauge(result.metrics, 'generator_cpu').mean], { most: 0.5 }));
  add(ownRow(`${of}: lost`, '', [count(result, 'lost')], { most: 0 }));
  add(ownRow(`${of}: broadcast latency p99`, 'ms', [trend(result, 'broadcast_latency').p99 ?? Infinity]));

  say('1,000 users in 20 sessions');
  const shape = ['--users', 50, '--sessions', 20, '--ramp-up', '2s', '--rate', 0.2, '--duration', `${seconds}s`];
  const [thousand] = await run([...shape, '--seed', 1]);
  add(ownRow('20 × 50 users: held', 'users', [gauge(thousand.metrics, 'users_connected').min], { least: 1000 }));
  add(ownRow('20 × 50 users: join time p95', 'ms', [trend(thousand, 'join_time').p95 ?? Infinity]));

  say('memory of the generator over time');
  add(
    ownRow('memory of the generator, end of a run against a quarter', '×', [await memoryGrowth(seconds * 15)], {
      most: 1.1,
    }),
  );
}

/** From starting the command until the server has its first message, ms. */
async function firstMessage(): Promise<number> {
  const server = await createServer({ port: 0 });
  let took: number | undefined;
  const began = performance.now();
  const looking = setInterval(() => {
    if (server.counts().messages_received > 0) took ??= performance.now() - began;
  }, 2);
  await run(['--url', server.url, '--duration', '1s', '--ramp-up', '0s', '--settle', '0s']);
  clearInterval(looking);
  await server.close();
  return took ?? Infinity;
}

/** How much more memory the workers hold at the end of a run than after a quarter of it. */
async function memoryGrowth(seconds: number): Promise<number> {
  const shape = ['--users', 50, '--sessions', 5, '--duration', `${seconds}s`, '--ramp-up', '1s', '--settle', '0s'];
  const [result] = await run([...shape, '--seed', 1]);
  const around = (second: number): number => {
    const near = result.timeline.filter(({ from_ms }) => Math.abs(from_ms / 1000 - second) <= 4);
    return median(near.map(({ metrics }) => gauge(metrics, 'generator_rss').mean)) / MIB;
  };
  return around(seconds - 3) / around(seconds / 4);
}
