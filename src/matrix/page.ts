import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { CounterName } from '../core/metrics.ts';
import type { Result } from '../result/result.ts';
import { rowsOf, type Row } from './table.ts';

/** What one minute at a rare rate came to, for a fault. */
export interface Proven {
  fault: string;
  /** Deliveries that had to arrive. */
  deliveries: number;
  /** By the server's own count. */
  committed: number;
  least: number;
  most: number;
}

const PROVEN = new URL('./proven.json', import.meta.url);

const provenRows = (): Record<string, Proven> =>
  existsSync(PROVEN) ? (JSON.parse(readFileSync(PROVEN, 'utf8')) as Record<string, Proven>) : {};

/** Keeps what was proven of faults for the page. */
export function writeProven(rows: Record<string, Proven>): void {
  writeFileSync(PROVEN, `${JSON.stringify({ ...provenRows(), ...rows }, undefined, 2)}\n`);
}

const code = (text: string): string => `\`${text}\``;
const codes = (names: readonly string[]): string => names.map(code).join(', ');

/** How a row's count is held against the server's own. */
function countOf({ counter, upper, each, why, rises, unclaimed, threshold }: Row): string {
  const said: string[] = [];
  if (counter && upper) said.push(`between ${code(counter)} and ${code(upper)}`);
  else if (counter && each) said.push(`${code(counter)}, ${each[0]} to ${each[1]} times: ${why}`);
  else if (counter) said.push(`${code(counter)}, exactly`);
  if (threshold) said.push(`breaks ${code(threshold)}`);
  if (rises) said.push(`${code(rises)} rises`);
  if (unclaimed) said.push(`not yet claimed by ${codes(unclaimed)}`);
  return said.join('; ');
}

/** The matrix, for the docs. */
export function matrixTable(): string {
  const proven = provenRows();
  const lines = rowsOf().map(([name, row]) => {
    const { fault, least, most, committed } = proven[name] ?? {};
    const found = least === most ? `${least}` : `${least} to ${most}`;
    const rare = fault === undefined ? '' : `${code(fault)}: ${committed} committed, ${found} found`;
    const must = row.must.length > 0 ? codes(row.must) : 'nobody';
    const without = row.unversioned ? ', of a server without versions' : '';
    const asked = `${code(row.fault)}${without}${row.churns ? ', users coming and going' : ''}`;
    return `| ${asked} | ${must} | ${codes(row.may)} | ${countOf(row)} | ${rare} |`;
  });
  const head = ['fault', 'must fail', 'may fail as well', 'held against the server’s own count', 'in a minute, rarely'];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines].join('\n');
}

/** What came of it: how often the fault was committed, what was counted, and who failed. */
export interface Found {
  committed: number;
  grown: number;
  result: Result;
}

const counted = ({ metrics }: Result, name: CounterName): number => {
  const metric = metrics[name];
  return metric?.kind === 'counter' ? metric.count : 0;
};

function figureOf(row: Row, { result, grown }: Found): string {
  if (row.rises) return `${row.rises} +${grown.toLocaleString('en')}`;
  if (!row.counter) return '';
  const least = counted(result, row.counter);
  const most = row.upper ? counted(result, row.upper) : least;
  return most > least ? `${row.counter} ${least} to ${most}` : `${row.counter} ${least}`;
}

/** The matrix as the tests found it, line by line. */
export function foundOf(trials: ReadonlyMap<string, Found>): string {
  const rows = new Map(rowsOf());
  const lines = [...trials].map(([name, found]) => {
    const row = rows.get(name);
    const failed = found.result.verdicts.flatMap(({ judge, standing }) =>
      judge === 'generator' || standing === 'pass' ? [] : standing === 'fail' ? judge : `${judge} (unknown)`,
    );
    return [
      row?.fault ?? name,
      row ? String(found.committed) : '',
      row ? figureOf(row, found) : '',
      [...new Set(failed)].join(', '),
    ];
  });
  const table = [['fault', 'committed', 'counted', 'failed'], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  return table
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
