import { expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import { writeProof } from '../core/testing/proofs.ts';
import { parseDuration } from '../core/units.ts';
import { listScenarios } from '../engine/loader.ts';
import { rehearse } from '../engine/testing/rehearse.ts';
import { planOf } from '../load/testing/simulate.ts';
import type { Result } from '../result/result.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { counterOf, notPassed } from './trial.ts';

const RUNS = 10;
/** Changes a second and user from which runs are made one after the other. */
const HEAVY = 10;

/** What is claimed of time is the machine's affair here: nothing that was seen may be blamed on a lawful server. */
const OF_TIME = new Set(['thresholds', 'slow-readers']);

async function runOnce(spec: ScenarioSpec, seed: number): Promise<Result> {
  const { rate = 2, sessions = 5, items = 10, heartbeat = '5s', 'ramp-up': ramp = '1s' } = spec.defaults ?? {};
  const leaves = spec.users.some((kind) => kind.leaves !== undefined);
  const plans = { edits: rate > 0, cursors: rate > 0, heartbeats: true, leaves };
  const server = await createServer({ port: 0 });
  const plan = planOf({
    users: 10,
    sessions,
    rate,
    items,
    seed,
    heartbeat_ms: parseDuration(heartbeat, 'heartbeat'),
    ramp_up_ms: parseDuration(ramp, 'ramp-up'),
    duration_ms: 20_000,
    deadline_ms: 5000,
    plans,
  });
  const target = { urls: [server.url], headers: {}, subprotocols: [] };
  const result = await rehearse(plan, `pr000${seed}`, spec, target);
  await server.close();
  return result;
}

async function runs(spec: ScenarioSpec): Promise<Result[]> {
  const seeds = Array.from({ length: RUNS }, (_, seed) => seed);
  if ((spec.defaults?.rate ?? 0) < HEAVY) return Promise.all(seeds.map((seed) => runOnce(spec, seed)));
  const results: Result[] = [];
  for (const seed of seeds) results.push(await runOnce(spec, seed));
  return results;
}

it('ten runs of each scenario against a right server raise no false alarm', async () => {
  const rows = [];
  for (const { spec } of await listScenarios()) {
    const results = await runs(spec);
    const alarms = results.flatMap((result) => notPassed(result).filter((judge) => !OF_TIME.has(judge)));
    expect(alarms, `${spec.name}: ${results.map(({ summary }) => summary).join('\n')}`).toEqual([]);
    const sum = (of: (result: Result) => number): string =>
      results.reduce((total, result) => total + of(result), 0).toLocaleString('en');
    rows.push({
      scenario: spec.name,
      runs: RUNS,
      deliveries: sum((result) => counterOf(result, 'deliveries_expected')),
      reconnects: sum((result) => counterOf(result, 'reconnects')),
      'states checked': sum((result) => counterOf(result, 'states_checked')),
      'documents compared': sum((result) => counterOf(result, 'replicas_compared')),
      'claims passed': sum(({ verdicts }) => verdicts.filter(({ standing }) => standing === 'pass').length),
      'false alarms': alarms.length,
    });
  }
  writeProof(
    'Clean runs',
    'Ten runs of 20 s of each scenario against the bundled server, which commits no fault. Claims that rest on how fast this machine is are left out.',
    rows,
  );
});
