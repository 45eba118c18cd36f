import { limitClient, withServer, type LimitReport } from '../limit.ts';
import { nameOf, type Load } from '../load.ts';
import { ours, type OurReport } from '../ours.ts';
import { addedRow, latencyRows, ownRow, ratioRow, type Bench } from '../rows.ts';

const LOADS: { load: Load; server: 'limit' | 'gathered'; frames: string; most: number }[] = [
  { load: { users: 50, sessions: 5, rate: 4 }, server: 'limit', frames: '1 frame a read', most: 1.5 },
  { load: { users: 50, sessions: 5, rate: 16, burst: 4 }, server: 'gathered', frames: '~4 frames a read', most: 1.8 },
];

/** What a timed and checked delivery takes, through both doors, beside the C client. */
export async function cpu({ rounds, seconds, add, trust, say }: Bench): Promise<void> {
  for (const { load, server, frames, most } of LOADS) {
    const seen: Record<'net' | 'ws', [OurReport, LimitReport][]> = { net: [], ws: [] };
    for (let round = 1; round <= rounds; round++) {
      say(`${nameOf(load)}, ${frames}: round ${round}`);
      const c = await withServer(server, (port) => limitClient(port, load, seconds));
      trust(c);
      for (const transport of ['net', 'ws'] as const) {
        const us = await withServer(server, (port) => ours(port, load, { seconds, transport }));
        trust(us);
        seen[transport].push([us, c]);
      }
    }
    for (const transport of ['net', 'ws'] as const) {
      const pairs = seen[transport];
      const where = `${transport}, ${frames}`;
      const target = transport === 'net' ? { most } : {};
      add(
        ratioRow(
          `CPU a checked delivery, ${where}`,
          'µs',
          'C client',
          pairs.map(([us, c]) => [us.cpu, c.cpu]),
          target,
        ),
      );
      for (const row of latencyRows(where, 'C client', pairs)) add(row);
      add(
        addedRow(
          `send lateness p99, ${where}`,
          'ms',
          'C client',
          pairs.map(([us, c]) => [us.lag_p99, c.lag_p99]),
        ),
      );
    }
    add(
      ownRow(
        `frames a read, as the C client counts them, ${frames}`,
        '',
        seen.net.map(([, c]) => c.frames_per_read),
      ),
    );
  }
}
