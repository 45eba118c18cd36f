import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ToolError } from '../core/errors.ts';
import type { Interval } from '../core/record.ts';
import { headerOf } from '../result/fixture.ts';
import { JOURNAL_NAME, openJournal } from '../result/journal.ts';
import { sealed } from '../result/journal-line.ts';
import { resultSchema, type Result } from '../result/result.ts';
import { findRun, writeResult } from '../result/store.ts';
import { conclude } from './conclude.ts';
import { alsoSeen, cleanIntervals, measurementOf } from './fixture.ts';
import { recall } from './recall.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recall-'));
  path = join(folder, JOURNAL_NAME);
});
afterEach(() => rmSync(folder, { recursive: true }));

const concluded = (intervals: Interval[]): Result =>
  conclude({ header: headerOf(), measurement: measurementOf(intervals), end: { ended_ms: 14_000 } });

/** Lines 2, 3 and 5 of a clean run's journal; the fourth tells of the faults of one that fails. */
const clean = (): Interval[] => {
  const [ramp, steady, drain] = cleanIntervals();
  return [ramp!, { ...steady!, to_ms: 8000 }, alsoSeen({}), { ...drain!, from_ms: 9000 }];
};
const faulty = (): Interval[] => clean().with(2, alsoSeen({ counters: { misrouted: 1, lost: 2, lost_upper: 2 } }));

