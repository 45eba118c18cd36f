import { estimateTable } from '../plan/estimate.ts';
import type { Decided } from './request.ts';
import { columns } from './wrap.ts';

/** What `--dry-run` prints: the plan and what it needs; the whole of both as JSON. */
export function planText(decided: Decided, json: boolean): string {
  const { request, needs, machine, server_files } = decided;
  const { plan, run } = request;
  if (json) return `${JSON.stringify({ run: run.id, plan, needs, machine }, null, 2)}\n`;
  const head = `${plan.scenario}: ${plan.sessions} sessions × ${plan.users} users = ${plan.users_total} users, seed ${plan.seed}`;
  return `${head}\n${columns(estimateTable(needs, machine, server_files))}\nIt fits. Nothing was started.\n`;
}
