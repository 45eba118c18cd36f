import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './loader.ts';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadtest-bundle-')));
  write('node_modules/module-only/package.json', '{"name": "module-only", "type": "module", "exports": "./a.js"}');
  write('node_modules/module-only/a.js', 'export const name = await "module";');
  write('node_modules/common/package.json', '{"name": "common", "main": "a.js"}');
  write('node_modules/common/a.js', "exports.name = require('./b').name;");
  write('node_modules/common/b.js', "exports.name = 'common';");
  write('data.json', '\ufeff{"name": "data"}');
  write(
    'lib/helper.js',
    "exports.sep = require('node:path').sep; exports.dir = __dirname; exports.beside = require(`./${'b'}eside`);",
  );
  write('lib/beside.js', "module.exports = 'beside';");
  write(
    'lib/typed.ts',
    "import { defineScenario } from 'collab-loadtest'; export const name: string = typeof defineScenario;",
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** A description that tells what its file found. */
const about = (found: string): string =>
  `defineScenario({ name: 'x', about: JSON.stringify(${found}), users: [{ kind: 'w', share: 1 }], thresholds: [] })`;
const IMPORTS = "import { defineScenario } from 'collab-loadtest';";

const found = async (path: string): Promise<unknown> => JSON.parse((await loadScenario(path)).spec.about) as unknown;

describe('a scenario file is run as Node would run it where it lies', () => {
  it('as CommonJS, with packages, files and names that are only known when it runs', async () => {
    const path = write(
      'common.cjs',
      `const { defineScenario } = require('collab-loadtest');
       const helper = require('./lib/helper');
       const name = './lib/beside.js';
       module.exports = ${about(`[
         helper.sep, helper.dir, helper.beside, require(name), require('common').name, require('./data').name,
         require.resolve('./lib/beside'), __filename, require.main === module,
       ]`)};`,
    );
    expect(await found(path)).toEqual([
      sep,
      join(folder, 'lib'),
      'beside',
      'beside',
      'common',
      'data',
      join(folder, 'lib/beside.js'),
      path,
      false,
    ]);
  });

  it('as a module, with CommonJS helpers, JSON, and names that are only known when it runs', async () => {
    const path = write(
      'module.mts',
      `#!/usr/bin/env -S npx loadtest run
       ${IMPORTS}
       import helper from './lib/helper.js';
       import data from './data.json' with { type: 'json' };
       /* é */ const [own, typed, json, pack] = ['./lib/beside.js', './lib/typed.ts', './data.json', 'module-only'];
       const text = "import(own)"; const all = [await import(own), await import(typed), await import(pack)];
       export default ${about(`[
         helper.sep, data.name, all[0].default, all[1].name, all[2].name, text, import.meta.dirname, __dirname,
         import.meta.resolve('./data.json'), require('node:os').EOL.length > 0,
       ]`)};`,
    );
    expect(await found(path)).toEqual([
      sep,
      'data',
      'beside',
      'function',
      'module',
      'import(own)',
      folder,
      folder,
      pathToFileURL(join(folder, 'data.json')).href,
      true,
    ]);
  });

  it.each([
    [
      'begun.cjs',
      "const { defineScenario } = require('collab-loadtest'); const part = ['beside'][0];\n module.exports = ",
      "[require('./lib/' + part), require(`./lib/${part}.js`)]",
    ],
    [
      'begun.ts',
      `${IMPORTS} const parts = ['beside', 'data'];\n export default `,
      "[(await import(`./lib/${parts[0]}.js`)).default, (await import( './' + parts[1] + '.json')).default.name, \"import('./' + x)\"]",
    ],
  ])('as %s, which begins names that end when it runs, beside files that are no code', async (name, text, all) => {
    write('lib/picture.png', 'x');
    write('lib/broken.ts', 'const = ;');
    const more = name.endsWith('.ts') ? ['data', "import('./' + x)"] : ['beside'];
    expect(await found(write(name, `${text}${about(all)};`))).toEqual(['beside', ...more]);
  });

  it.each([
    [
      'import-equals.cts',
      "import path = require('node:path'); import { defineScenario } from 'collab-loadtest';\nexport = ",
    ],
    [
      'compiled.js',
      'Object.defineProperty(exports, "__esModule", { value: true });\n' +
        "const { defineScenario } = require('collab-loadtest'); exports.options = {}; exports.default = ",
    ],
    [
      'own-require.js',
      `import { createRequire } from 'node:module'; ${IMPORTS} const require = createRequire(import.meta.url);
       if (require('./data.json').name !== 'data') throw new Error('other'); export default `,
    ],
  ])('as %s', async (name, text) => {
    expect(await found(write(name, `${text}${about('1')};`))).toBe(1);
  });

  it('with the paths of its tsconfig.json', async () => {
    write('paths/tsconfig.json', '{"compilerOptions": {"paths": {"@lib/*": ["./lib/*"]}}}');
    write('paths/lib/one.ts', 'export const one: number = 1;');
    expect(
      await found(write('paths/mine.ts', `import { one } from '@lib/one'; ${IMPORTS} export default ${about('one')};`)),
    ).toBe(1);
  });

  it.each([
    ['UTF-8', Buffer.from(`\ufeff#!/usr/bin/env node\n${IMPORTS} export default ${about('2')};`)],
    ['UTF-16', Buffer.from(`\ufeff${IMPORTS} export default ${about('2')};`, 'utf16le')],
  ])('behind the mark of %s', async (name, bytes) => {
    expect(await found(write(`${name}.ts`, bytes))).toBe(2);
  });
});

describe('code is never printed', () => {
  const SECRET = "const secret = 'sk-live-1';";
  it.each([
    ['gone.ts', "await import('./' + secret.slice(0, 2) + '.js');", 'threw while loading: Cannot find module'],
    [
      'asks.ts',
      "await import('./' + secret + '.js').catch((error) => { throw new Error(error.code); });",
      'loading: ERR_MODULE_NOT_FOUND.',
    ],
    ['package.ts', 'await import(`${secret}`);', "Cannot find module 'sk-live-1'"],
    ['bad.ts', "const at = './lib/bad.ts'; await import(at);", './lib/bad.ts does not parse (line 2): Unexpected ";".'],
    ['scheme.ts', "const at = 'foo:bar'; await import(at);", 'threw while loading'],
    ['stack.ts', 'throw new Error(new Error(secret.length).stack);', 'threw while loading: Error: 9.'],
    ['url.ts', 'throw new Error(new Error().stack.split("\\n")[1]);', 'threw while loading:     at url.ts'],
    ['helper.ts', "import './lib/bad.ts';", `does not parse (lib/bad.ts, line 2): Unexpected ";".`],
  ])('%s', async (name, text, sentence) => {
    write('lib/bad.ts', 'const a = 1;\nconst b = ;');
    const error = (await loadScenario(write(name, `${SECRET}\n${text}`)).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain(sentence);
    expect(error.message).not.toMatch(/base64|data:|place\.js/);
    expect(error.message.length).toBeLessThan(300);
  });
});
