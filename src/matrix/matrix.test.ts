import { setTimeout as delay } from 'node:timers/promises';
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
const AT_ONCE = 6;
/** Between the first of them, ms: not all of their users connect at once, while this process is still warming up. */
const APART_MS = 200;
/** Where some users do not get in, as this machine is too busy, a trial is made again, with so many at once at least. */
const AT_ONCE_IF_BUSY = 2;

interface Task {
  name: string;
  row?: Row;
  spec?: ScenarioSpec;
  isAgain?: true;
}
const trials = new Map<string, Trial>();

/** What a user who gave up connecting was sent, no judge sees: the counts are held against trials without such users. */
const isDisturbed = ({ row }: Task, { result }: Trial): boolean =>
  row?.counter !== 'connections_failed' && counterOf(result, 'connections_failed') > 0;

async function tryAll(tasks: readonly Task[]): Promise<void> {
  const waiting = [...tasks];
  let lanes = AT_ONCE;
  const lane = async (_: unknown, nth: number): Promise<void> => {
    await delay(nth * APART_MS);
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const trial = await tryOut(task.row, task.spec);
      trials.set(task.name, trial);
      if (task.isAgain || !isDisturbed(task, trial)) continue;
      waiting.push({ ...task, isAgain: true });
      if (lanes > AT_ONCE_IF_BUSY) break;
    }
    lanes--;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const OF_FAULTS: readonly Task[] = rowsOf().map(([name, row]) => ({ name, row }));
const OF_NONE: readonly Task[] = CLEAN.map(([name, spec]) => ({ name: `none, by ${name}`, spec }));
const looksAtTime = ({ row }: Task): boolean => row?.threshold !== undefined;

/** Those that look at time come only after the others. */
beforeAll(async () => {
  await tryAll([...OF_FAULTS.filter((task) => !looksAtTime(task)), ...OF_NONE]);
  await tryAll(OF_FAULTS.filter(looksAtTime));
}, 180_000);

afterAll(() => {
  const found = [...OF_FAULTS, ...OF_NONE].flatMap(({ name }) => {
    const trial = trials.get(name);
    return trial ? [[name, trial] as const] : [];
  });
  process.stdout.write(`${foundOf(new Map(found))}\n`);
});

describe('every fault is found by the judges that its row names, and by no other', () => {
  it.for(rowsOf())('%s', ([name, row]) => {
    const trial = trials.get(name)!;
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

  it.for(CLEAN)('none, by %s', ([name]) => {
    const { result } = trials.get(`none, by ${name}`)!;
    expect(wrong(result)).toEqual([]);
    expect(counterOf(result, 'deliveries')).toBeGreaterThan(200);
  });
});
