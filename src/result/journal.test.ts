import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { headerOf, second } from './fixture.ts';
import { JOURNAL_NAME, openJournal } from './journal.ts';
import { readJournal } from './read-journal.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(folder, JOURNAL_NAME);
});
afterEach(() => rmSync(folder, { recursive: true }));

const silent = (): void => undefined;

describe('a journal', () => {
  test('reads back as it was written', () => {
    const journal = openJournal(folder, headerOf(), silent);
    journal.write(second(0));
    journal.write(second(1));
    journal.end({ ended_ms: 2000, interrupted: 'SIGINT' });
    journal.close();
    const read = readJournal(path);
    expect(read.header).toEqual(headerOf());
    expect(read.intervals).toEqual([second(0), second(1)]);
    expect(read.end).toEqual({ ended_ms: 2000, interrupted: 'SIGINT' });
    expect(read.damage).toEqual([]);
  });

  test('has its header on line 1, the end on the last, and every interval on disk before the next comes', () => {
    const journal = openJournal(folder, headerOf(), silent);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      schema: 'collab-loadtest/journal/v1',
      run: { id: 'k3f9zq' },
    });
    journal.write(second(0));
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    journal.end({ ended_ms: 1000 });
    journal.close();
    expect(JSON.parse(readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)!)).toMatchObject({
      end: { ended_ms: 1000 },
    });
  });

  test('of a long run adds seconds up to its own interval', () => {
    const journal = openJournal(folder, headerOf({ duration_ms: 3_500_000 }), silent);
    for (let n = 0; n < 5; n++) journal.write(second(n));
    journal.end({ ended_ms: 5000 });
    journal.close();
    const { intervals } = readJournal(path);
    expect(intervals.map(({ from_ms, to_ms }) => [from_ms, to_ms])).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 5000],
    ]);
    expect(intervals[0]!.stages.steady!.counters.deliveries).toBe(3);
  });

  test('of a long run that is ended at once has kept what waited for its interval to be full', () => {
    const journal = openJournal(folder, headerOf({ duration_ms: 3_500_000 }), silent);
    for (let n = 0; n < 3; n++) journal.write(second(n));
    journal.close();
    const { intervals, end } = readJournal(path);
    expect(intervals.map(({ from_ms, to_ms }) => [from_ms, to_ms])).toEqual([
      [0, 2000],
      [2000, 3000],
    ]);
    expect(end).toBeUndefined();
  });

  test('takes nothing more once closed', () => {
    const journal = openJournal(folder, headerOf(), silent);
    journal.close();
    journal.close();
    journal.write(second(0));
    expect(readJournal(path).intervals).toEqual([]);
  });
});

/** Lets the disk take so many bytes, then none until it is freed. */
function fullAfter(room: number): () => void {
  const real = fs.writeSync;
  const disk = vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, bytes: Uint8Array, at: number) => {
    if (room === 0) throw new Error('ENOSPC: no space left on device, write');
    const written = real(file, bytes, at, Math.min(room, bytes.length - at));
    room -= written;
    return written;
  }) as never);
  syncBuiltinESMExports();
  return () => {
    disk.mockRestore();
    syncBuiltinESMExports();
  };
}

describe('a full disk', () => {
  const told: string[] = [];
  const open = () => openJournal(folder, headerOf(), ({ text }) => told.push(text));
  beforeEach(() => {
    told.length = 0;
  });

  const sum = (intervals: readonly { stages: object }[]): number =>
    intervals
      .map(({ stages }) => (stages as ReturnType<typeof second>['stages']).steady!.counters.deliveries!)
      .reduce((a, b) => a + b);

  test('is told once, and when it is over; what it refused is kept and written when there is room, so that nothing is missing', () => {
    const journal = open();
    const free = fullAfter(10);
    journal.write(second(0));
    journal.write(second(1));
    free();
    journal.write(second(2));
    journal.write(second(3));
    journal.end({ ended_ms: 4000 });
    journal.close();
    expect(told).toEqual([
      'the journal cannot be written: ENOSPC: no space left on device, write',
      'the journal is written again, with what it lacked',
    ]);
    const { intervals, end, gaps, damage } = readJournal(path);
    expect(intervals.map(({ from_ms, to_ms }) => [from_ms, to_ms])).toEqual([
      [0, 3000],
      [3000, 4000],
    ]);
    expect(sum(intervals)).toBe(1 + 2 + 3 + 4);
    expect({ end, gaps }).toEqual({ end: { ended_ms: 4000 }, gaps: [] });
    // What was torn.
    expect(damage).toEqual(['line 2 is damaged']);
  });

  test('that stays full leaves a journal without an end', () => {
    const journal = open();
    journal.write(second(0));
    const free = fullAfter(100);
    journal.write(second(1));
    journal.end({ ended_ms: 2000 });
    journal.close();
    free();
    const { intervals, end, damage } = readJournal(path);
    expect(intervals).toEqual([second(0)]);
    expect(end).toBeUndefined();
    expect(damage).toEqual(['line 3 is cut off']);
  });

  test('that has no room for the first line gets it later', () => {
    const free = fullAfter(0);
    const journal = open();
    journal.write(second(0));
    free();
    journal.end({ ended_ms: 1000 });
    journal.close();
    expect(readJournal(path)).toMatchObject({ header: headerOf(), intervals: [second(0)], gaps: [], damage: [] });
  });

  test('that has room for all of a line but its end has the line', () => {
    const journal = open();
    const before = readFileSync(path).length;
    journal.write(second(0));
    const length = readFileSync(path).length - before;
    journal.close();
    rmSync(path);
    const again = open();
    const free = fullAfter(length - 1);
    again.write(second(0));
    free();
    again.write(second(1));
    again.end({ ended_ms: 2000 });
    again.close();
    expect(readJournal(path)).toMatchObject({ intervals: [second(0), second(1)], gaps: [], damage: [] });
  });
});
