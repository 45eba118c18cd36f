import { reachOf } from '../engine/addresses.ts';
import type { Calibration } from '../engine/calibrate.ts';
import { bearingOf, bearingTable, overloadOf } from '../plan/bearing.ts';
import { estimateTable } from '../plan/estimate.ts';
import { shown, type Screen } from '../reporters/screen.ts';
import { integer } from '../reporters/words.ts';
import type { Decided } from './request.ts';
import { columns, wrap } from './wrap.ts';

/** Rows that follow from a rate of changes. */
const OF_A_RATE = new Set(['changes', 'deliveries', 'messages', 'processor']);

/**
 * What `--dry-run` prints: the plan, what it needs, and what this machine bears; the whole of it as JSON.
 * @param calibration absent where this machine could not be measured
 */
export function planText(decided: Decided, json: boolean, screen: Screen, calibration?: Calibration): string {
  const { request, needs, machine, server_files, plays } = decided;
  const { plan, run, target } = request;
  const isClosed = plan.model === 'closed';
  const bears = isClosed
    ? undefined
    : calibration && bearingOf(needs, machine, reachOf(target?.urls ?? []).here, calibration.echo_us);
  if (json) {
    return `${JSON.stringify({ run: run.id, plan, needs, machine, ...(bears && { calibration, bears }) }, null, 2)}\n`;
  }
  const head = `${plan.scenario}: ${integer(plan.sessions)} sessions × ${integer(plan.users)} users = ${integer(plan.users_total)} users, seed ${plan.seed}`;
  const all = estimateTable(needs, machine, server_files);
  // What a journey sends is not known before.
  const table = isClosed ? all.filter(([name]) => !OF_A_RATE.has(name)) : all;
  if (plays !== undefined) table.unshift(['plays', plays]);
  if (bears) table.push(...bearingTable(bears, needs, calibration!.floor_ms));
  const warning = bears && overloadOf(bears);
  const fits = `It fits. Nothing was started.${warning === undefined ? '' : ` ${warning}`}`;
  return shown(`${head}\n${columns(table)}\n${wrap(fits)}\n`, screen);
}
