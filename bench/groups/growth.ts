import { limitClient, withServer, type LimitReport } from '../limit.ts';
import { fortyNine, type Load } from '../load.ts';
import { ours, type OurReport } from '../ours.ts';
import { latencyRows, ownRow, ratioRow, type Bench } from '../rows.ts';

const TOTALS = [50, 500, 5000, 15_000];
const KB = 1024;
type Pair = [OurReport, LimitReport];

/** The same 49,000 deliveries a second by more and more users: what a user costs, and what many cost a delivery. */
export async function growth({ rounds, seconds, add, trust, say }: Bench): Promise<void> {
  for (const burst of [undefined, 4] as const) {
    const frames = burst ? '~4 frames a read' : '1 frame a read';
    const seen = new Map<number, Pair[]>(TOTALS.map((total) => [total, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const total of TOTALS) {
        say(`${total} users, ${frames}: round ${round}`);
        const load: Load = { ...fortyNine(total), ...(burst && { burst }) };
        const server = burst ? 'gathered' : 'limit';
        const c = await withServer(server, (port) => limitClient(port, load, seconds));
        const us = await withServer(server, (port) => ours(port, load, { seconds }));
        trust(c);
        trust(us);
        seen.get(total)!.push([us, c]);
      }
    }
    const few = seen.get(TOTALS[0]!)!;
    for (const total of TOTALS) {
      const pairs = seen.get(total)!;
      const where = `${total.toLocaleString('en')} users, ${frames}`;
      add(
        ratioRow(
          `CPU a checked delivery, ${where}`,
          'µs',
          'C client',
          pairs.map(([us, c]) => [us.cpu, c.cpu]),
        ),
      );
      const most = total === 5000 && !burst ? 0.5 : undefined;
      for (const row of latencyRows(where, 'C client', pairs, most)) add(row);
    }
    const many = seen.get(15_000)!;
    const where = `15,000 users, ${frames}`;
    add(
      ratioRow(
        `CPU a delivery, ${where}`,
        'µs',
        'ours at 50 users',
        many.map(([us], i) => [us.cpu, few[i]![0].cpu]),
        {
          most: 1.3,
        },
      ),
    );
    add(
      ratioRow(
        `the C client’s own CPU a delivery, ${where}`,
        'µs',
        'itself at 50 users',
        many.map(([, c], i) => [c.cpu, few[i]![1].cpu]),
      ),
    );
    // Over the base: what a worker with fifty users takes.
    const aUser = many.map(([us], i) => (us.workers_rss - few[i]![0].workers_rss) / (15_000 - 50) / KB);
    add(ownRow(`memory a user, ${where}`, 'KB', aUser, { most: 5 }));
  }
}
