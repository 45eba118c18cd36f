import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ToolError } from '../core/errors.ts';
import type { Result } from './result.ts';
import { discardFolder, findRun, folderName, makeFolder, readResult, writeResult } from './store.ts';

let out = '';
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => rmSync(out, { recursive: true }));

const run = (id: string, minute = 0) => ({
  id,
  started_at: `2026-03-01T20:${String(minute).padStart(2, '0')}:03.123Z`,
});

/** A run's folder as a run leaves it. */
function stored(id: string, minute = 0): string {
  const folder = makeFolder(out, run(id, minute), 'steady');
  writeFileSync(join(folder, 'journal.ndjson'), '');
  return folder;
}

describe('a run’s folder', () => {
  test('is named by when, what and which, without a character that Windows refuses', () => {
    expect(folderName(run('k3f9zq'), 'steady')).toBe('2026-03-01T20-00-03Z-steady-k3f9zq');
    expect(folderName(run('k3f9zq'), '../my: "drag"?*')).toMatch(/^[\w-]+$/);
    expect(folderName(run('k3f9zq'), 'x'.repeat(500)).length).toBeLessThan(80);
  });

  test('is made with its parents, and latest points to the newest', () => {
    out = join(out, 'deep', 'down');
    makeFolder(out, run('aaaaaa'), 'steady');
    const newest = makeFolder(out, run('bbbbbb', 1), 'steady');
    expect(readdirSync(newest)).toEqual([]);
    expect(join(out, readlinkSync(join(out, 'latest')))).toBe(newest);
    out = join(out, '..', '..');
  });

  test('is each run’s own: also of shards that begin in one second, and of a second one by the same id', () => {
    const made = [1, 2, 1].map((index) => makeFolder(out, run('aaaaaa'), 'steady', { index, of: 2 }));
    made.push(makeFolder(out, run('aaaaaa'), 'steady'), makeFolder(out, run('aaaaaa'), 'steady'));
    expect(made.map((folder) => folder.slice(out.length + 1))).toEqual(
      ['-1of2', '-2of2', '-1of2-2', '', '-2'].map((suffix) => `2026-03-01T20-00-03Z-steady-aaaaaa${suffix}`),
    );
    writeFileSync(join(made[2]!, 'journal.ndjson'), '');
    expect(findRun('aaaaaa', out).folder).toBe(made[2]);
    expect(readlinkSync(join(out, 'latest'))).toBe('2026-03-01T20-00-03Z-steady-aaaaaa-2');
  });

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'notes of last week\n')],
    ['an empty file', (path: string) => writeFileSync(path, '')],
    ['a link', (path: string) => symlinkSync('../elsewhere', path)],
  ])('leaves %s of somebody’s own called latest as it is; latest is then the newest all the same', (_what, make) => {
    const latest = join(out, 'latest');
    make(latest);
    const before = lstatSync(latest);
    const older = stored('aaaaaa', 1);
    discardFolder(makeFolder(out, run('bbbbbb', 2), 'steady'));
    expect(lstatSync(latest)).toMatchObject({ ino: before.ino, size: before.size, mode: before.mode });
    expect(findRun('latest', out).folder).toBe(older);
    expect(readdirSync(out).sort()).toEqual([basename(older), 'latest']);
    rmSync(older, { recursive: true });
    discardFolder(makeFolder(out, run('cccccc', 3), 'steady'));
    expect(lstatSync(latest).ino).toBe(before.ino);
  });

  test('is what a link or a text of an older run’s gives way to', () => {
    writeFileSync(join(out, 'latest'), '2026-03-01T19-00-03Z-my-drag-k3f9zq\n');
    const first = makeFolder(out, run('aaaaaa'), 'steady');
    expect(readlinkSync(join(out, 'latest'))).toBe(basename(first));
  });

  test('does not take a real folder called latest away', () => {
    mkdirSync(join(out, 'latest'));
    writeFileSync(join(out, 'latest', 'mine'), '');
    makeFolder(out, run('aaaaaa'), 'steady');
    expect(existsSync(join(out, 'latest', 'mine'))).toBe(true);
  });

  test('is taken back where nothing was written, and latest is the one before', () => {
    const older = stored('aaaaaa', 1);
    discardFolder(makeFolder(out, run('bbbbbb', 2), 'steady'));
    expect(join(out, readlinkSync(join(out, 'latest')))).toBe(older);
    discardFolder(older);
    expect(existsSync(older)).toBe(true);
  });

  test('that cannot be written is refused before anything starts', () => {
    writeFileSync(join(out, 'file'), '');
    const making = () => makeFolder(join(out, 'file'), run('aaaaaa'), 'steady');
    expect(making).toThrow(ToolError);
    expect(making).toThrow(/--out .*file/);
  });
});

describe('result.json', () => {
  test('is written whole or not at all', () => {
    const folder = stored('aaaaaa');
    const path = writeResult(folder, { run: 'aaaaaa' } as Result);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ run: 'aaaaaa' });
    mkdirSync(join(folder, 'result.json.tmp'));
    expect(() => writeResult(folder, { run: 'changed' } as Result)).toThrow();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ run: 'aaaaaa' });
  });

  test.each([
    ['is cut off', '{"schema":', /cannot be read/],
    ['is something else', '{"schema":"other"}', /no result of this version: at schema/],
  ])('that %s is refused in one sentence', (_, text, message) => {
    const path = join(out, 'result.json');
    writeFileSync(path, text);
    expect(() => readResult(path)).toThrow(message);
  });
});

describe('a stored run is found', () => {
  test('by its folder, a file in it, latest, or the beginning of its id or name', () => {
    const older = stored('aaaaaa', 1);
    const newer = stored('abcdef', 2);
    writeResult(older, {} as Result);
    const found = { folder: older, journal: join(older, 'journal.ndjson'), result: join(older, 'result.json') };
    expect(findRun(older, out)).toEqual(found);
    expect(findRun(join(older, 'result.json'), out)).toEqual({ folder: older, result: found.result });
    expect(findRun(join(older, 'journal.ndjson'), out)).toEqual(found);
    expect(findRun('aaa', out)).toEqual(found);
    expect(findRun('2026-03-01T20-01', out)).toEqual(found);
    expect(findRun('latest', out).journal).toBe(join(out, 'latest', 'journal.ndjson'));
    expect(findRun('abc', out)).toEqual({ folder: newer, journal: join(newer, 'journal.ndjson') });
  });

  test('where latest is a text file, as where links are not allowed', () => {
    const folder = stored('aaaaaa');
    rmSync(join(out, 'latest'));
    writeFileSync(join(out, 'latest'), `${folder.slice(out.length + 1)}\n`);
    expect(findRun('latest', out).folder).toBe(folder);
  });

  test('or what there is instead is said', () => {
    stored('aaaaaa', 1);
    stored('aabbbb', 2);
    mkdirSync(join(out, 'baselines'));
    expect(() => findRun('aa', out)).toThrow(/beginning of 2 runs/);
    expect(() => findRun('zzz', out)).toThrow(/no run zzz/);
    expect(() => findRun('latest', join(out, 'nowhere'))).toThrow(/no run latest/);
    try {
      findRun('zzz', out);
    } catch (error) {
      expect((error as ToolError).hint).toContain('aabbbb');
    }
  });
});
