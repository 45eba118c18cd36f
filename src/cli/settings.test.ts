import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScenarioSpec } from '../scenario/define.ts';
import { readConfig } from './config-file.ts';
import { parseArguments } from './parse.ts';
import { settingsOf } from './settings.ts';
import { refusal } from './testing/shell.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'loadtest-settings-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = (...args: string[]) => parseArguments(args, ['steady', 'drag']);
const spec: ScenarioSpec = {
  name: 'mine',
  about: 'Mine.',
  users: [{ kind: 'watcher', share: 1 }],
  thresholds: [],
  defaults: { users: 3, heartbeat: '5s' },
};

describe('a command line', () => {
  it('reads short forms, --name=value, lists and switches', () => {
    const settings = settingsOf(
      line(
        '-u',
        '3',
        '-s=2',
        '--duration=1h30m',
        '-r',
        '2.5',
        '--tag',
        'a=1',
        '--tag',
        'b=x=y',
        '-q',
        '--shard',
        '2/3',
      ),
    );
    expect(settings).toMatchObject({ users: 3, sessions: 2, duration: 5_400_000, rate: 2.5, quiet: true, json: false });
    expect(settings.tag).toEqual([
      ['a', '1'],
      ['b', 'x=y'],
    ]);
    expect(settings.shard).toEqual({ index: 2, of: 3 });
  });

  it('has a default for everything that a run needs', () => {
    expect(settingsOf(line())).toMatchObject({
      users: 10,
      sessions: 5,
      rate: 1,
      items: 20,
      heartbeat: 30_000,
      duration: 30_000,
      'ramp-up': 5000,
      settle: 2000,
      deadline: 10_000,
      workers: 'auto',
      transport: 'net',
      out: 'reports',
      url: [],
      threshold: [],
      seed: undefined,
    });
  });

  it('takes --warmup for --settle, and --quiet=false for no --quiet', () => {
    expect(settingsOf(line('--warmup', '1s', '--quiet=false'))).toMatchObject({ settle: 1000, quiet: false });
  });

  it('may leave run out, and name a scenario, a file or nothing', () => {
    expect(line()).toMatchObject({ command: 'run', operands: [] });
    expect(line('drag')).toMatchObject({ command: 'run', operands: ['drag'] });
    expect(line('./mine.ts', '-u', '3')).toMatchObject({ command: 'run', operands: ['./mine.ts'] });
    expect(line('run', 'drag')).toMatchObject({ command: 'run', operands: ['drag'] });
    expect(line('serve', '--port', '0')).toMatchObject({ command: 'serve', operands: [] });
  });

  it('keeps what stands after --, which yargs drops unless it is told', () => {
    expect(line('report', 'a', '--', '-b')).toMatchObject({ command: 'report', operands: ['a', '-b'] });
  });

  it('keeps numbers as they were typed', () => {
    expect(line('report', '007').operands).toEqual(['007']);
    expect(settingsOf(line('--run-id', '000123'))['run-id']).toBe('000123');
  });
});

describe('who wins', () => {
  it('is the flag, the environment, the config file, the scenario, the default, in this order', async () => {
    writeFileSync(join(folder, 'a.json'), '{"url": "ws://config", "users": 4, "sessions": 4, "heartbeat": "4s"}');
    const { file: config } = await readConfig('a.json', folder);
    const env = { LOADTEST_URL: 'ws://env' };
    expect(settingsOf(line('--url', 'ws://flag', '-u', '5'), env, config, spec)).toMatchObject({
      url: ['ws://flag'],
      users: 5,
      sessions: 4,
      heartbeat: 4000,
      items: 20,
    });
    expect(settingsOf(line(), env, config, spec)).toMatchObject({ url: ['ws://env'], users: 4 });
    expect(settingsOf(line(), {}, config, spec)).toMatchObject({ url: ['ws://config'] });
    expect(settingsOf(line(), {}, undefined, spec)).toMatchObject({ users: 3, heartbeat: 5000, sessions: 5 });
  });

  it('sends LOADTEST_TOKEN as a bearer, unless a flag gives another authorisation', () => {
    const env = { LOADTEST_TOKEN: 'abc' };
    expect(settingsOf(line('--header', 'X-A: 1'), env).header).toEqual([
      ['X-A', '1'],
      ['Authorization', 'Bearer abc'],
    ]);
    expect(settingsOf(line('--header', 'authorization: Basic x'), env).header).toEqual([['authorization', 'Basic x']]);
  });
});

describe('a config file', () => {
  const write = (name: string, text: string): string => (writeFileSync(join(folder, name), text), name);

  it('may be TypeScript that imports the package, without anything beside it', async () => {
    const name = write(
      'typed.ts',
      `import { defineConfig } from 'collab-loadtest';
       const users: number = 7;
       export default defineConfig({ scenario: 'drag', users, threshold: ['lost:count==0'], 'no-fail': true });`,
    );
    const config = (await readConfig(name, folder)).file!;
    expect(config.scenario).toBe('drag');
    expect(settingsOf(line(), {}, config)).toMatchObject({ users: 7, threshold: ['lost:count==0'], 'no-fail': true });
  });

  it('is found by its name', async () => {
    expect(await readConfig(undefined, folder)).toEqual({ notes: [] });
    write('loadtest.config.json', '{"users": 8}');
    expect((await readConfig(undefined, folder)).file!.name).toBe('loadtest.config.json');
    rmSync(join(folder, 'loadtest.config.json'));
  });

  it.each([
    ['unknown.json', '{"usres": 1}', 'The config file unknown.json has an unknown option usres. Did you mean users?'],
    ['list.json', '{"users": [1]}', 'users in list.json is not a text or a number.'],
    ['switch.json', '{"open": 1}', 'open in switch.json is not true or false.'],
    ['array.json', '[]', 'The config file array.json does not hold an object with options.'],
    ['value.json', '{"users": 1.5}', 'users in value.json takes a whole number from 1 to 1000000, not 1.5.'],
    ['cut.json', '{"users": ', 'The config file cut.json does not parse'],
    ['cut.ts', 'export default {', 'The config file cut.ts does not parse (line 1): '],
    [
      'throws.ts',
      'throw new Error("no secrets here")',
      'The config file throws.ts threw while loading: no secrets here.',
    ],
    [
      'none.ts',
      'export const a = 1',
      'The config file none.ts has no default export. End it with: export default defineConfig',
    ],
    [
      'yaml.yml',
      'users: 1',
      'The config file yaml.yml is neither TypeScript nor JavaScript. Write it as .ts, .js or .json.',
    ],
  ])('%s with %s is refused', async (name, text, sentence) => {
    expect(await refusal(['--config', write(name, text)], folder)).toContain(sentence);
  });
});

describe('defaults of a scenario', () => {
  it('are read as options are, and are only of its own load', () => {
    expect(() => settingsOf(line(), {}, undefined, { ...spec, defaults: { users: 0 } })).toThrow(
      'users in the defaults of the scenario mine takes a whole number from 1 to 1000000, not 0.',
    );
    expect(() => settingsOf(line(), {}, undefined, { ...spec, defaults: { url: 'x' } as object })).toThrow(
      'The scenario mine has a default for url, which is none of its own to decide.',
    );
  });
});
