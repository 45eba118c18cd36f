import { readFileSync } from 'node:fs';
import Table from 'cli-table3';
import type { Row } from './rows.ts';

/** What a whole run found: `results/latest.json`. */
export interface Results {
  machine: string;
  date: string;
  rounds: number;
  /** Of each measurement, without warming up. */
  seconds: number;
  /** Share of the time in which the C client could have run but had no core: above 0.02 others were using it. */
  waited: number;
  /** Deliveries that were lost, doubled or wrong in any of the runs, users cut off included. */
  wrong: number;
  /** Runs in which our generator said that it was the limit itself. */
  confessed: number;
  runs: number;
  rows: Row[];
}

const HEAD = ['figure', 'here', 'beside', 'ratio, difference', 'target', 'holds'];

/** Three digits; JSON knows no Infinity, which is what a percentile beyond what arrived is. */
function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '∞';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function cells({ figure: name, unit, ours, because, beside, yardstick, compared, target, holds }: Row): string[] {
  const here = because ?? `${figure(ours!)} ${unit}`.trim();
  return [
    name,
    here,
    beside === undefined ? '' : `${beside}: ${figure(yardstick!)}`,
    compared ?? '',
    target ?? '',
    holds === undefined ? '' : holds ? 'yes' : '**no**',
  ];
}

export function terminalTable(rows: readonly Row[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(cells(row).map((text) => text.replaceAll('**', '')));
  return table.toString();
}

/** Under what circumstances, and whether the figures can be trusted. */
export const circumstances = ({ machine, date, rounds, seconds, waited, wrong, confessed, runs }: Results): string =>
  [
    `${machine}, ${date}. Medians of ${rounds} rounds of ${seconds} s each.`,
    `In ${runs} runs ${wrong === 0 ? 'nothing was' : `${wrong} deliveries were`} lost, doubled or wrong;`,
    `in ${confessed} of them our generator said that it was the limit itself.`,
    `The C client waited ${(waited * 100).toFixed(1)} % of its time for a core${waited > 0.02 ? ': others were using the machine, so run again' : ''}.`,
  ].join(' ');

export function markdownTable(results: Results): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rows = [HEAD, HEAD.map(() => '---'), ...results.rows.map(cells)];
  return `${circumstances(results)}\n\n${rows.map(line).join('\n')}`;
}

/** The last whole run; nothing before there was one. */
export function latest(): Results | undefined {
  try {
    return JSON.parse(readFileSync(new URL('results/latest.json', import.meta.url), 'utf8')) as Results;
  } catch {
    return undefined;
  }
}
