import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executed } from '../engine/request.ts';
import { loadScenario } from '../engine/loader.ts';
import { COMMAND_NAMES } from './option.ts';
import { ALL_OPTIONS } from './options.ts';
import { exitOf } from './run.ts';
import { refusal, typed } from './testing/shell.ts';
import { columns, wrap } from './wrap.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'loadtest-commands-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length));

describe('help', () => {
  it.each(COMMAND_NAMES)('of %s has examples and all options of the command, within 80 columns', async (name) => {
    const { exit, out } = await typed(`${name} --help`);
    expect(exit).toBe(0);
    expect(out).toContain('Examples');
    expect(widest(out)).toBeLessThanOrEqual(80);
    for (const [option, { commands }] of Object.entries(ALL_OPTIONS)) {
      expect(out.includes(`--${option} `) || out.includes(`--${option}\n`), option).toBe(commands.includes(name));
    }
  });

  it('of the program lists the commands, within 80 columns', async () => {
    const { out } = await typed('--help');
    for (const name of COMMAND_NAMES) expect(out).toContain(`\n  ${name} `);
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect((await typed('-h')).out).toBe(out);
  });

  it('has no two options of one short form or name', () => {
    const names = Object.entries(ALL_OPTIONS).flatMap(([name, { short, alias }]) =>
      [name, short, alias].filter(Boolean),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('--version prints the version', async () => {
    expect((await typed('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('scenarios', () => {
  it('lists each with a sentence, or as names, or as JSON', async () => {
    const { out } = await typed('scenarios');
    for (const name of ['steady', 'drag', 'idle', 'churn']) expect(out).toMatch(new RegExp(`^  ${name} +[A-Z].*`, 'm'));
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect((await typed('scenarios --quiet')).out).toBe(
      'churn\ndrag\nhost-state\nidle\njoin-storm\nlate-join\nreconnect-storm\nslow-consumer\nsteady\n',
    );
    expect(JSON.parse((await typed('scenarios --json')).out)).toHaveLength(9);
  });
});

describe('init', () => {
  it('writes a scenario that loads as it is, and never writes over a file', async () => {
    const { out } = await typed('init mine', folder);
    expect(out).toBe('mine.ts is written. Run it:\n  npx collab-loadtest run ./mine.ts\n');
    const { spec } = await loadScenario(join(folder, 'mine.ts'));
    expect(spec.name).toBe('mine');
    const text = readFileSync(join(folder, 'mine.ts'), 'utf8');
    expect(await refusal('init mine.ts', folder)).toBe(
      'mine.ts is there already, and stays as it is. Name another: loadtest init other.ts.',
    );
    expect(readFileSync(join(folder, 'mine.ts'), 'utf8')).toBe(text);
  });

  it('says it in JSON where that is wanted', async () => {
    const { out } = await typed('init other.ts --json', folder);
    expect(JSON.parse(out)).toEqual({ file: 'other.ts', run: 'npx collab-loadtest run ./other.ts' });
  });
});

describe('--dry-run', () => {
  it('prints what the run would need, and starts and writes nothing', async () => {
    const out = join(folder, 'reports');
    const { exit, out: text } = await typed(['--users', '50', '--rate', '2', '--seed', '1', '--dry-run', '--out', out]);
    expect(exit).toBe(0);
    expect(text).toContain('steady: 5 sessions × 50 users = 250 users, seed 1\n');
    expect(text).toMatch(/^ {2}connections {2}250$/m);
    expect(text).toMatch(/^ {2}changes {6}500\/s$/m);
    expect(text).toMatch(/^ {2}deliveries {3}24,500\/s$/m);
    expect(existsSync(out)).toBe(false);
  });

  it('keeps to ASCII where a terminal has nothing else, as the help does', async () => {
    const plain = { LC_ALL: 'C', TERM: 'dumb', TERM_PROGRAM: '' };
    expect((await typed('--dry-run --seed 1', folder, plain)).out).toContain('5 sessions x 10 users = 50 users');
    expect((await typed('report --help', folder, plain)).out).toMatch(/^[\n -~]+$/);
  });

  it('refuses what cannot fit, with the limit and how to raise it', async () => {
    expect(await refusal('--users 1000 --sessions 1000 --dry-run')).toMatch(/open files .* --url, or raise/);
    expect(await refusal('--users 1000000 --sessions 1000000')).toMatch(/open files/);
  });

  it('prints the plan as JSON, without queries and headers', async () => {
    const { out } = await typed(['--url', 'ws://a:b@x/?token=secret', '--header', 'X: secret', '--dry-run', '--json']);
    expect(JSON.parse(out)).toMatchObject({ plan: { target: 'ws://x/', users_total: 50, shard: { index: 1, of: 1 } } });
    expect(out).not.toContain('secret');
  });

  it('replaces the thresholds of the scenario metric by metric', async () => {
    const { out } = await typed(['--threshold', 'broadcast_latency:p(95)<50', '--dry-run', '--json']);
    const { plan } = JSON.parse(out) as { plan: { thresholds: string[] } };
    expect(plan.thresholds).toEqual(['join_time:p(95)<5000', 'broadcast_latency:p(95)<50']);
  });
});

describe('every command', () => {
  it.each(COMMAND_NAMES)('%s takes --json, --quiet and --no-color', (name) => {
    for (const option of ['json', 'quiet', 'no-color']) expect(ALL_OPTIONS[option]!.commands).toContain(name);
  });
});

describe('the exit code', () => {
  const executed = (outcome: string, scenario_threw = false): Executed =>
    ({ result: { outcome }, scenario_threw }) as unknown as Executed;

  it.each([
    ['pass', false, false, false, 0],
    ['fail', false, false, false, 99],
    ['inconclusive', false, false, false, 2],
    ['fail', true, false, false, 107],
    ['fail', true, true, false, 105],
    ['pass', false, true, false, 105],
    ['fail', false, false, true, 0],
    ['inconclusive', false, false, true, 0],
    ['fail', false, true, true, 105],
    ['fail', true, false, true, 107],
  ])('of %s, scenario threw %s, stopped %s, --no-fail %s is %i', (outcome, threw, interrupted, noFail, code) => {
    expect(exitOf({ executed: executed(outcome, threw), interrupted }, noFail)).toBe(code);
  });
});

describe('wrapping', () => {
  it('breaks between words, keeps the margin, indents what goes on, and leaves long words whole', () => {
    expect(wrap('  aa bb cc', 4, 7)).toBe('  aa bb\n    cc');
    expect(wrap('a bbbbbbbbbb c', 0, 5)).toBe('a\nbbbbbbbbbb\nc');
    expect(wrap('a\n\nb')).toBe('a\n\nb');
    expect(
      columns(
        [
          ['a', 'one two'],
          ['long-name', 'x'],
        ],
        2,
        4,
      ),
    ).toBe('  a     one two\n  long-name\n        x');
  });
});
