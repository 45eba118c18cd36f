/** Everything that can be said of the code without running it: one line each, fast enough to run on every save. */
import { spawn } from 'node:child_process';

/** The tools are Node programs, and are started as such: no shell, no `.cmd` on Windows. */
const bin = (path: string, ...args: string[]): string[] => [`${import.meta.dirname}/node_modules/${path}`, ...args];

const CHECKS: Record<string, string[]> = {
  'lint, import direction': bin('oxlint/bin/oxlint'),
  format: bin('oxfmt/bin/oxfmt', '--check'),
  types: bin('typescript/bin/tsc', '-p', 'tsconfig.json'),
  'types of the page': bin('typescript/bin/tsc', '-p', 'src/page/tsconfig.json'),
  'types inside k6': bin('typescript/bin/tsc', '-p', 'tsconfig.k6.json'),
  'unused code': bin('knip/bin/knip.js', '--no-progress'),
  docs: bin('tsx/dist/cli.mjs', 'docs.ts', '--check'),
};

/** @returns whether it passed */
function check(name: string, args: string[]): Promise<boolean> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? 'ok    ' : 'failed'}  ${name.padEnd(24)} ${seconds} s\n`);
      if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
      resolve(code === 0);
    });
  });
}

const passed = await Promise.all(Object.entries(CHECKS).map(([name, args]) => check(name, args)));
process.exitCode = passed.every(Boolean) ? 0 : 1;
