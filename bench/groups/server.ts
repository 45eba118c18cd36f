import { saturate, withServer } from '../limit.ts';
import { ownRow, ratioRow, type Bench } from '../rows.ts';

const SERVERS = ['ours', 'batch', 'limit'] as const;

/** Our server beside the C server: deliveries a second with one core, where clients send as fast as it answers. */
export async function server({ rounds, seconds, add, trust, say }: Bench): Promise<void> {
  const seen: Record<(typeof SERVERS)[number], number[]> = { ours: [], batch: [], limit: [] };
  for (let round = 1; round <= rounds; round++) {
    say(`the server, saturated: round ${round}`);
    for (const name of SERVERS) {
      const found = await withServer(name, (port) => saturate(port, 50, 5, seconds));
      trust(found);
      seen[name].push(found.deliveries_per_s);
    }
  }
  const beside = (name: 'batch' | 'limit') => seen.ours.map((value, i) => [value, seen[name][i]!] as const);
  const of = 'server: deliveries a second, saturated';
  add(ratioRow(of, '', 'limit-server --batch', beside('batch'), { least: 0.7 }));
  add(ratioRow(of, '', 'limit-server', beside('limit')));
  add(ownRow(of, '', seen.ours, { least: 450_000 }));
}
