import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Burdens } from './burdens.ts';
import type { Clock } from './clock.ts';
import { parseFaults } from './faults.ts';
import { Sabotage } from './sabotage.ts';
import { virtualHub } from './testing/virtual-hub.ts';

function burdens(fault: string) {
  const { clock, sabotage } = virtualHub({ faults: [fault] });
  return { clock, counts: sabotage!.counts, burdens: new Burdens(sabotage!, clock) };
}

describe('faults of the whole process', () => {
  it('stall: it stands still at times that do not drift, each counted', () => {
    const { clock, counts, burdens: all } = burdens('stall=1ms/100ms@1s');
    clock.pass(1098);
    expect(counts.stall).toBe(0);
    clock.pass(1);
    expect(counts.stall).toBe(1);
    clock.pass(900);
    expect(counts.stall).toBe(10);
    all.stop();
    clock.pass(1000);
    expect(counts.stall).toBe(10);
  });

  it('slow: so much of a core is burnt, in bursts that are counted', () => {
    let now = 0;
    let burnt = 0;
    const tasks: { at: number; task: () => void }[] = [];
    const clock: Clock = {
      // Time that is looked at passes: that is what burns it.
      now: () => now++,
      wall: () => 0,
      after: (ms, task) => {
        tasks.push({ at: now + ms, task });
        return () => {};
      },
    };
    const sabotage = new Sabotage(parseFaults(['slow=20%']), 1, clock);
    const all = new Burdens(sabotage, clock);
    for (let n = 0; n < 20; n++) {
      const { at, task } = tasks.shift()!;
      now = Math.max(now, at);
      const began = now;
      task();
      burnt += now - began;
    }
    expect(sabotage.counts.slow).toBe(20);
    expect(burnt / now).toBeGreaterThan(0.18);
    expect(burnt / now).toBeLessThan(0.3);
    all.stop();
  });

  it('memory-leak: so much is taken and kept, each MB counted, until the server ends', () => {
    const before = process.memoryUsage().arrayBuffers;
    const { clock, counts, burdens: all } = burdens('memory-leak=60MB/min@5s');
    clock.pass(5999);
    expect(counts['memory-leak']).toBe(0);
    clock.pass(10_000);
    expect(counts['memory-leak']).toBe(10);
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(9e6);
    all.stop();
  });

  it.runIf(process.platform === 'linux')('fd-leak: files stay open, each counted, until the server ends', () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const { counts, burdens: all } = burdens('fd-leak');
    const before = open();
    for (let n = 0; n < 7; n++) all.connected();
    expect([open() - before, counts['fd-leak']]).toEqual([7, 7]);
    all.stop();
    expect(open()).toBe(before);
  });
});
