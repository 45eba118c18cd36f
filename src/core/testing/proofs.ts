import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

const FILE = new URL('../../../docs/proofs.md', import.meta.url);
const HEAD = `# Proofs

What \`npm run prove\` found when it last ran: what takes too long for \`npm test\`. Each part is written by its proof.
`;

/** Writes what a proof found into its own part of docs/proofs.md, with machine and date. */
export function writeProof(title: string, about: string, rows: readonly Record<string, string | number>[]): void {
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD;
  const columns = Object.keys(rows[0]!);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(Object.values(row)))];
  const when = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  const part = `## ${title}\n\n${about}\n\n${table.join('\n')}\n\n${when}\n`;
  const parts = text.split(/^(?=## )/m);
  const at = parts.findIndex((other) => other.startsWith(`## ${title}\n`));
  if (at < 0) parts.push(part);
  else parts[at] = part;
  writeFileSync(FILE, `${parts.map((one) => one.trimEnd()).join('\n\n')}\n`);
}
