import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { writeProof } from '../core/testing/proofs.ts';
import { listScenarios } from '../engine/loader.ts';
import { meet, ODDITIES, ORACLES, QUICK_CHURN, type Oddity } from '../engine/testing/oddities.ts';
import { countOf, wrong } from '../engine/testing/results.ts';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result/result.ts';
import type { ScenarioSpec } from '../scenario/define.ts';

const RUNS = 10;
/** Whole runs at once, which mostly wait for clocks. */
const AT_ONCE = 8 * availableParallelism();
/** What is claimed of time is the machine's affair here: nothing that was seen may be blamed on a lawful server. */
const OF_TIME = new Set(['thresholds', 'slow-readers']);

const PLAN: Partial<Plan> = {
  users: 10,
  sessions: 2,
  rate: 4,
  items: 4,
  heartbeat_ms: 3000,
  ramp_up_ms: 400,
  settle_ms: 400,
  duration_ms: 4000,
  deadline_ms: 6000,
};

/** One run of each scenario, as often as asked for: alarms are told with what raised them. */
async function runsOf(
  oddity: Oddity,
  specs: readonly ScenarioSpec[],
): Promise<{ results: Result[]; alarms: string[] }> {
  const left = Array.from({ length: RUNS }, (_, seed) => specs.map((spec) => ({ spec, seed }))).flat();
  const results: Result[] = [];
  const alarms: string[] = [];
  const lane = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { spec, seed } = next;
      const plans = { edits: spec.defaults?.rate !== 0, cursors: true, heartbeats: true, leaves: spec === QUICK_CHURN };
      const rate = spec.defaults?.rate === 0 ? 0 : PLAN.rate!;
      const result = await meet(oddity, `odd${seed}${(left.length % 36).toString(36)}0`, spec, {
        ...PLAN,
        plans,
        rate,
        seed,
      });
      results.push(result);
      const moved = ORACLES.filter((counter) => countOf(result, counter) !== 0);
      const judged = wrong(result).filter(({ judge }) => !OF_TIME.has(judge));
      for (const what of [...moved, ...judged.map(({ judge, because }) => `${judge}: ${because}`)]) {
        alarms.push(`${spec.name}, seed ${seed}: ${what}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { results, alarms };
}

it('ten runs of each scenario against each lawful oddity raise no false alarm', async () => {
  const specs = (await listScenarios()).map(({ spec }) => (spec.name === QUICK_CHURN.name ? QUICK_CHURN : spec));
  const rows = [];
  for (const [name, oddity] of Object.entries(ODDITIES)) {
    const { results, alarms } = await runsOf(oddity, specs);
    expect(alarms, name).toEqual([]);
    const sum = (of: (result: Result) => number): string =>
      results.reduce((total, result) => total + of(result), 0).toLocaleString('en');
    rows.push({
      'messages …': name,
      runs: results.length,
      deliveries: sum((result) => countOf(result, 'deliveries')),
      reconnects: sum((result) => countOf(result, 'reconnects')),
      'states checked': sum((result) => countOf(result, 'states_checked')),
      'by what is in them': sum((result) => countOf(result, 'states_compared')),
      'documents compared': sum((result) => countOf(result, 'replicas_compared')),
      'claims passed': sum(({ verdicts }) => verdicts.filter(({ standing }) => standing === 'pass').length),
      'false alarms': alarms.length,
    });
  }
  writeProof(
    'Lawful oddities',
    `${RUNS} runs of each of the ${specs.length} scenarios, over real sockets, against the bundled server behind a proxy that is odd as the protocol allows. Claims that rest on how fast this machine is are left out.`,
    rows,
  );
});
