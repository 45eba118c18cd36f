import { describe, expect, it } from 'vitest';
import type { Disconnect, Interval } from '../core/record.ts';
import { emptyInterval } from '../result/interval.ts';
import { CutOffs } from './cut-offs.ts';

const second = (at: number, count: number, over: Partial<Disconnect> = {}): Interval => ({
  ...emptyInterval(at * 1000, at * 1000 + 1000),
  disconnects: [
    {
      code: 1006,
      reason: '',
      initiator: 'network',
      phase: 'steady',
      expected: false,
      count,
      first_ms: at * 1000 + 120,
      last_ms: at * 1000 + 125,
      ...over,
    },
  ],
});

describe('users who are cut off at once', () => {
  it('are an event of the moment of the first of them, with how they were', () => {
    expect(new CutOffs(30).seenIn(second(7, 30))).toEqual([
      {
        at_ms: 7120,
        kind: 'cut-off',
        text: '30 users cut off at once by the network: 1006, no close frame: crash, kill or cut network',
      },
    ]);
  });

  it.each([
    ['one of few', 5, second(7, 1)],
    ['fewer than a tenth', 250, second(7, 24)],
    ['those whom the plan cut', 30, second(7, 30, { expected: true })],
    ['those who never joined', 30, second(7, 30, { phase: 'connect' })],
  ])('are not %s', (_, users, interval) => {
    expect(new CutOffs(users).seenIn(interval)).toEqual([]);
  });

  it('are told of once while it goes on, and again after a pause', () => {
    const cutOffs = new CutOffs(30);
    const told = [7, 8, 9, 25].map((at) => cutOffs.seenIn(second(at, 30)).length);
    expect(told).toEqual([1, 0, 0, 1]);
  });
});
