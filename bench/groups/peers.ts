import { limitClient, withServer, type LimitReport } from '../limit.ts';
import { nameOf, type Load } from '../load.ts';
import { ours, type OurReport } from '../ours.ts';
import { addedRow, latencyRows, median, ratioRow, type Bench } from '../rows.ts';
import { artillery, artilleryProgram } from '../peers/artillery.ts';
import { k6, k6Program, type K6Report } from '../peers/run-k6.ts';

/** 24,500 deliveries a second: at twice that k6 falls behind on one core. */
const LOAD: Load = { users: 50, sessions: 1, rate: 10 };
const MIB = 1024 * 1024;

/** Other load generators under the same load, on the same server and core. */
export async function peers({ rounds, seconds, add, absent, trust, say }: Bench): Promise<void> {
  const [k6Path, artilleryPath] = [k6Program(), artilleryProgram()];
  if (k6Path === undefined) absent('beside k6', 'not installed here: no k6 on the path, and none built in k6/');
  if (artilleryPath === undefined) absent('beside Artillery', 'not installed here: no artillery on the path');
  if (k6Path === undefined && artilleryPath === undefined) return;
  const c: LimitReport[] = [];
  const us: OurReport[] = [];
  const byK6: K6Report[] = [];
  const byArtillery: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`peers, ${nameOf(LOAD)}: round ${round}`);
    c.push(await withServer('limit', (port) => limitClient(port, LOAD, seconds)));
    us.push(await withServer('limit', (port) => ours(port, LOAD, { seconds })));
    trust(c.at(-1)!);
    trust(us.at(-1)!);
    if (k6Path) byK6.push(await withServer('limit', (port) => k6(k6Path, port, LOAD, seconds)));
    if (artilleryPath) {
      byArtillery.push(await withServer('limit', (port) => artillery(artilleryPath, port, LOAD, seconds)));
    }
  }
  const where = `24,500 deliveries/s, 50 users`;
  if (k6Path) {
    const pairs = us.map((one, i) => [one, byK6[i]!] as const);
    add(
      ratioRow(
        `CPU a delivery, ${where}`,
        'µs',
        'k6',
        pairs.map(([a, b]) => [a.cpu, b.cpu]),
        { most: 0.2 },
      ),
    );
    for (const row of latencyRows(where, 'k6', pairs)) add(row);
    // What each adds to what the C client sees; ours may be below that by chance.
    const added = pairs.map(([a, b], i) => [Math.max(a.p99 - c[i]!.p99, 0), b.p99 - c[i]!.p99] as const);
    add(ratioRow(`p99 added to the C client’s, ${where}`, 'ms', 'k6', added, { most: 0.1 }));
    add(
      addedRow(
        `send lateness p99, ${where}`,
        'ms',
        'k6',
        pairs.map(([a, b]) => [a.lag_p99, b.lag_p99]),
      ),
    );
    add(
      ratioRow(
        `memory of all processes, ${where}`,
        'MiB',
        'k6',
        pairs.map(([a, b]) => [a.rss / MIB, b.rss / MIB]),
      ),
    );
    const heard = median(byK6.map(({ heard: share }) => share));
    if (heard < 0.999) absent(`k6 heard in time, ${where}`, `${(heard * 100).toFixed(1)} % of the deliveries`);
  }
  if (artilleryPath) {
    const cpus = us.map(({ cpu }, i) => [cpu, byArtillery[i]!] as const);
    add(ratioRow(`CPU a delivery, ${where}`, 'µs', 'Artillery, which reads none', cpus));
  }
}
