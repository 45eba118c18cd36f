import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-arrows-'));
  copyFileSync('.oxlintrc.json', join(folder, '.oxlintrc.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the linter says of files that each hold one import. */
function lint(imports: readonly (readonly [file: string, specifier: string])[]): string {
  for (const [file, specifier] of imports) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `import { a } from '${specifier}';\nexport const b = a;\n`);
  }
  const oxlint = resolve('node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'unix'], { cwd: folder, encoding: 'utf8' });
  rmSync(join(folder, 'src'), { recursive: true, force: true });
  rmSync(join(folder, 'server'), { recursive: true, force: true });
  rmSync(join(folder, 'scenarios'), { recursive: true, force: true });
  return stdout.replaceAll('\\', '/');
}

it('the linter refuses imports against the arrows of docs/architecture.md', () => {
  const against = [
    ['src/core/a.ts', '../plan/plan.ts'],
    ['src/core/b.ts', 'node:fs'],
    ['src/plan/a.ts', '../scenario/define.ts'],
    ['src/protocol/a.ts', '../oracles/delivery.ts'],
    ['src/scenario/a.ts', '../engine/loader.ts'],
    ['src/oracles/a.ts', 'node:timers'],
    ['src/load/a.ts', '../result/result.ts'],
    ['src/load/testing.ts', '../../server/hub.ts'],
    ['src/result/a.ts', '../judges/index.ts'],
    ['src/judges/a.ts', '../engine/execute.ts'],
    ['src/engine/a.ts', '../cli/run.ts'],
    ['src/checks/a.ts', '../reporters/screen.ts'],
    ['src/reporters/a.ts', '../live/progress.ts'],
    ['src/live/a.ts', '../judges/index.ts'],
    ['src/page/a.ts', '../engine/execute.ts'],
    ['server/a.ts', '../src/engine/execute.ts'],
    ['scenarios/a.ts', 'ws'],
    ['scenarios/b.ts', '../src/core/units.ts'],
  ] as const;
  const said = lint(against);
  for (const [file] of against) expect(said, file).toMatch(new RegExp(`${file}:1:.*no-restricted-imports`));
});

it('the linter lets imports along the arrows pass', () => {
  const along = [
    ['src/plan/a.ts', '../core/units.ts'],
    ['src/load/a.ts', '../oracles/delivery.ts'],
    ['src/engine/a.ts', '../judges/conclude.ts'],
    ['src/engine/b.ts', 'node:fs'],
    ['src/checks/a.ts', '../engine/execute.ts'],
    ['src/live/a.ts', '../reporters/screen.ts'],
    ['src/cli/a.ts', '../engine/execute.ts'],
    ['src/core/a.test.ts', 'node:fs'],
    ['server/a.ts', '../src/protocol/document.ts'],
    ['scenarios/a.ts', '../src/scenario/define.ts'],
  ] as const;
  expect(lint(along)).not.toContain('no-restricted-imports');
});
