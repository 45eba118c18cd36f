import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ToolError } from '../core/errors.ts';
import { listScenarios, loadScenario, scenarioNames } from './loader.ts';
import { importFile } from './module.ts';

let folder: string;
beforeAll(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadtest-loader-')))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const scenario = (spec: string): string =>
  `import { defineScenario } from 'collab-loadtest'; export default defineScenario(${spec});`;

const refusal = async (path: string): Promise<string> => sentenceOf(await loadScenario(path).catch((thrown) => thrown));

function sentenceOf(error: unknown): string {
  expect(error).toBeInstanceOf(ToolError);
  const { message, hint } = error as ToolError;
  return `${message.replaceAll(folder, '…').replaceAll('\\', '/')}${hint ? ` ${hint}` : ''}`;
}

describe('scenarios that come with the tool', () => {
  it('are all listed, and all load again by their URL', async () => {
    const all = await listScenarios();
    expect(all.map(({ spec }) => spec.name)).toEqual(scenarioNames());
    const names = [
      'churn',
      'drag',
      'host-state',
      'idle',
      'join-storm',
      'late-join',
      'reconnect-storm',
      'slow-consumer',
      'steady',
    ];
    expect(scenarioNames()).toEqual(names);
    for (const { spec, url } of all) expect((await loadScenario(url)).spec).toEqual(spec);
  });

  it('are named where one is mistyped', async () => {
    expect(await refusal('stedy')).toBe(
      'There is no scenario stedy. Did you mean steady? If not, a file of your own is named with its path, ./stedy.ts.',
    );
  });
});

describe('a scenario in a file', () => {
  it('may be TypeScript with modules of its own, in a folder without a package', async () => {
    write('lib/shares.ts', 'export const share: number = 3;');
    const path = write(
      'mine.ts',
      `import { dirname } from 'node:path';
       import { defineScenario, type ScenarioSpec } from 'collab-loadtest';
       import { share } from './lib/shares';
       const spec: ScenarioSpec = {
         name: 'mine', about: dirname(import.meta.filename), users: [{ kind: 'watcher', share }], thresholds: [],
       };
       const mine = defineScenario(spec);
       export const { options } = mine;
       export default mine;`,
    );
    const { spec, url } = await loadScenario(path);
    expect(spec).toMatchObject({ name: 'mine', about: folder, users: [{ share: 3 }] });
    // The URL holds the code, so that workers run what the coordinator read.
    rmSync(path);
    expect((await loadScenario(url)).spec).toEqual(spec);
  });

  it('may import packages that lie beside it', async () => {
    write('beside/node_modules/shares/package.json', '{"name": "shares", "main": "index.cjs"}');
    write('beside/node_modules/shares/index.cjs', 'exports.share = 5;');
    const path = write(
      'beside/mine.mjs',
      `import { share } from 'shares';
       ${scenario("{ name: 'mine', about: '', users: [{ kind: 'w', share }], thresholds: [] }")}`,
    );
    expect((await loadScenario(path)).spec.users[0]!.share).toBe(5);
  });

  it.each([
    ['cut.ts', 'const a = 1;\nexport default {', 'The scenario …/cut.ts does not parse (line 2): Expected'],
    ['throws.ts', 'throw new Error("no server.json")', 'The scenario …/throws.ts threw while loading: no server.json.'],
    ['none.ts', 'export const a = 1;', 'The scenario …/none.ts has no default export. End it with'],
    ['other.ts', 'export default 3;', 'The scenario …/other.ts exports something else than a scenario by default.'],
    [
      'lost.ts',
      'import "./gone.ts";',
      'The scenario …/lost.ts cannot be loaded (line 1): Could not resolve "./gone.ts".',
    ],
    ['mine.txt', '', 'There is no scenario …/mine.txt'],
  ])('%s is refused', async (name, text, sentence) => {
    expect(await refusal(write(name, text))).toContain(
      name === 'mine.txt' ? 'neither TypeScript nor JavaScript' : sentence,
    );
  });

  it.each([
    ['forever.ts', 'while (true) {}', 'did not finish loading within 300 ms. Look for a loop'],
    ['waits.ts', 'await new Promise(() => setInterval(() => {}, 99));', 'did not finish loading within 300 ms. Look'],
  ])('%s, which never ends, is given up', async (name, text, sentence) => {
    const importing = importFile(write(name, text), { what: 'scenario', name, limit_ms: 300 });
    await expect(importing.catch(sentenceOf)).resolves.toContain(`The scenario ${name} ${sentence}`);
  });

  it.each([
    ['exits.ts', 'process.exit(0);', 'ended before it was loaded. Look for process.exit() in it'],
    ['never.ts', 'await new Promise(() => {});', 'ended before it was loaded.'],
    ['rejects.ts', 'Promise.reject(new Error("gone"));', 'threw while loading: gone.'],
    [
      'later.ts',
      'setImmediate(() => { throw new Error("gone"); }); await new Promise((go) => setTimeout(go, 99));',
      'threw',
    ],
    ['odd.ts', 'throw undefined;', 'threw while loading: undefined.'],
    ['code.ts', 'export default { spec: { name: () => "x" } };', 'exports a function or something else that is no'],
  ])('%s ends neither this process nor without a sentence', async (name, text, sentence) => {
    expect(await refusal(write(name, text))).toContain(`The scenario …/${name} ${sentence}`);
  });

  it('is loaded beside others', async () => {
    const names = ['first', 'second', 'third', 'fourth'];
    const text = (name: string) => `{ name: '${name}', about: '', users: [{ kind: 'w', share: 1 }], thresholds: [] }`;
    const paths = names.map((name) => write(`${name}.ts`, scenario(text(name))));
    expect((await Promise.all(paths.map(loadScenario))).map(({ spec }) => spec.name)).toEqual(names);
  });

  it('leaves nothing running that the file began', async () => {
    const path = write(
      'ticks.ts',
      `setInterval(() => { throw new Error('late'); }, 20);
       process.env.LOADTEST_TICKS = 'set';
       ${scenario("{ name: 'ticks', about: '', users: [{ kind: 'w', share: 1 }], thresholds: [] }")}`,
    );
    expect((await loadScenario(path)).spec.name).toBe('ticks');
    // As a config file does that reads a .env.
    expect(process.env['LOADTEST_TICKS']).toBe('set');
    delete process.env['LOADTEST_TICKS'];
  });

  it('that prints does so on standard error', async () => {
    const out = vi.spyOn(process.stdout, 'write');
    const said: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const prints = `console.log('one'); process.stdout.write('two'); console.error('three');`;
    await expect(loadScenario(write('prints.ts', `${prints} throw new Error('x')`))).rejects.toThrow('x');
    await loadScenario(
      write(
        'says.ts',
        `${prints} ${scenario("{ name: 's', about: '', users: [{ kind: 'w', share: 1 }], thresholds: [] }")}`,
      ),
    );
    for (const word of ['one', 'two', 'three']) expect(said.join('').split(word), word).toHaveLength(3);
    expect(out).not.toHaveBeenCalled();
  });

  it('that does not exist is refused', async () => {
    expect(await refusal(join(folder, 'gone.ts'))).toBe('There is no scenario …/gone.ts.');
  });
});

describe('a description that cannot be', () => {
  const editor = (edits: string): string =>
    `{ name: 'x', about: '', thresholds: [], users: [{ kind: 'e', share: 1, edits: ${edits} }] }`;
  const users = (text: string): string => `{ name: 'x', about: '', thresholds: [], users: ${text} }`;
  const storms = (text: string): string =>
    `{ name: 'x', about: '', thresholds: [], users: [{ kind: 'e', share: 1 }], storms: ${text} }`;
  const mix = 'mix: { add: 1, move: 0, update: 0, remove: 0 }';

  it.each([
    ['{}', 'its name is a short word of letters, digits, - and _, not nothing.'],
    ["{ name: 'a/b' }", 'its name is a short word of letters, digits, - and _, not "a/b".'],
    ["{ name: 'x', abuot: '' }", 'it has no field "abuot". Did you mean about?'],
    [users('[]'), 'users is a list of at least one kind of users.'],
    [users("[{ kind: 'e', share: 0 }]"), 'share of e is a number above 0, not 0.'],
    [users("[{ kind: 'e', share: '1' }]"), 'share of e is a number above 0, not "1".'],
    [users('[{ share: 1 }]'), 'users[0] needs a kind, a word such as "editor".'],
    [users("[{ kind: 'e', share: 1 }, { kind: 'e', share: 1 }]"), 'two kinds of users are called e.'],
    [
      users("[{ kind: 'e', share: 1, leaves: { after_s: 0, away_s: 1 } }]"),
      'after_s of e is a number of seconds above 0, not 0.',
    ],
    [
      users("[{ kind: 'e', share: 1, joins: [0.9, 0.1] }]"),
      'joins of e is two parts of the measured window such as [0.1, 0.9], not [0.9,0.1].',
    ],
    [
      users("[{ kind: 'e', share: 1, joins: [0, 30] }]"),
      'joins of e is two parts of the measured window such as [0.1, 0.9], not [0,30].',
    ],
    [
      users("[{ kind: 'e', share: 1, stops: { how: 'writing', at: 0.5 } }]"),
      'how e stops is reading, half-close or vanish, not "writing".',
    ],
    [
      users("[{ kind: 'e', share: 1, stops: { how: 'reading', at: 12 } }]"),
      'at in stops of e is a part of the measured window, 0 to 1, not 12.',
    ],
    [
      users("[{ kind: 'e', share: 1, stops: { how: 'reading', after: 1 } }]"),
      'stops of e has no field "after". Did you mean at?',
    ],
    [storms('{ at: 0.5 }'), 'storms is a list, not {"at":0.5}.'],
    [
      storms('[{ at: 0.5, share: 1 }, { at: -1, share: 1 }]'),
      'at in storms[1] is a part of the measured window, 0 to 1, not -1.',
    ],
    [storms('[{ at: 0.5, share: 0 }]'), 'share in storms[0] is a part of all users, above 0 and at most 1, not 0.'],
    [users("[{ kind: 'e', share: 1, cursors_per_second: -1 }]"), 'cursors_per_second of e is a number from 0, not -1.'],
    [
      editor("{ arrivals: { pattern: 'burst' }, " + mix + ' }'),
      'the arrivals of e have the pattern poisson, even or drag, not "burst".',
    ],
    [
      editor("{ arrivals: { pattern: 'drag', steps: [5, 1], per_second: [1, 2] }, " + mix + ' }'),
      'steps of e is a range such as [10, 60], not [5,1].',
    ],
    [
      editor("{ arrivals: { pattern: 'even' }, mix: { add: 0, move: 0, update: 0, remove: 0 } }"),
      'the mix of e is all zero, so there is nothing to do.',
    ],
    [
      editor("{ arrivals: { pattern: 'even' }, mix: { add: 1 } }"),
      'move in the mix of e is a number from 0, not nothing.',
    ],
    [editor("{ arrivals: { pattern: 'even' }, weight: 0, " + mix + ' }'), 'weight of e is a number above 0, not 0.'],
    ["{ name: 'x', about: '', users: [{ kind: 'e', share: 1 }] }", 'thresholds is a list of expressions'],
  ])('%s', async (spec, sentence) => {
    expect(await refusal(write('spec.ts', scenario(spec)))).toContain(`The scenario …/spec.ts: ${sentence}`);
  });
});
