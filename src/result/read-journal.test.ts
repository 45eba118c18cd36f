import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ToolError } from '../core/errors.ts';
import { crc32 } from '../core/crc.ts';
import { headerOf, second } from './fixture.ts';
import { JOURNAL_NAME, openJournal } from './journal.ts';
import { sealed } from './journal-line.ts';
import { readJournal } from './read-journal.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(folder, JOURNAL_NAME);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The lines of a journal of four seconds: line 1 the header, 2 to 5 the seconds, 6 the end. */
function linesOf(id = 'k3f9zq'): string[] {
  rmSync(path, { force: true });
  const header = headerOf();
  const journal = openJournal(folder, { ...header, run: { ...header.run, id } }, () => undefined);
  for (let n = 0; n < 4; n++) journal.write(second(n));
  journal.end({ ended_ms: 4100 });
  journal.close();
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

function reading(text: string | string[]) {
  writeFileSync(path, typeof text === 'string' ? text : `${text.join('\n')}\n`);
  return readJournal(path);
}

const spans = ({ gaps }: ReturnType<typeof reading>) =>
  gaps.map(({ from_ms, to_ms, doubtful }) => [doubtful ? 'doubtful' : 'missing', from_ms, to_ms]);
const seconds = ({ intervals }: ReturnType<typeof reading>) => intervals.map(({ from_ms }) => from_ms / 1000);

/** The line with this in place of that, under a checksum that is right. */
const forged = (line: string, that: string, by: string): string => {
  const { line: number, after, crc: _, ...content } = JSON.parse(line.replace(that, by)) as Record<string, unknown>;
  return sealed(content, number as number, after as number | undefined).text;
};

test('each line has its number, the checksum of the line before it, and the CRC-32 of its own JSON', () => {
  const lines = linesOf().map((line) => JSON.parse(line) as { line: number; after?: number; crc: number });
  expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(lines.map(({ after }) => after)).toEqual([undefined, ...lines.slice(0, -1).map(({ crc }) => crc)]);
  for (const { crc, ...rest } of lines) expect(crc).toBe(zlibCrc32(JSON.stringify(rest)));
});

describe('a journal that is whole in spite of what was done to it', () => {
  const whole = (read: ReturnType<typeof reading>, damage: string[]) => {
    expect(read).toMatchObject({ header: headerOf(), end: { ended_ms: 4100 }, gaps: [], damage });
    expect(read.intervals).toEqual([0, 1, 2, 3].map(second));
  };
  test.each<[string, (lines: string[]) => string | string[], string[]]>([
    ['untouched', (lines) => lines, []],
    ['with line ends of Windows', (lines) => `${lines.join('\r\n')}\r\n`, ['its line ends were changed to CRLF']],
    ['with a byte order mark', (lines) => `\uFEFF${lines.join('\n')}\n`, ['a byte order mark was put before it']],
    ['without its last line end', (lines) => lines.join('\n'), []],
    ['with blank lines', (lines) => lines.flatMap((line) => [line, '']), []],
    ['with garbage after it', (lines) => [...lines, 'that is all'], ['line 7 is damaged']],
    ['with garbage in it', (lines) => lines.toSpliced(3, 0, '<<<<<<< HEAD'), ['line 4 is damaged']],
    ['with a line twice', (lines) => lines.toSpliced(4, 0, lines[2]!), ['line 5 is there again']],
    ['with all lines twice', (lines) => [...lines, ...lines], ['6 lines are there again, the first of them line 7']],
    ['with two lines swapped', ([a, b, c, d, ...rest]) => [a!, c!, b!, d!, ...rest], ['line 2 is out of its place']],
    ['with its end in the middle', ([a, b, c, d, e, f]) => [a!, b!, f!, c!, d!, e!], ['line 3 is out of its place']],
  ])('%s', (_, change, damage) => whole(reading(change(linesOf())), damage));

  test('may have fields that this version does not know, and lack what it need not have', () => {
    const [header] = linesOf();
    const { crc } = JSON.parse(header!) as { crc: number };
    const line = sealed({ from_ms: 0, to_ms: 1000, stages: {}, weather: 'fine' }, 2, crc).text;
    expect(reading([header!, line])).toMatchObject({
      intervals: [{ from_ms: 0, to_ms: 1000, pending: 0, events: [], weather: 'fine' }],
      gaps: [],
    });
  });
});

describe('a journal that is not whole', () => {
  test.each<[string, (lines: string[]) => string | string[], (string | number | undefined)[][], number[], string[]]>([
    [
      'lacks a line',
      (lines) => lines.toSpliced(2, 1),
      [['missing', 1000, 2000]],
      [0, 2, 3],
      ['1 line is missing or damaged'],
    ],
    [
      'lacks its first second',
      (lines) => lines.toSpliced(1, 1),
      [['missing', 0, 1000]],
      [1, 2, 3],
      ['1 line is missing or damaged'],
    ],
    [
      'lacks its last seconds, but not its end',
      (lines) => lines.toSpliced(3, 2),
      [['missing', 2000, 4100]],
      [0, 1],
      ['2 lines are missing or damaged'],
    ],
    [
      'has a damaged line',
      (lines) => lines.with(2, lines[2]!.replace('"deliveries":2', '"deliveries":7')),
      [['missing', 1000, 2000]],
      [0, 2, 3],
      ['line 3 is damaged', '1 line is missing or damaged'],
    ],
    [
      'has two lines in one',
      ([a, b, c, d, ...rest]) => [a!, b!, `${c}${d}`, ...rest],
      [['missing', 1000, 3000]],
      [0, 3],
      ['line 3 is damaged', '2 lines are missing or damaged'],
    ],
    [
      'has a line that was changed under a right checksum',
      (lines) => lines.with(2, forged(lines[2]!, '"deliveries":2', '"deliveries":7')),
      [['doubtful', 1000, 3000]],
      [0, 1, 2, 3],
      [],
    ],
    [
      'has an end that was changed under a right checksum, and one more after it',
      (lines) => [...lines, sealed({ end: { ended_ms: 4100 } }, 7, 1).text],
      [
        ['doubtful', 4100, 4100],
        ['doubtful', 4100, undefined],
      ],
      [0, 1, 2, 3],
      [],
    ],
    [
      'has other thresholds than were written',
      ([header, ...lines]) => [header!.replace('<100', '<900'), ...lines],
      [['doubtful', 0, undefined]],
      [0, 1, 2, 3],
      ['its first line, with plan and thresholds, is not as it was written'],
    ],
    [
      'has other users under a right checksum',
      ([header, ...lines]) => [forged(header!, '"users":10', '"users":99'), ...lines],
      [['doubtful', 0, undefined]],
      [0, 1, 2, 3],
      [],
    ],
    [
      'has a first line without a checksum, as if it were of an earlier version',
      ([header, ...lines]) => [header!.replace(/,"line":1,"crc":\d+/, ''), ...lines],
      [['doubtful', 0, undefined]],
      [0, 1, 2, 3],
      ['its first line, with plan and thresholds, is not as it was written'],
    ],
    [
      'has lines of another run among its own',
      (lines) => {
        const others = linesOf('other1');
        return lines.flatMap((line, at) => [line, others[at]!]);
      },
      [
        ['doubtful', 0, undefined],
        ['doubtful', 0, 1000],
        ['doubtful', 1000, 2000],
        ['doubtful', 2000, 3000],
        ['doubtful', 3000, 4000],
        ['doubtful', 4100, 4100],
      ],
      [0, 1, 2, 3],
      ['6 lines are of another journal, the first of them line 2'],
    ],
  ])('%s', (_, change, gaps, kept, damage) => {
    const read = reading(change(linesOf()));
    expect(spans(read)).toEqual(gaps);
    expect(seconds(read)).toEqual(kept);
    expect(read.damage).toEqual(damage);
    expect(read.end).toEqual({ ended_ms: 4100 });
  });

  test.each<[string, (lines: string[]) => string | string[], number[], string[]]>([
    [
      'that kill -9 cut off is read up to the last whole line',
      (lines) => lines.join('\n').slice(0, -30),
      [0, 1, 2, 3],
      ['line 6 is cut off'],
    ],
    ['that was cut at a line has no end', (lines) => lines.slice(0, 3), [0, 1], []],
    ['whose end says nothing has no end', (lines) => lines.with(5, '{"end":{}}'), [0, 1, 2, 3], ['line 6 is damaged']],
    [
      'whose end was changed has no end',
      (lines) => lines.with(5, lines[5]!.replace('4100', '4000')),
      [0, 1, 2, 3],
      ['line 6 is damaged'],
    ],
    ['of a header alone has nothing', (lines) => lines.slice(0, 1), [], []],
  ])('%s', (_, change, kept, damage) => {
    const read = reading(change(linesOf()));
    expect(read.end).toBeUndefined();
    expect(seconds(read)).toEqual(kept);
    expect(read.damage).toEqual(damage);
  });
});

describe('a journal of an earlier version, whose intervals alone bear checksums', () => {
  const bare = (n: number, parts: object = {}): string => {
    const json = JSON.stringify({ ...second(n), ...parts });
    return `${json.slice(0, -1)},"crc":${crc32(Buffer.from(json))}}`;
  };
  const header = JSON.stringify({ schema: 'collab-loadtest/journal/v1', ...headerOf() });
  const end = JSON.stringify({ end: { ended_ms: 4100 } });
  const earlier = ['doubtful', 0, undefined];

  test.each<[string, string[], (string | number | undefined)[][], number[]]>([
    ['is read, and doubtful as a whole', [header, bare(0), bare(1), bare(2), end], [earlier], [0, 1, 2]],
    ['shows a gap in its times', [header, bare(0), bare(3), end], [earlier, ['missing', 1000, 3000]], [0, 3]],
    ['may have seconds apart by moments', [header, bare(0), bare(1, { from_ms: 1090 }), end], [earlier], [0, 1.09]],
    ['with a line twice has it once', [header, bare(0), bare(1), bare(0), end], [earlier], [0, 1]],
    [
      'with two of one time is doubtful there',
      [header, bare(0), bare(1), bare(1, { pending: 3 }), end],
      [earlier, ['doubtful', 1000, 2000]],
      [0, 1, 1],
    ],
    ['in another order is read in its own', [header, bare(1), bare(0), end], [earlier], [0, 1]],
    ['with two headers is read by the first', [header, header, bare(0), end], [earlier], [0]],
  ])('%s', (_, lines, gaps, kept) => {
    const read = reading(lines);
    expect(spans(read)).toEqual(gaps);
    expect(seconds(read)).toEqual(kept);
    expect(read.end).toEqual({ ended_ms: 4100 });
    expect(read.damage[0]).toBe('it is of an earlier version, whose first and last lines bear no checksum');
  });
});

describe('a file that cannot be read as a journal', () => {
  const header = (change: object): string =>
    JSON.stringify({ schema: 'collab-loadtest/journal/v1', ...headerOf(), ...change });
  const plan = (change: object): string => header({ plan: { ...headerOf().plan, ...change } });
  test.each([
    [
      'of another major version',
      '{"schema":"collab-loadtest/journal/v2","run":{}}',
      /is a journal of another version, .*v2/,
    ],
    ['without a header', () => linesOf()[1]!, /no journal of a run/],
    ['that is something else', 'hello', /no journal of a run/],
    ['that is empty', '', /no journal of a run/],
    ['that is JSON of another shape', '[1,2]', /no journal of a run/],
    [
      'in another encoding',
      () => Buffer.from(linesOf().join('\n'), 'utf16le').toString('latin1'),
      /no journal of a run/,
    ],
    ['without a plan', header({ plan: {} }), /first line of the journal .* is damaged: at plan\.command, /],
    ['whose plan is a list', header({ plan: [] }), /is damaged: at plan, /],
    ['whose run has no id', header({ run: {} }), /is damaged: at run\.id, /],
    ['whose beginning is no date', header({ run: { id: 'a', started_at: 'noon' } }), /at run\.started_at, /],
    ['whose users are words', plan({ users: 'ten' }), /at plan\.users, /],
    ['whose window is negative', plan({ duration_ms: -1 }), /at plan\.duration_ms, /],
    ['whose window never ends', plan({ duration_ms: 1e300 }), /at plan\.duration_ms, /],
    [
      'whose threshold cannot be read',
      plan({ thresholds: ['latency<5'] }),
      /at plan\.thresholds\.0, The threshold "latency<5" cannot be read/,
    ],
    ['whose environment is missing', header({ environment: null }), /at environment, /],
  ])('%s is refused in a sentence', (_, text, message) => {
    let refused: unknown;
    try {
      reading(typeof text === 'string' ? text : text());
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ToolError);
    expect((refused as ToolError).message).toMatch(message);
    expect((refused as ToolError).message).toMatch(/^[^\n]+\.$/);
  });

  test('that is not there is refused', () => {
    expect(() => readJournal(path)).toThrow(/cannot be read/);
  });
});