/** Writes a journal, and gives its lines. */
function journalOf(intervals: Interval[], id?: string): string[] {
  rmSync(path, { force: true });
  const header = headerOf();
  const journal = openJournal(folder, { ...header, run: { ...header.run, id: id ?? header.run.id } }, () => undefined);
  for (const interval of intervals) journal.write(interval);
  journal.end({ ended_ms: 14_000 });
  journal.close();
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

const written = (lines: string[]): void => writeFileSync(path, `${lines.join('\n')}\n`);
const recalled = () => recall(findRun(folder));

describe('a stored run', () => {
  test('is judged again from its journal, with the same result', () => {
    journalOf(clean());
    expect(recalled()).toEqual({ result: concluded(clean()), source: 'judged' });
  });

  test('that was killed is judged by what there is, and passes nothing', () => {
    written(journalOf(clean()).slice(0, 4));
    const { result } = recalled();
    expect(result).toMatchObject({
      outcome: 'inconclusive',
      interrupted: expect.stringMatching(/^cut off, or/),
      gaps: [{ from_ms: 9000, because: 'its journal has no end' }],
    });
    expect(result.metrics.deliveries).toMatchObject({ count: 2700 });
  });

  test('of which only result.json is left is as it was written', () => {
    const result = concluded(clean());
    writeResult(folder, result);
    expect(recalled()).toEqual({ result, source: 'stored' });
  });

  test('of which nothing is missing says what was done to its journal, and passes', () => {
    writeFileSync(path, journalOf(clean()).join('\r\n'));
    const { result } = recalled();
    expect(result).toMatchObject({
      outcome: 'pass',
      damage: ['its line ends were changed to CRLF', 'nothing of the run is missing'],
    });
    expect(result.gaps).toBeUndefined();
  });

  test('that still goes on is told as such, and its files are its own', () => {
    const header = sealed({ schema: 'collab-loadtest/journal/v1', ...headerOf(), pid: process.ppid }, 1);
    written([header.text, sealed(clean()[0]!, 2, header.crc).text]);
    expect(recalled()).toMatchObject({
      source: 'running',
      result: { outcome: 'inconclusive', gaps: [{ from_ms: 3000, because: 'the run is still going on' }] },
    });
    const long_ago = Date.now() / 1000 - 60;
    utimesSync(path, long_ago, long_ago);
    expect(recalled().source).toBe('judged');
  });
});

const broken = (lines: string[]): string[] => lines.toSpliced(3, 1);
const edited = ([header, ...lines]: string[]): string[] => [header!.replace('"users":10', '"users":9'), ...lines];

describe('a journal and the result beside it', () => {
  const STORED = 'the result is the one that was stored with it';

  test.each<[string, () => Interval[], (lines: string[]) => string[], string[]]>([
    ['that passed, and has a gap', clean, broken, ['1 line is missing or damaged', STORED]],
    ['that failed, and lost what failed', faulty, broken, ['1 line is missing or damaged', STORED]],
    ['that failed, and has no end', faulty, (lines) => lines.slice(0, 3), ['it has no end', STORED]],
    ['that failed, and has other users', faulty, edited, [expect.stringMatching(/^its first line/) as never, STORED]],
    [
      'that failed, and is no more',
      faulty,
      () => ['gone'],
      [expect.stringMatching(/no journal of a run/) as never, STORED],
    ],
  ])('%s: the result stays, and says what is wrong', (_, intervals, change, damage) => {
    const result = concluded(intervals());
    writeResult(folder, result);
    written(change(journalOf(intervals())));
    expect(recalled()).toEqual({ result: { ...result, damage }, source: 'stored' });
  });

  test('that is whole is judged again', () => {
    writeResult(folder, { ...concluded(clean()), summary: 'as another version told it' });
    journalOf(clean());
    expect(recalled()).toEqual({ result: concluded(clean()), source: 'judged' });
  });

  test('that said fail stays, whatever the journal says', () => {
    writeResult(folder, concluded(faulty()));
    journalOf(clean());
    expect(recalled()).toMatchObject({
      source: 'stored',
      result: { outcome: 'fail', damage: ['judged again, the outcome would be pass', STORED] },
    });
  });

  test('that was itself made of a part is made again of a better part, but is not taken for more', () => {
    const lines = journalOf(clean());
    written(broken(lines));
    const { result } = recalled();
    expect(result.outcome).toBe('inconclusive');
    writeResult(folder, result);
    written(lines.slice(0, 5));
    expect(recalled()).toMatchObject({ source: 'judged', result: { outcome: 'inconclusive' } });
    written(lines);
    expect(recalled()).toMatchObject({ source: 'judged', result: { outcome: 'pass' } });
  });

  test('that an earlier version made of a journal without an end is no whole one', () => {
    const lines = journalOf(clean());
    writeResult(folder, { ...concluded(clean()), interrupted: 'cut off: its journal has no end' });
    written(lines.slice(0, 4));
    expect(recalled()).toMatchObject({ source: 'judged', result: { outcome: 'inconclusive' } });
  });

  test('that are of two runs are refused, also where the journal alone is named', () => {
    writeResult(folder, concluded(faulty()));
    journalOf(clean(), 'other1');
    expect(recalled).toThrow(/journal\.ndjson is of the run other1, and .*result\.json of the run k3f9zq\.$/);
    expect(() => recall(findRun(path))).toThrow(ToolError);
    written(broken(journalOf(clean(), 'other1')));
    expect(recalled()).toMatchObject({ source: 'stored', result: { outcome: 'fail', run: 'k3f9zq' } });
  });

  test('that cannot be read is replaced from a whole journal alone', () => {
    writeFileSync(join(folder, 'result.json'), '{"outcome":"fail"');
    const lines = journalOf(clean());
    expect(recalled()).toMatchObject({ source: 'judged', result: { outcome: 'pass' } });
    written(broken(lines));
    expect(recalled).toThrow(/cannot be read: .* Its journal is not whole either: 1 line is missing or damaged\.$/);
    written(['gone']);
    expect(recalled).toThrow(ToolError);
  });
});

describe('law: whatever is done to a journal', () => {
  type Change = (bytes: Buffer) => Buffer;
  const onLines =
    (change: (lines: string[]) => string[]): Change =>
    (bytes) =>
      Buffer.from(change(bytes.toString('utf8').split('\n')).join('\n'));
  const place = fc.nat(9);
  const changes = fc.oneof(
    place.map((at) => onLines((lines) => lines.toSpliced(at, 1))),
    fc.tuple(place, place).map(([at, to]) => onLines((lines) => lines.toSpliced(to, 0, lines[at] ?? ''))),
    fc
      .tuple(place, place)
      .map(([a, b]) =>
        onLines((lines) =>
          lines[a] === undefined || lines[b] === undefined ? lines : lines.with(a, lines[b]).with(b, lines[a]),
        ),
      ),
    place.map((at) => onLines((lines) => lines.toSpliced(at, 2, `${lines[at] ?? ''}${lines[at + 1] ?? ''}`))),
    fc
      .tuple(place, fc.constantFrom('', '{', '{}', '{"end":{}}', '{"end":{"ended_ms":1}}', 'null'))
      .map(([at, text]) => onLines((lines) => lines.toSpliced(at, 0, text))),
    fc.constant(onLines((lines) => lines.map((line) => `${line}\r`))),
    fc.constant<Change>((bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes])),
    fc.double({ min: 0, max: 1, noNaN: true }).map(
      (share): Change =>
        (bytes) =>
          bytes.subarray(0, share * bytes.length),
    ),
    fc
      .tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 255 }))
      .map(([share, bits]): Change => (bytes) => {
        const flipped = Buffer.from(bytes);
        const at = Math.floor(share * bytes.length);
        if (at < flipped.length) flipped[at]! ^= bits;
        return flipped;
      }),
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(9)).map(([share, digit]): Change => (bytes) => {
      const text = bytes.toString('latin1');
      const at = text.slice(share * text.length).search(/\d/);
      const found = Math.floor(share * text.length) + at;
      return at < 0 ? bytes : Buffer.from(`${text.slice(0, found)}${digit}${text.slice(found + 1)}`, 'latin1');
    }),
  );

  /** What a journal with these changes is recalled as; undefined where it is refused in a sentence. */
  function after(original: Buffer, all: Change[]): Result | undefined {
    writeFileSync(
      path,
      all.reduce((bytes, change) => change(bytes), original),
    );
    try {
      return recalled().result;
    } catch (error) {
      if (error instanceof ToolError) return undefined;
      throw error;
    }
  }

  const without = (result: Result): object => ({ ...result, damage: undefined });

  test('it passes only with the very same result, and is else refused or inconclusive', () => {
    journalOf(clean());
    const original = readFileSync(path);
    const whole = without(recalled().result);
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (all) => {
        const result = after(original, all);
        outcomes.add(result?.outcome ?? 'refused');
        if (result?.outcome === 'pass') expect(without(result)).toEqual(whole);
        else if (result) expect(result.outcome).toBe('inconclusive');
      }),
      { numRuns: 150 },
    );
    expect([...outcomes].sort()).toEqual(['inconclusive', 'pass', 'refused']);
  });

  test('a failure stays one as long as its line and a readable first one are there', () => {
    const lines = journalOf(faulty());
    const original = readFileSync(path);
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (all) => {
        const result = after(original, all);
        const isThere = readFileSync(path, 'utf8').replaceAll('\r', '').split('\n').includes(lines[3]!);
        outcomes.add(`${result?.outcome ?? 'refused'} ${isThere}`);
        if (result) expect(result.outcome).toBe(isThere ? 'fail' : 'inconclusive');
      }),
      { numRuns: 150 },
    );
    expect(outcomes.size).toBe(4);
  });

  test('a result beside it that says fail says it ever after', () => {
    const result = concluded(faulty());
    journalOf(faulty());
    const original = readFileSync(path);
    writeResult(folder, result);
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 3 }), (all) => {
        const again = after(original, all);
        if (again) expect(again.outcome).toBe('fail');
      }),
      { numRuns: 60 },
    );
  });
});

