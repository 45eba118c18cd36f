import { fileURLToPath } from 'node:url';
import { withServer } from '../limit.ts';
import { count, run, windowOf } from '../ours.ts';
import { CLIENT_CORE } from '../processes.ts';
import { ownRow, type Bench } from '../rows.ts';

const PLAIN = fileURLToPath(new URL('../plain.ts', import.meta.url));

/**
 * What the first process takes while two workers fill the core that all three share. More than fills it would tell
 * nothing: the server cuts off whoever does not read.
 */
export async function coordinator({ rounds, seconds, add, say }: Bench): Promise<void> {
  const taken: number[] = [];
  const workers: number[] = [];
  const deliveries: number[] = [];
  // A tick of the system's clock is half a per cent of two seconds: it needs longer.
  const window = 3 * seconds;
  for (let round = 1; round <= rounds; round++) {
    say(`coordinator: round ${round}`);
    const shape = ['--users', 50, '--sessions', 6, '--rate', 32, '--workers', 2, '--seed', 1];
    const times = ['--ramp-up', '500ms', '--settle', '1500ms', '--duration', `${window}s`];
    await withServer('batch', async (port) => {
      const [result, usage] = await run([PLAIN, '--url', `ws://127.0.0.1:${port}`, ...shape, ...times], CLIENT_CORE);
      const [from, to] = windowOf(result);
      const own = usage.cpu(from, to, 'own');
      taken.push((100 * own) / (to - from));
      workers.push((usage.cpu(from, to) - own) / (to - from));
      deliveries.push(count(result, 'deliveries') / window);
    });
  }
  add(ownRow('coordinator while 2 workers saturate', '% of a core', taken, { most: 5 }));
  add(ownRow('  its workers', 'cores', workers));
  add(ownRow('  deliveries', 'a second', deliveries));
}
