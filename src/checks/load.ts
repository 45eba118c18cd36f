import { ToolError, EXIT } from '../core/errors.ts';
import { execute } from '../engine/execute.ts';
import { loadScenario } from '../engine/loader.ts';
import { printable } from '../engine/addresses.ts';
import { builtUrl } from '../engine/programs.ts';
import type { Plan } from '../plan/plan.ts';
import type { Verdict } from '../result/result.ts';
import { failed, passed, type CheckContext, type Finding, type Step } from './step.ts';

/** Layer 5: a small load, with every judge on. */

const USERS = 5;
const SESSIONS = 2;
const SCENARIO = 'steady';

/** The plan of the small load; a check without one has the same, as its result is of the same form. */
export function smallPlan({ for_ms, target }: Pick<CheckContext, 'for_ms' | 'target'>, thresholds: string[]): Plan {
  return {
    command: 'run',
    scenario: 'check',
    users: USERS,
    sessions: SESSIONS,
    users_total: USERS * SESSIONS,
    rate: 2,
    heartbeat_ms: Math.max(200, for_ms / 5),
    items: 5,
    ramp_up_ms: Math.min(1000, for_ms / 10),
    settle_ms: Math.min(500, for_ms / 10),
    duration_ms: for_ms * 0.8,
    deadline_ms: 5000,
    seed: 1,
    workers: 1,
    engine: 'node',
    transport: 'net',
    model: 'open',
    shard: { index: 1, of: 1 },
    thresholds,
    require: [],
    abort_on: [],
    tags: {},
    target: target.urls.map(printable).join(', '),
    plans: { edits: true, cursors: true, heartbeats: true, leaves: false },
    faults: [],
  };
}

async function load(context: CheckContext): Promise<Finding> {
  const { spec } = await loadScenario(SCENARIO);
  const id = context.fresh('').slice(-6);
  try {
    const { result } = await execute(
      {
        plan: smallPlan(context, spec.thresholds),
        run: { id, started_at: new Date().toISOString() },
        // Workers are built, also where this code is not.
        scenario_url: builtUrl(`scenarios/${SCENARIO}.js`).href,
        target: context.target,
      },
      { stop: context.signal },
    );
    const bad = (standing: string): Verdict[] => result.verdicts.filter((verdict) => verdict.standing === standing);
    const lines = [...bad('fail'), ...bad('unknown')].map(({ judge, because }) => `${judge}: ${because}`);
    const users = `${USERS * SESSIONS} users in ${SESSIONS} sessions`;
    if (bad('fail').length > 0) return failed(`${users}: ${result.summary}`, {}, lines);
    if (bad('unknown').length > 0) return { standing: 'unknown', says: `${users}: ${result.summary}`, evidence: lines };
    const judges = new Set(result.verdicts.map(({ judge }) => judge));
    return passed(`${users}: ${result.summary}`, {}, [`judges: ${[...judges].join(', ')}`]);
  } catch (error) {
    if (!(error instanceof ToolError) || error.exitCode !== EXIT.nobodyJoined) throw error;
    return failed(error.message);
  }
}

export const small: readonly Step[] = [
  {
    id: 'load.small',
    layer: 'load',
    title: 'Five users and more, in two sessions, with every judge on',
    run: load,
  },
];
