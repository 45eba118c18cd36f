import { planOf } from '../../load/testing/simulate.ts';
import type { Plan, Target } from '../../plan/plan.ts';
import { builtUrl } from '../programs.ts';
import type { RunRequest } from '../request.ts';

/** A short run of the built program against its own server; every test says only what matters to it. */
export function requestOf(change: Partial<Plan> = {}, more: Partial<RunRequest> = {}): RunRequest {
  const plan = planOf({
    scenario: 'steady',
    target: 'bundled',
    users: 6,
    sessions: 4,
    rate: 5,
    ramp_up_ms: 300,
    // Time for everybody to be let in, also by a machine that is slow at times.
    settle_ms: 1000,
    duration_ms: 1500,
    deadline_ms: 4000,
    // A loose objective: how fast the machine is, is not what is tested.
    thresholds: ['broadcast_latency:p(99)<60000'],
    ...change,
  });
  return {
    plan,
    run: { id: 'e2e000', started_at: new Date(0).toISOString() },
    scenario_url: builtUrl(`scenarios/${plan.scenario}.js`).href,
    ...more,
  };
}

/** A server on a port of this machine. */
export const at = (...ports: number[]): Target => ({
  urls: ports.map((port) => `ws://127.0.0.1:${port}`),
  headers: {},
  subprotocols: [],
});
