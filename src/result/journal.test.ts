import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { headerOf, intervalOf, trendOf } from './fixture.ts';
import { JOURNAL_NAME, openJournal, readJournal, withChecksum } from './journal.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(folder, JOURNAL_NAME);
});
afterEach(() => rmSync(folder, { recursive: true }));

const second = (n: number) =>
  intervalOf(n * 1000, n * 1000 + 1000, {
    steady: { counters: { deliveries: n + 1 }, trends: { join_time: trendOf([n + 1]) } },
  });

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
    expect(JSON.parse(readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)!)).toEqual({ end: { ended_ms: 1000 } });
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

  test('guards each line by the CRC-32 of its JSON', () => {
    const line = withChecksum(second(0));
    const { crc, ...rest } = JSON.parse(line) as { crc: number };
    expect(crc).toBe(zlibCrc32(JSON.stringify(rest)));
  });
});

const reading = (text: string) => {
  writeFileSync(path, text);
  return readJournal(path);
};

describe('a damaged journal', () => {
  const lines = [
    JSON.stringify({ schema: 'collab-loadtest/journal/v1', ...headerOf() }),
    withChecksum(second(0)),
    withChecksum(second(1)),
  ];
  test('that kill -9 cut off is read up to the last whole interval', () => {
    const read = reading(lines.join('\n').slice(0, -20));
    expect(read.intervals).toEqual([second(0)]);
    expect(read.end).toBeUndefined();
    expect(read.damage).toEqual(['line 3 is cut off: skipped']);
  });

  test('loses only the line whose checksum is wrong, and says so', () => {
    const bad = lines[1]!.replace('"deliveries":1', '"deliveries":7');
    const read = reading(`${[lines[0], bad, lines[2]].join('\n')}\n`);
    expect(read.intervals).toEqual([second(1)]);
    expect(read.damage).toEqual(['line 2 is damaged: skipped']);
  });

  test('may have fields that this version does not know, and lack what it need not have', () => {
    const line = withChecksum({ from_ms: 0, to_ms: 1000, stages: {}, weather: 'fine' } as never);
    expect(reading(`${lines[0]}\n${line}\n`).intervals).toMatchObject([
      { from_ms: 0, to_ms: 1000, pending: 0, events: [] },
    ]);
  });

  test.each([
    [
      'of another major version is refused',
      '{"schema":"collab-loadtest/journal/v2","run":{},"plan":{},"environment":{}}',
      /another version/,
    ],
    ['without a header is refused', withChecksum(second(0)), /no journal of a run/],
    ['that is something else is refused', 'hello', /no journal of a run/],
    ['that is empty is refused', '', /no journal of a run/],
  ])('%s', (_, text, message) => {
    expect(() => reading(text)).toThrow(message);
  });

  test('that is not there is refused', () => {
    expect(() => readJournal(path)).toThrow(/cannot be read/);
  });
});

describe('a full disk', () => {
  test('is said once; the run goes on, and what comes after is tried again', () => {
    const told: string[] = [];
    const journal = openJournal(folder, headerOf(), (message) => told.push(message));
    const real = fs.writeSync;
    let room = 10;
    const disk = vi.spyOn(fs, 'writeSync').mockImplementation(((file: number, bytes: Uint8Array, at: number) => {
      if (room === 0) throw new Error('ENOSPC: no space left on device, write');
      const written = real(file, bytes, at, room);
      room = 0;
      return written;
    }) as never);
    syncBuiltinESMExports();
    journal.write(second(0));
    journal.write(second(1));
    disk.mockRestore();
    syncBuiltinESMExports();
    journal.write(second(2));
    journal.end({ ended_ms: 3000 });
    journal.close();
    expect(told).toEqual(['ENOSPC: no space left on device, write']);
    const read = readJournal(path);
    expect(read.intervals).toEqual([second(2)]);
    expect(read.damage).toHaveLength(1);
    expect(read.end).toEqual({ ended_ms: 3000 });
  });
});
