import { expect, it } from 'vitest';
import { VirtualTime } from '../load/testing/virtual-time.ts';
import type { Timer } from '../load/ports.ts';
import { WatchedTimer } from './watched-timer.ts';

/** A timer that rings late by as much as the test says at the time. */
function late(time: VirtualTime): { timer: Timer; by: number; rings: number } {
  let cancel = (): void => {};
  const of = {
    by: 0,
    rings: 0,
    timer: {
      set: (due: number, fire: () => void): void => {
        cancel();
        cancel = time.at(due + of.by, () => {
          of.rings++;
          fire();
        });
      },
      clear: (): void => cancel(),
    },
  };
  return of;
}

it('rings when it is asked to, and tells by how much it was late', () => {
  const time = new VirtualTime();
  const slow = late(time);
  const told: number[] = [];
  const watched = new WatchedTimer(slow.timer, time.clock, (ms) => told.push(ms));
  const rung: number[] = [];
  const ask = (due: number): void => watched.set(due, () => rung.push(time.clock()), Infinity);
  ask(2000);
  time.run(3000);
  expect(rung).toEqual([2000]);
  expect(told).toEqual([0]);
  slow.by = 900;
  ask(4000);
  slow.by = 0;
  time.run(6000);
  expect(rung).toEqual([2000, 4900]);
  expect(told).toEqual([0, 0.9]);
});

it('asks each 5 ms by itself where nothing is due, and not where enough is', () => {
  const time = new VirtualTime();
  const slow = late(time);
  const told: number[] = [];
  const watched = new WatchedTimer(slow.timer, time.clock, (ms) => told.push(ms));
  time.run(100_000);
  expect(slow.rings).toBe(20);
  const again = (): void => watched.set(time.clock() + 1000, again, Infinity);
  again();
  time.run(200_000);
  expect(slow.rings).toBe(120);
  watched.clear();
  time.run(300_000);
  expect(slow.rings).toBeLessThanOrEqual(141);
});

it('sees a standstill that nothing was due in, also while it goes on', () => {
  const time = new VirtualTime();
  const slow = late(time);
  const told: number[] = [];
  const watched = new WatchedTimer(slow.timer, time.clock, (ms) => told.push(ms));
  slow.by = 80_000;
  time.run(7000);
  time.at(50_000, () => {});
  time.run(50_000);
  watched.tellOverdue();
  expect(told).toEqual([0, 40]);
  time.run(90_000);
  expect(told).toEqual([0, 40, 80]);
});

it('leaves alone what is due sooner, and what is called off', () => {
  const time = new VirtualTime();
  const watched = new WatchedTimer(time.timer(), time.clock, () => {});
  const rung: string[] = [];
  watched.set(9000, () => rung.push('later'), Infinity);
  watched.set(3000, () => rung.push('sooner'), Infinity);
  time.run(20_000);
  watched.set(25_000, () => rung.push('called off'), Infinity);
  watched.clear();
  time.run(50_000);
  expect(rung).toEqual(['sooner']);
});
