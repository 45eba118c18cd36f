import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import churn from '../../scenarios/churn.ts';
import steady from '../../scenarios/steady.ts';
import { sessionId } from '../plan/plan.ts';
import type { Verdict } from '../result/result.ts';
import type { ScenarioSpec } from '../scenario/define.ts';
import { wrong } from '../engine/testing/results.ts';
import { foundOf } from './page.ts';
import { rowsOf, type Row } from './table.ts';
import { counterOf, notPassed, tryOut, type Trial } from './trial.ts';

/** How often a counter moves for each time the fault is committed: within the row's range. */
function expectCount({ result, committed }: Trial, { counter, upper, each = [1, 1] }: Row): void {
  if (counter === undefined) return;
  const [least, most] = [committed * each[0], committed * each[1]];
  expect(counterOf(result, counter), `at most ${most} for ${committed} committed`).toBeLessThanOrEqual(most);
  const found = counterOf(result, upper ?? counter);
  expect(found, `at least ${least} for ${committed} committed`).toBeGreaterThanOrEqual(least);
}

/** What is told of a failure is of somebody who was there, at a time that was in the run. */
function expectStory({ judge, evidence }: Verdict, { result }: Trial): void {
  const [example] = evidence ?? [];
  if (example === undefined) return;
  const { session = '', receiver, at_ms, due_ms } = example;
  const sessions = Array.from({ length: result.plan.sessions }, (_, nth) => sessionId(result.run, nth));
  expect(sessions, `${judge} names a session`).toContain(session);
  if (receiver !== undefined) expect(receiver).toMatch(new RegExp(`^${session}-u000[0-4]$`));
  const length = Date.parse(result.ended_at) - Date.parse(result.started_at);
  expect(at_ms ?? due_ms, `${judge} says when`).toBeGreaterThan(0);
  expect(at_ms ?? due_ms).toBeLessThanOrEqual(length);
}

const CLEAN = [
  ['steady', steady.spec],
  ['churn', churn.spec],
] as const;

/** So many at once, as they wait for clocks: more would keep this process, which is both sides, too busy to be either. */
const AT_ONCE = 12;
const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());

/** Those that look at time come only after the others. */
const trials = new Map<string, Promise<Trial>>();
beforeAll(async () => {
  const start = (name: string, row?: Row, spec?: ScenarioSpec): void => {
    const lane = trials.size % AT_ONCE;
    const trial = lanes[lane]!.then(() => tryOut(row, spec));
    lanes[lane] = trial;
    trials.set(name, trial);
  };
  const ofTime = rowsOf().filter(([, { threshold }]) => threshold !== undefined);
  for (const one of rowsOf()) if (!ofTime.some(([name]) => name === one[0])) start(...one);
  for (const [name, spec] of CLEAN) start(`none, by ${name}`, undefined, spec);
  await Promise.all(trials.values());
  for (const one of ofTime) start(...one);
  await Promise.all(trials.values());
}, 120_000);

afterAll(async () => {
  const found = new Map<string, Trial>();
  for (const [name, trial] of trials) found.set(name, await trial);
  process.stdout.write(`${foundOf(found)}\n`);
});

describe('every fault is found by the judges that its row names, and by no other', () => {
  it.for(rowsOf())('%s', async ([name, row]) => {
    const trial = await trials.get(name)!;
    const { result, committed, grown } = trial;
    const lawful = new Set<string>([...row.must, ...row.may]);
    expect(
      wrong(result).filter(({ judge }) => !lawful.has(judge)),
      result.summary,
    ).toEqual([]);
    expect(committed, 'the server commits it').toBeGreaterThan(2);
    const told = notPassed(result);
    for (const judge of row.must) {
      expect(told, `${judge} fails: ${result.summary}`).toContain(judge);
      // What rests on time is unknown where this machine was too busy to take it, and nothing else is.
      const unknown = result.verdicts.filter((one) => one.judge === judge && one.standing === 'unknown');
      expect(unknown.filter(({ explained_by }) => explained_by !== 'generator')).toEqual([]);
    }
    for (const verdict of result.verdicts) {
      if (verdict.standing === 'fail') expectStory(verdict, trial);
      if (!row.explained?.includes(verdict.judge as never) || verdict.standing !== 'fail') continue;
      expect(row.must, `${verdict.judge} names its cause`).toContain(verdict.explained_by);
    }
    expectCount(trial, row);
    // Only Linux says what a process holds.
    if (row.rises && process.platform === 'linux') expect(grown, row.rises).toBeGreaterThan(committed / 2);
  });

  it.for(CLEAN)('none, by %s', async ([name]) => {
    const { result } = await trials.get(`none, by ${name}`)!;
    expect(wrong(result)).toEqual([]);
    expect(counterOf(result, 'deliveries')).toBeGreaterThan(500);
  });
});
