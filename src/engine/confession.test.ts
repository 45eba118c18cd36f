import { describe, expect, it } from 'vitest';
import { EXIT } from '../core/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Metric, Result } from '../result/result.ts';
import { execute } from './execute.ts';
import type { ExecuteHooks } from './request.ts';
import { requestOf } from './testing/request.ts';
import { isFit, wrong } from './testing/results.ts';

/** Who is to blame: real processes that are stopped for real, on either side. */

const run = async (plan: Partial<Plan>, hooks: ExecuteHooks = {}): Promise<Result> => {
  const { result } = await execute(requestOf({ rate: 20, deadline_ms: 10_000, ...plan }), hooks);
  return result;
};

const verdictOf = (result: Result, judge: string) => result.verdicts.find((one) => one.judge === judge)!;

/** Stops a process for `stopped` of every `period` ms. @returns how to let it go on */
function stopNowAndThen(pid: number, stopped: number, period: number): () => void {
  const tell = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(() => {
    tell('SIGSTOP');
    setTimeout(tell, stopped, 'SIGCONT');
  }, period);
  return () => {
    clearInterval(timer);
    tell('SIGCONT');
  };
}

describe.concurrent('who is to blame', () => {
  it.runIf(process.platform !== 'win32')('for a generator that is stopped 150 ms in every 400: itself', async () => {
    let goOn = (): void => {};
    const result = await run(
      { duration_ms: 2500, thresholds: ['broadcast_latency:p(99)<100'] },
      {
        observer: {
          started: ({ pids }) => {
            goOn = stopNowAndThen(pids.workers[0]!, 150, 400);
          },
        },
      },
    ).finally(() => goOn());
    const generator = verdictOf(result, 'generator');
    expect(generator.standing).toBe('unknown');
    expect(generator.because).toMatch(
      /^it was held up for up to [1-9][\d,]+ ms at a time \(worst at \d\d:\d\d:\d\d\).*(, which leaves .*thresholds undecided|of the planned load .*); (take|leave) /,
    );
    expect(verdictOf(result, 'thresholds')).toMatchObject({
      standing: 'unknown',
      explained_by: 'generator',
      because: expect.stringMatching(
        /^it was .* ms, of which up to .* ms may be the generator’s own(; limit 100 ms$|; but only .* of the planned load)/,
      ),
    });
    expect(verdictOf(result, 'delivery').standing).toBe('pass');
    expect(EXIT[result.outcome]).toBe(2);
    expect(result.summary).toMatch(/^The generator was the limit: /);
  });

  it('for a server that stands still 200 ms in every second: the server, by as much as theory demands', async () => {
    // A loose objective: these machines are slow at times, and that is not what is tested.
    const thresholds = ['broadcast_latency:p(99)<5000'];
    const result = await run({ duration_ms: 6000, faults: ['stall=200ms/1s'], thresholds });
    expect(wrong(result)).toEqual([]);
    const latency = result.metrics['broadcast_latency'] as Extract<Metric, { kind: 'trend' }>;
    expect(latency.count).toBeGreaterThan(isFit(result) ? 10_000 : 1000);
    // A stall of T every S: the share that waits longer than w is (T − w) / S, so that all but a share q waits for at
    // most T − q S. Some 2,900 changes tell p90 to within 6 ms, p99 to 2 and p99.9 to 1. A busy machine only adds: as
    // much as it kept either loop for longer, and no one knows how much where the generator was not fit.
    const [stall, period] = [200, 1000];
    const { max } = result.metrics['server_event_loop_delay'] as Extract<Metric, { kind: 'gauge' }>;
    const own = result.metrics['generator_event_loop_delay'] as Extract<Metric, { kind: 'gauge' }>;
    const added = isFit(result) ? Math.max(0, max - stall) + own.max : Infinity;
    for (const [measured, beyond, below, above] of [
      [latency.p90, 0.1, 30, 60],
      [latency.p99, 0.01, 12, 80],
      [latency.p999, 0.001, 8, 120],
    ] as const) {
      const expected = stall - beyond * period;
      // None where so many did not come at all.
      expect(measured ?? Infinity).toBeGreaterThan(expected - below);
      expect(measured ?? Infinity).toBeLessThanOrEqual(expected + above + added);
    }
    const { floor_ms } = result.environment;
    // Absent where this machine was too busy to measure it in time.
    if (floor_ms === undefined) return;
    expect(floor_ms).toBeGreaterThan(0);
    expect(floor_ms).toBeLessThan(latency.p90 ?? Infinity);
  });
});
