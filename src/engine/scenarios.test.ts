import { expect, it } from 'vitest';
import type { Plan } from '../plan/plan.ts';
import type { Result } from '../result/result.ts';
import { execute } from './execute.ts';
import { loadScenario } from './loader.ts';
import { builtUrl } from './programs.ts';
import { requestOf } from './testing/request.ts';
import { countOf, isFit, wrong } from './testing/results.ts';

/** Storms, late joiners and bad peers over real sockets, against the reference server, by the scenarios’ own thresholds. */
async function run(scenario: string, plan: Partial<Plan> = {}): Promise<Result> {
  const { spec } = await loadScenario(builtUrl(`scenarios/${scenario}.js`).href);
  const { result } = await execute(
    requestOf({
      scenario,
      users: 10,
      sessions: 3,
      rate: 10,
      // The window begins with a second of the run's clock, as its slices do.
      settle_ms: 1700,
      duration_ms: 4000,
      deadline_ms: 2000,
      heartbeat_ms: 1500,
      thresholds: spec.thresholds,
      ...plan,
    }),
  );
  return result;
}

/** Nothing is wrong, and all of this was judged, and often enough, where the machine was up to it. */
function expectPass(result: Result, judges: string[]): void {
  expect(wrong(result)).toEqual([]);
  expect(countOf(result, 'deliveries')).toBe(countOf(result, 'deliveries_expected'));
  if (!isFit(result)) return;
  expect(result.verdicts.map(({ judge }) => judge)).toEqual(expect.arrayContaining(judges));
  expect(countOf(result, 'deliveries')).toBeGreaterThan(3000);
}

it.concurrent('join-storm passes: everybody at once, and nobody is left out', async () => {
  const result = await run('join-storm', { ramp_up_ms: 0, settle_ms: 1000 });
  expectPass(result, ['delivery', 'convergence', 'disconnects']);
  expect(countOf(result, 'join_time')).toBe(30);
});

it.concurrent('reconnect-storm passes: everybody is cut, everybody is back', async () => {
  const result = await run('reconnect-storm', { workers: 2 });
  expectPass(result, ['delivery', 'convergence', 'late-join', 'disconnects']);
  expect(result.verdicts.filter(({ claim }) => claim.startsWith('recovery_time'))).toHaveLength(2);
  expect(countOf(result, 'recovery_time')).toBe(30);
  expect(countOf(result, 'reconnects')).toBe(30);
  expect(countOf(result, 'disconnects_unexpected')).toBe(0);
  expect(result.events.filter(({ kind }) => kind === 'storm').map(({ text }) => text)).toEqual([
    'reconnect storm: 30 users cut at once',
  ]);
});

it.concurrent('late-join passes: those who come later see what is there', async () => {
  const result = await run('late-join');
  expectPass(result, ['delivery', 'convergence', 'late-join']);
  expect(countOf(result, 'connections')).toBe(30);
  const users = result.timeline.filter(({ stage }) => stage === 'steady').map((one) => one.users);
  expect(users[0]).toBeLessThan(30);
});

it.concurrent.each(['net', 'ws'] as const)(
  'slow-consumer passes by the %s door: bad peers cost the others nothing, and what becomes of them is expected',
  async (transport) => {
    const result = await run('slow-consumer', { transport, duration_ms: 6000 });
    expectPass(result, ['delivery', 'convergence', 'slow-readers', 'disconnects']);
    expect(countOf(result, 'bytes_unread')).toBeGreaterThan(100_000);
    expect(result.events.filter(({ kind }) => kind === 'stopped').map(({ text }) => text)).toEqual([
      '3 of 30 users close their half of the connection',
      '3 of 30 users stop reading',
      '3 of 30 users vanish',
    ]);
    const ended = result.disconnects.filter(({ phase }) => phase === 'steady');
    expect(ended.map(({ code, expected, count }) => [code, expected, count])).toEqual([
      [1006, true, 3],
      [1006, true, 3],
    ]);
    // Users who read again at the end leave as everybody does.
    const left = result.disconnects.filter(({ phase }) => phase === 'close');
    expect(left.map(({ code, count }) => [code, count])).toEqual([[1000, 24]]);
  },
);
