import { estimateTable } from '../plan/estimate.ts';
import type { Decided } from './request.ts';
import { columns } from './wrap.ts';

/** What `--dry-run` prints: the plan and what it needs; the whole of both as JSON. */
export function planText({ request: { plan, run }, needs, machine }: Decided, json: boolean): string {
  if (json) return `${JSON.stringify({ run: run.id, plan, needs, machine }, null, 2)}\n`;
  const head = `${plan.scenario}: ${plan.sessions} sessions × ${plan.users} users = ${plan.users_total} users, seed ${plan.seed}`;
  return `${head}\n${columns(estimateTable(needs, machine))}\nIt fits. Nothing was started.\n`;
}
