import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../../result/result.ts';
import { check, type CheckRequest } from '../check.ts';

const root = join(import.meta.dirname, '../../..');

/** The program, and why there is none to test with. */
export const program = join(root, 'dist/main.js');
const notBuilt = existsSync(program) ? '' : ' (skipped: not built; npm run build)';

const imports = (path: string, module: string): boolean => {
  try {
    execFileSync(path, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** A Python that has a module: the one named, one in a virtual environment of this checkout, or the system's. */
function pythonWith(module: string, install: string): { python: string; why: string } {
  const named = process.env['PYTHON'];
  const all = [join(root, '.venv/bin/python'), join(root, '.venv/Scripts/python.exe'), 'python3'];
  const python = (named === undefined ? all : [named, ...all]).find((path) => imports(path, module));
  if (python !== undefined) return { python, why: notBuilt };
  const how = `python3 -m venv .venv && .venv/bin/pip install ${install}`;
  return { python: '', why: ` (skipped: no Python with ${install} here; ${how})` };
}

/** @returns the Python; `why` there is none to test with, empty where there is */
export const withWebsockets = (): { python: string; why: string } =>
  pythonWith('websockets.asyncio.server', 'websockets');
export const withQt = (): { python: string; why: string } => pythonWith('PyQt6.QtWebSockets', 'PyQt6');

const fixture = (name: string): string => join(root, 'src/checks/fixtures', name);

/** The commands of the servers of the tests, as a shell takes them. */
export const relayCommand = (python: string, ...switches: string[]): string =>
  [`"${python}"`, `"${fixture('relay.py')}"`, '--port {port}', ...switches].join(' ');
export const oddCommand = (kind: string): string => `"${process.execPath}" "${fixture('odd.mjs')}" ${kind} {port}`;

/** Starts a server that prints `listening on PORT`. */
export async function startFixture(command: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(command.replaceAll('{port}', '0'), {
    shell: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: `ws://127.0.0.1:${/\d+/.exec(line.toString())![0]}`,
    async stop() {
      process.kill(-child.pid!, 'SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** A check in seconds. What is waited for in vain is waited for so long; what comes may be late on a busy machine. */
export const lookAt = (request: Partial<CheckRequest>, signal = new AbortController().signal): Promise<Result> =>
  check(
    {
      run: { id: 'test00', started_at: new Date().toISOString() },
      layer: 'server',
      for_ms: 1500,
      wait_ms: 2000,
      qt: false,
      ...request,
    },
    {},
    signal,
  );

/** How each layer stands. */
export const standings = ({ check: found }: Result): Record<string, string> =>
  Object.fromEntries(found!.layers.map(({ layer, standing, not_run }) => [layer, not_run ? 'not run' : standing]));

/** What was found, the first first. */
export const causes = ({ check: found }: Result): string[] => found!.diagnosis.map(({ cause }) => cause);

/** The steps that failed. */
export const failures = ({ check: found }: Result): string[] =>
  found!.layers.flatMap(({ steps }) =>
    steps.filter(({ standing }) => standing === 'fail').map(({ id, says }) => `${id}: ${says}`),
  );
