import { limitClient, withServer, type LimitReport } from '../limit.ts';
import { nameOf, type Load } from '../load.ts';
import { ours, type OurReport } from '../ours.ts';
import { artillery, artilleryProgram } from '../peers/artillery.ts';
import { k6, k6Program, type K6Report } from '../peers/run-k6.ts';
import { addedRow, latencyRows, median, ratioRow, type Bench } from '../rows.ts';

/** The load of all other figures, and half of it: k6 can just do that on one core. */
const FULL: Load = { users: 50, sessions: 1, rate: 20 };
const HALF: Load = { users: 50, sessions: 1, rate: 10 };
const MIB = 1024 * 1024;

/** Other load generators under the same load, on the same server and core. */
export async function peers(bench: Bench): Promise<void> {
  const program = k6Program();
  if (program === undefined) bench.absent('beside k6', 'not installed here: no k6 on the path, none built in k6/');
  else {
    await besideK6(bench, program, FULL, '49,000 deliveries/s', { cpu: { most: 0.2 }, p99: { most: 0.1 } });
    await besideK6(bench, program, HALF, '24,500 deliveries/s', { cpu: {}, p99: {} });
  }
  const other = artilleryProgram();
  if (other === undefined) bench.absent('beside Artillery', 'not installed here: no artillery on the path');
  else await besideArtillery(bench, other);
}

type Target = { most?: number };

async function besideK6(
  { rounds, seconds, add, absent, trust, say }: Bench,
  program: string,
  load: Load,
  where: string,
  targets: { cpu: Target; p99: Target },
): Promise<void> {
  const seen: [us: OurReport, k6: K6Report, c: LimitReport][] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`k6, ${nameOf(load)}: round ${round}`);
    const c = await withServer('limit', (port) => limitClient(port, load, seconds));
    const us = await withServer('limit', (port) => ours(port, load, { seconds }));
    trust(c);
    trust(us);
    seen.push([us, await withServer('limit', (port) => k6(program, port, load, seconds)), c]);
  }
  const pairs = seen.map(([us, they]) => [us, they] as const);
  const of = (figure: (report: OurReport | K6Report) => number) =>
    pairs.map(([us, they]) => [figure(us), figure(they)] as const);
  add(
    ratioRow(
      `CPU a delivery, ${where}`,
      'µs',
      'k6',
      of(({ cpu }) => cpu),
      targets.cpu,
    ),
  );
  for (const row of latencyRows(where, 'k6', pairs)) add(row);
  // What each adds to what the C client sees; ours may be below that by chance.
  const added = seen.map(([us, they, c]) => [Math.max(us.p99 - c.p99, 0), they.p99 - c.p99] as const);
  add(ratioRow(`p99 added to the C client’s, ${where}`, 'ms', 'k6', added, targets.p99));
  add(
    addedRow(
      `send lateness p99, ${where}`,
      'ms',
      'k6',
      of(({ lag_p99 }) => lag_p99),
    ),
  );
  add(
    ratioRow(
      `memory of all processes, ${where}`,
      'MiB',
      'k6',
      of(({ rss }) => rss / MIB),
    ),
  );
  const heard = median(seen.map(([, they]) => they.heard));
  if (heard < 0.999) absent(`k6 had ${(heard * 100).toFixed(1)} % of the deliveries, ${where}`, 'it fell behind');
}

async function besideArtillery({ rounds, seconds, add, say }: Bench, program: string): Promise<void> {
  const pairs: [number, number][] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`Artillery, ${nameOf(HALF)}: round ${round}`);
    const us = await withServer('limit', (port) => ours(port, HALF, { seconds }));
    pairs.push([us.cpu, await withServer('limit', (port) => artillery(program, port, HALF, seconds))]);
  }
  add(ratioRow('CPU a delivery, 24,500 deliveries/s', 'µs', 'Artillery, which reads none', pairs));
}
