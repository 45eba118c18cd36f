import { expect, it } from 'vitest';
import { writeProof } from '../core/testing/proofs.ts';
import { execute } from '../engine/execute.ts';
import { builtUrl } from '../engine/programs.ts';
import { planOf } from '../load/testing/simulate.ts';
import { writeProven, type Proven } from './page.ts';
import { MATRIX, type Row } from './table.ts';
import { counterOf, notPassed } from './trial.ts';

/** One copy in ten thousand: with so much traffic some dozens in a minute. */
const PROBABILITY = 0.0001;
const LOAD = { users: 10, sessions: 5, rate: 12, duration_ms: 60_000, deadline_ms: 5000, scenario: 'steady' };
const RARE = ['drop', 'duplicate', 'reorder', 'reorder-senders', 'leak', 'echo', 'corrupt', 'invent'] as const;

/** What is claimed of time is the machine's affair here. */
const OF_TIME = new Set(['thresholds', 'slow-readers']);

async function prove(name: (typeof RARE)[number]): Promise<Proven> {
  const row: Row = MATRIX[name];
  const fault = `${name}=${PROBABILITY}`;
  const { result } = await execute({
    plan: planOf({ ...LOAD, target: 'bundled', faults: [fault] }),
    run: { id: 'rare00', started_at: new Date().toISOString() },
    scenario_url: builtUrl('scenarios/steady.js').href,
  });
  const said = result.events.find(({ kind }) => kind === 'faults')?.text;
  const committed = Number(new RegExp(`\\b${name} (\\d+)$`).exec(said ?? '')?.[1]);
  const least = counterOf(result, row.counter!);
  const most = row.upper ? Math.max(least, counterOf(result, row.upper)) : least;
  expect(committed, said).toBeGreaterThan(0);
  expect(least).toBeLessThanOrEqual(committed);
  expect(most).toBeGreaterThanOrEqual(committed);
  const wrong = notPassed(result).filter((judge) => !OF_TIME.has(judge));
  for (const judge of row.must) expect(wrong).toContain(judge);
  expect(wrong.filter((judge) => !([...row.must, ...row.may] as string[]).includes(judge))).toEqual([]);
  expect(result.outcome).toBe('fail');
  return { fault, deliveries: counterOf(result, 'deliveries_expected'), committed, least, most };
}

it('one fault in ten thousand is found in a minute, and counted as often as the server says', async () => {
  const proven: Record<string, Proven> = {};
  for (const name of RARE) proven[name] = await prove(name);
  writeProven(proven);
  writeProof(
    'Rare faults',
    'One fault in ten thousand for a minute, 10 users in each of 5 sessions: what the judge counted, and what the server says that it did. Every other judge passed, but for the consequences that [the matrix](matrix.md) names.',
    Object.values(proven).map(({ fault, deliveries, committed, least, most }) => ({
      fault: `\`${fault}\``,
      deliveries: deliveries.toLocaleString('en'),
      'the server committed': committed,
      found: least === most ? least : `${least} to ${most}`,
    })),
  );
});