describe('law: whatever the lines hold under right checksums', () => {
  type Path = string[];
  const pathsIn = (value: unknown, at: Path = []): Path[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => [[...at, key], ...pathsIn(each, [...at, key])])
      : [];
  /** The value with another one at a place in it; without it where that is undefined. */
  function put(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
    if (key === undefined) return by;
    const copy = structuredClone(value) as Record<string, unknown>;
    if (rest.length > 0) copy[key] = put(copy[key] ?? {}, rest, by);
    else if (by === undefined) delete copy[key];
    else copy[key] = by;
    return copy;
  }
  const seen = alsoSeen(
    { counters: { lost: 1 } },
    {
      examples: [{ kind: 'lost', session: 'lt-k3f9zq-s0000', receiver: 'lt-k3f9zq-s0000-u0001', seq: 3, due_ms: 8100 }],
      events: [{ at_ms: 8200, kind: 'stall', text: 'nothing came' }],
      errors: [{ kind: 'connect', message: 'refused', count: 1, first_ms: 8000, last_ms: 8001 }],
      stays: { ended: [3, 1], censored: [5, 29] },
    },
  );
  const contents = [
    { schema: 'collab-loadtest/journal/v1', ...headerOf(), pid: 1 },
    ...clean().with(2, seen),
    { end: { ended_ms: 14_000, interrupted: 'stopped by Ctrl+C', window_end_ms: 12_000 } },
  ];
  const where = fc.nat(5).chain((at) => fc.tuple(fc.constant(at), fc.constantFrom(...pathsIn(contents[at]))));
  const values = fc.constantFrom(undefined, 0, -1, 1.5, 1e300, 1e-320, 7, '', 'x', null, {}, [], [7], true);

  test('it is read as a result that is as its schema says, or refused in a sentence', () => {
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(where, values, ([at, path_in], value) => {
        let after: number | undefined;
        const lines = contents.with(at, put(contents[at], path_in, value) as never).map((content, n) => {
          const { text, crc } = sealed(content, n + 1, after);
          after = crc;
          return text;
        });
        written(lines);
        try {
          const { result } = recalled();
          const stored: unknown = JSON.parse(JSON.stringify(result));
          expect(resultSchema.parse(stored)).toEqual(stored);
          read++;
        } catch (error) {
          expect(error).toBeInstanceOf(ToolError);
          refused++;
        }
      }),
      { numRuns: 150 },
    );
    expect([refused > 5, read > 50]).toEqual([true, true]);
  });
});
