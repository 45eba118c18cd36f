import type { Row } from './rows.ts';
import { latest, markdownTable } from './table.ts';

type Measured = Row & { ours: number };
const NONE = 'Nothing has been measured yet: `npm run bench`.';

/** The last whole run, for bench/README.md. */
export const benchTable = (): string => {
  const results = latest();
  return results === undefined ? NONE : markdownTable(results);
};

/** What matters most of it, for README.md. */
export function figures(): string {
  const results = latest();
  if (results === undefined) return NONE;
  const rowOf = (figure: string, beside?: string): Measured | undefined =>
    results.rows.find((row): row is Measured => row.figure === figure && row.beside === beside);
  const cpu = rowOf('CPU a checked delivery, net, 1 frame a read', 'C client');
  const k6 = rowOf('CPU a delivery, 49,000 deliveries/s', 'k6');
  const p99 = rowOf('broadcast latency p99, 5,000 users, 1 frame a read', 'C client');
  const user = rowOf('memory a user, 15,000 users, 1 frame a read');
  const server = rowOf('server: deliveries a second, saturated');
  const short = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');
  const sentences = [
    cpu &&
      `A delivery, timed and checked, takes ${short(cpu.ours)} µs of processor time: ${cpu.compared} that of a client in C that does as little as possible${k6 ? `, ${short(k6.yardstick! / k6.ours)} times less than k6’s` : ''}.`,
    p99 &&
      `With 5,000 users and 49,000 deliveries a second, p99 reads ${p99.ours.toFixed(1)} ms where the C client reads ${p99.yardstick!.toFixed(1)}.`,
    user && `A simulated user takes ${user.ours.toFixed(1)} KB of memory at 15,000 users.`,
    server && `The bundled server makes ${short(server.ours)} deliveries a second on one core.`,
  ];
  const said = sentences.filter((sentence) => sentence !== undefined).join(' ');
  return `${said} Measured on ${results.machine}, ${results.date}; [bench/](bench/README.md) has the whole table, and \`npm run bench\` makes yours.`;
}
