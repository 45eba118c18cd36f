import { expect, it } from 'vitest';
import { monotonicUs, runClock, runTimer } from './clock.ts';

/** Sets each time once the one before has come; `held` µs pass before each setting, as in a busy process. */
function ring(times: { in: number; next: number }[], held = 0): Promise<{ due: number; came: number }[]> {
  const epoch = monotonicUs();
  const clock = runClock(epoch);
  const timer = runTimer(clock, epoch);
  const rung: { due: number; came: number }[] = [];
  return new Promise((resolve) => {
    const set = (): void => {
      const time = times[rung.length];
      if (time === undefined) {
        timer.end();
        return resolve(rung);
      }
      for (const until = clock() + held; clock() < until;);
      const due = clock() + time.in;
      timer.set(
        due,
        () => {
          rung.push({ due, came: clock() });
          set();
        },
        due + time.next,
      );
    };
    set();
  });
}

it('rings at each due time, never before it, also at one before that which was said to be next', async () => {
  const times = [
    { in: 5000, next: 600_000_000 },
    { in: 3000, next: 600_000_000 },
    { in: 1000, next: 0 },
    { in: 20_000, next: 400 },
    { in: 0, next: 1 },
  ];
  const rung = await ring(times);
  expect(rung).toHaveLength(times.length);
  for (const { due, came } of rung) expect(came).toBeGreaterThanOrEqual(due);
});

it('rings again although nobody set a time while the thread slept on', async () => {
  const rung = await ring(
    [1000, 1000, 1000].map((each) => ({ in: each, next: 100 })),
    20_000,
  );
  expect(rung).toHaveLength(3);
});

it('rings at the last of several settings alone, and not at all once it is cleared', async () => {
  const epoch = monotonicUs();
  const clock = runClock(epoch);
  const timer = runTimer(clock, epoch);
  const rung: string[] = [];
  timer.set(clock() + 2000, () => rung.push('cleared'), Infinity);
  timer.clear();
  await new Promise<void>((resolve) => {
    timer.set(clock() + 60_000_000, () => rung.push('later'), Infinity);
    timer.set(
      clock() + 8000,
      () => {
        rung.push('sooner');
        resolve();
      },
      Infinity,
    );
  });
  timer.end();
  expect(rung).toEqual(['sooner']);
});
