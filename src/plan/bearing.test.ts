import { describe, expect, it } from 'vitest';
import { bearingOf, bearingTable, overloadOf } from './bearing.ts';
import type { Estimate } from './estimate.ts';

/** 10,000 messages a second at 7 µs each. */
const needs: Estimate = {
  sessions: 5,
  connections: 250,
  changes: 190,
  deliveries: 9300,
  messages: 10_000,
  cores: 0.07,
  workers: 1,
  files: 314,
  server_files: 314,
  ports: 250,
  sources: 0,
  memory_bytes: 1e8,
};
const machine = { cores: 4 };

describe('what a machine bears', () => {
  it('is 70 % of its cores but the server’s, at what a message costs', () => {
    const bears = bearingOf(needs, machine, true, 9);
    expect(bears.cores).toBe(3);
    expect(bears.messages).toBeCloseTo(300_000);
    expect(bears.deliveries).toBeCloseTo(279_000);
    expect(bears.sessions).toBe(150);
    expect(bears.load).toBeCloseTo(1 / 30);
    expect(bearingOf(needs, machine, false, 9).messages).toBeCloseTo(400_000);
    expect(bearingOf(needs, { cores: 1 }, true, 9).cores).toBe(1);
  });

  it('is half as much where an echo costs twice as much', () => {
    expect(bearingOf(needs, machine, true, 18).messages).toBeCloseTo(150_000);
  });

  it('is told in figures that claim no more than they know', () => {
    expect(bearingTable(bearingOf(needs, machine, true, 10.3), needs, 0.029)).toEqual([
      ['own latency', '0.029 ms, the median of an echo on loopback'],
      [
        'bears',
        'by its processor, about 260,000 messages/s, 240,000 of them deliveries, on 3 cores: about 6,600 such users in 130 sessions; this plan is 3.8 % of that',
      ],
    ]);
  });

  it('is warned of where the plan is more, with what to do', () => {
    expect(overloadOf(bearingOf(needs, machine, true, 9))).toBeUndefined();
    expect(overloadOf(bearingOf({ ...needs, cores: 2.2 }, machine, true, 9))).toMatch(/exit 2\)\. Take fewer users/);
  });
});
