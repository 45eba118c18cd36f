import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './config-file.ts';
import { commandLine } from './main.ts';
import { refusal, testShell, typed } from './testing/shell.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'loadtest-config-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string | Uint8Array): void => writeFileSync(join(folder, name), text);
const urls = async (): Promise<unknown> => (await readConfig(undefined, folder)).file?.texts.get('url');

describe('a config file is found by each of its names', () => {
  const esm = "export default { url: 'ws://mine' };";
  it.each<[string, string | Uint8Array]>([
    ['ts', esm],
    ['mts', esm],
    ['cts', "import path = require('node:path'); export = { url: 'ws://mine' + path.sep.slice(1) };"],
    ['js', "module.exports = { url: 'ws://mine' };"],
    ['mjs', esm],
    [
      'cjs',
      "const { defineConfig } = require('collab-loadtest'); exports.__esModule = true; exports.default = defineConfig({ url: 'ws://mine' });",
    ],
    ['json', '\ufeff{"url": "ws://mine"}'],
    ['json', Buffer.from('\ufeff{"url": "ws://mine"}', 'utf16le')],
  ])('.%s', async (ending, text) => {
    write(`loadtest.config.${ending}`, text);
    expect(await urls()).toEqual(['ws://mine']);
  });
});

describe('a file that is meant for one and is not read', () => {
  it.each(['yaml', 'yml', 'toml', 'JSON', 'json5', 'tsx', 'Ts'])(
    'loadtest.config.%s alone is refused by each',
    async (ending) => {
      write(`loadtest.config.${ending}`, 'url: ws://mine');
      for (const command of ['run', 'check', 'watch', 'report latest']) {
        expect(await refusal(command, folder)).toBe(
          `loadtest.config.${ending} is not read: a config file is loadtest.config.ts, .js or .json. loadtest.config.json holds options by their long names, such as {"users": 50, "duration": "5m"}.`,
        );
      }
    },
  );

  it.each(['.loadtestrc', 'load-test.config.ts', 'loadtest.conf.js', 'Loadtest.config.ts'])(
    'so is %s',
    async (name) => {
      write(name, '');
      expect(await refusal('--dry-run', folder)).toContain(`${name} is not read`);
    },
  );

  it('is named where another is read, and where it is of a name with a part more', async () => {
    for (const name of ['loadtest.config.cjs', 'loadtest.config.yaml', 'loadtest.config.json', 'loadtest.config.d.ts'])
      write(name, '{}');
    expect((await readConfig(undefined, folder)).notes).toEqual([
      'loadtest.config.json is not read, as loadtest.config.cjs is; --config FILE names another.',
      'loadtest.config.yaml is not read, as loadtest.config.cjs is; --config FILE names another.',
    ]);
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'loadtest-config-'));
    for (const name of [
      'loadtest.config.stage.ts',
      'loadtest.yaml',
      'loadtest.ts',
      'mine.json',
      'loadtest.config.js.bak',
    ])
      write(name, '');
    expect((await readConfig(undefined, folder)).notes).toEqual([
      'loadtest.config.stage.ts is not read unless --config names it.',
      'loadtest.yaml is not read unless --config names it.',
    ]);
    expect((await readConfig('mine.json', folder).catch(String)) as string).toContain('does not parse');
  });

  it('says nothing of what stands in it where it does not parse', async () => {
    write('loadtest.config.json', '{"header": Bearer s3cret}');
    const sentence = await refusal('--dry-run', folder);
    expect(sentence).toMatch(/^The config file loadtest\.config\.json does not parse: [^{]*\.$/);
    expect(sentence).not.toContain('s3cret');
  });
});

describe('each command takes of it what concerns it, and says what does not', () => {
  const CONFIG = '{"scenario": "idle", "users": 3, "url": ["ws://a", "ws://b"], "out": "kept", "open": false}';

  it('run takes it all', async () => {
    write('loadtest.config.json', CONFIG);
    const { out, err } = await typed('run --dry-run', folder);
    expect(out).toMatch(/^idle: 5 sessions × 3 users/);
    expect(err).toBe('');
  });

  it('check and watch take the address', async () => {
    write('loadtest.config.json', CONFIG);
    expect(await refusal('check', folder)).toBe('check looks at one server: give --url once.');
    expect(await refusal('watch', folder)).toContain('watch stands between an application and one server.');
    write('other.json', '{"url": "ws://127.0.0.1:1", "listen": 0}');
    expect(await refusal('watch --config other.json', folder)).toBe(
      'The config file other.json has listen, which only the command line takes. Type --listen there.',
    );
  });

  it('report takes the folder of the runs', async () => {
    write('loadtest.config.json', CONFIG);
    expect(await refusal('report latest', folder)).toContain('and kept has none of that name');
    expect(await refusal('report latest --out there', folder)).toContain('and there has none of that name');
  });

  it.each([
    ['check', 'scenario and users in loadtest.config.json are not for check.'],
    ['watch', 'scenario, users, out and open in loadtest.config.json are not for watch.'],
    ['report latest', 'scenario, url and users in loadtest.config.json are not for report.'],
  ])('%s', async (line, says) => {
    write('loadtest.config.json', CONFIG);
    const { err } = await spoken(line);
    expect(err.replaceAll(/\s+/g, ' ')).toBe(`loadtest: ${says} `);
  });
});

describe('variables that nobody reads', () => {
  it.each([
    ['LOADTEST_TOKN', 'LOADTEST_TOKN is no variable of this tool. Did you mean LOADTEST_TOKEN?'],
    ['LOADTEST_URLS', 'LOADTEST_URLS is no variable of this tool. Did you mean LOADTEST_URL?'],
    ['loadtest_token', 'loadtest_token is no variable of this tool. Did you mean LOADTEST_TOKEN?'],
    ['LOADTEST_RAMP_UP', 'LOADTEST_RAMP_UP is not read: it is --ramp-up, or ramp-up in a config file.'],
    ['LOADTEST_TOKEN', 'LOADTEST_TOKEN is not used: the bundled server asks for none.'],
  ])('%s is named', async (name, says) => {
    const { err } = await spoken(name === 'LOADTEST_TOKEN' ? '--dry-run' : 'report latest', { [name]: 's3cret' });
    expect(err.replaceAll(/\s+/g, ' ')).toBe(`loadtest: ${says} `);
  });

  it('a variable of the user’s own is not', async () => {
    expect((await spoken('report latest', { LOADTEST_MY_DATABASE: 'x', LOADTEST_URL: ' ' })).err).toBe('');
  });
});

/** What a command that is refused has said before. */
async function spoken(line: string, env = {}): Promise<{ err: string }> {
  const shell = testShell(folder, env);
  await commandLine(line.split(' '), shell).catch(() => undefined);
  return { err: shell.stderr.text };
}
