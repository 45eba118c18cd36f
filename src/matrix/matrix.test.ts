import { beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import { rehearse } from '../engine/testing/rehearse.ts';
import { planOf } from '../load/testing/simulate.ts';
import type { Plan } from '../plan/plan.ts';
import type { Metric, Result } from '../result/result.ts';
import churn from '../../scenarios/churn.ts';
import steady from '../../scenarios/steady.ts';
import { rowsOf, type Row } from './table.ts';

const PLAN: Partial<Plan> = {
  users: 5,
  sessions: 8,
  rate: 6,
  items: 4,
  heartbeat_ms: 1200,
  ramp_up_ms: 500,
  settle_ms: 500,
  duration_ms: 3000,
  deadline_ms: 2500,
};

interface Seen {
  result: Result;
  /** How often the server says that it committed its fault. */
  committed: number;
}

async function run(name: string, row: Row | undefined, spec = steady.spec): Promise<Seen> {
  const server = await createServer({ port: 0, faults: row ? [row.fault] : [] });
  try {
    const plan = planOf({ ...PLAN, thresholds: row?.threshold ? [row.threshold] : [] });
    const id = `m${Math.random().toString(36).slice(2)}00000`.slice(0, 6);
    const result = await rehearse(plan, id, spec, { urls: [server.url], headers: {}, subprotocols: [] });
    return { result, committed: (server.counts().faults as Record<string, number>)[name] ?? 0 };
  } finally {
    await server.close();
  }
}

const counterOf = ({ metrics }: Result, name: string): number =>
  (metrics[name] as Extract<Metric, { kind: 'counter' }>).count;
const failed = ({ verdicts }: Result): string[] =>
  verdicts.flatMap(({ judge, standing }) => (standing === 'pass' ? [] : judge)).toSorted();

/** How often a counter moves for `committed` faults, and no oftener. */
function expectCount({ result, committed }: Seen, { counter, upper, each = [1, 1] }: Row): void {
  if (counter === undefined) return;
  const found = counterOf(result, counter);
  if (upper === undefined) {
    expect(found).toBeGreaterThanOrEqual(committed * each[0]);
    expect(found).toBeLessThanOrEqual(committed * each[1]);
  } else {
    expect(found).toBeLessThanOrEqual(committed * each[1]);
    expect(counterOf(result, upper)).toBeGreaterThanOrEqual(committed * each[0]);
  }
}

const CLEAN = [
  ['steady', steady.spec],
  ['churn', churn.spec],
] as const;

/** All at once: they wait for clocks, not for each other. */
const runs = new Map<string, Promise<Seen>>();
beforeAll(async () => {
  const start = ([name, row]: [string, Row]): unknown =>
    runs.set(name, run(name, row, row.churns ? churn.spec : steady.spec));
  const halts = ([, row]: [string, Row]): boolean => row.halts === true;
  rowsOf()
    .filter((row) => !halts(row))
    .forEach(start);
  for (const [name, spec] of CLEAN) runs.set(`none, by ${name}`, run('', undefined, spec));
  await Promise.all(runs.values());
  // The server is in this process: one that stands still would halt the others' runs too.
  rowsOf().filter(halts).forEach(start);
  await Promise.all(runs.values());
}, 60_000);

describe('every fault is found by the judges that its row names, and by no other', () => {
  it.each(rowsOf())('%s', async (name, row) => {
    const seen = await runs.get(name)!;
    const { result, committed } = seen;
    expect(committed, 'the server commits it').toBeGreaterThan(2);
    const wrong = failed(result).filter((judge) => judge !== 'generator');
    for (const judge of row.must) expect(wrong, `${judge} fails: ${result.summary}`).toContain(judge);
    const lawful = new Set<string>([...row.must, ...row.may]);
    expect(
      wrong.filter((judge) => !lawful.has(judge)),
      result.summary,
    ).toEqual([]);
    for (const verdict of result.verdicts) {
      if (!row.explained?.includes(verdict.judge as never) || verdict.standing !== 'fail') continue;
      expect(row.must, `${verdict.judge} names its cause`).toContain(verdict.explained_by);
    }
    expectCount(seen, row);
  });

  it.each(CLEAN)('none, by %s', async (name) => {
    const { result } = await runs.get(`none, by ${name}`)!;
    expect(failed(result).filter((judge) => judge !== 'generator')).toEqual([]);
    expect(counterOf(result, 'deliveries')).toBeGreaterThan(500);
  });
});
