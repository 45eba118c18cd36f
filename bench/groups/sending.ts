import { limitClient, withServer, type LimitReport } from '../limit.ts';
import type { Load } from '../load.ts';
import { ours, type OurReport } from '../ours.ts';
import { addedRow, ownRow, ratioRow, type Bench } from '../rows.ts';

/** Pairs of users: as many sends as deliveries. */
const TEN_THOUSAND: Load = { users: 2, sessions: 250, rate: 20 };
const JOINING: Load = { users: 50, sessions: 100, rate: 0.01 };
const DOORS = ['net', 'ws'] as const;

async function measure(
  { rounds, trust, say }: Bench,
  load: Load,
  what: { seconds: number; storm: boolean; about: string },
): Promise<Record<(typeof DOORS)[number], [OurReport, LimitReport][]>> {
  const seen: Record<(typeof DOORS)[number], [OurReport, LimitReport][]> = { net: [], ws: [] };
  for (let round = 1; round <= rounds; round++) {
    say(`${what.about}: round ${round}`);
    const c = await withServer('limit', (port) => limitClient(port, load, what.seconds));
    trust(c);
    for (const transport of DOORS) {
      const us = await withServer('limit', (port) => ours(port, load, { ...what, transport }));
      trust(us);
      seen[transport].push([us, c]);
    }
  }
  return seen;
}

/** How late 10,000 sends a second are. */
export async function lateness(bench: Bench): Promise<void> {
  const about = '10,000 sends a second';
  const seen = await measure(bench, TEN_THOUSAND, { seconds: bench.seconds, storm: false, about });
  for (const door of DOORS) {
    const of = `send lateness p99 at ${about}, ${door}`;
    bench.add(
      addedRow(
        of,
        'ms',
        'C client',
        seen[door].map(([us, c]) => [us.lag_p99, c.lag_p99]),
      ),
    );
    if (door === 'net')
      bench.add(
        ownRow(
          of,
          'ms',
          seen[door].map(([us]) => us.lag_p99),
          { most: 2 },
        ),
      );
  }
}

/** How fast 5,000 users join, all at once. */
export async function connects(bench: Bench): Promise<void> {
  const about = 'connects a second, 5,000 users at once';
  const seen = await measure(bench, JOINING, { seconds: 1, storm: true, about });
  for (const door of DOORS) {
    const of = `${about}, ${door}`;
    bench.add(
      ratioRow(
        of,
        '',
        'C client',
        seen[door].map(([us, c]) => [us.connects, c.connects]),
      ),
    );
    if (door === 'net')
      bench.add(
        ownRow(
          of,
          '',
          seen[door].map(([us]) => us.connects),
          { least: 8000 },
        ),
      );
  }
}
