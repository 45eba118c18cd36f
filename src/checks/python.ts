import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A Python that can run a Qt client, and its versions. */
export interface Python {
  command: string;
  args: string[];
  python: string;
  qt: string;
}

const ASK =
  'import platform, PyQt6.QtWebSockets, PyQt6.QtCore as q; print(platform.python_version(), q.QT_VERSION_STR)';
const ASK_MS = 10_000;

/** Where a Python may be, the one that somebody named first. */
function candidates(env: NodeJS.ProcessEnv): [command: string, ...args: string[]][] {
  const named = env['LOADTEST_PYTHON'];
  if (named) return [[named]];
  const venv = process.platform === 'win32' ? join('.venv', 'Scripts', 'python.exe') : join('.venv', 'bin', 'python');
  return [...(existsSync(venv) ? [[venv] as [string]] : []), ['python3'], ['python'], ['py', '-3']];
}

const ask = (command: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(command, [...args, '-c', ASK], { timeout: ASK_MS }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
  });

/** A Python with PyQt6 and its QtWebSockets; nothing where there is none. */
export async function findPython(env: NodeJS.ProcessEnv = process.env): Promise<Python | undefined> {
  for (const [command, ...args] of candidates(env)) {
    const [python, qt] = (await ask(command, args))?.split(' ') ?? [];
    if (python !== undefined && qt !== undefined) return { command, args, python, qt };
  }
  return undefined;
}

/** Why there is none, and how one gets it. */
export function noPython(env: NodeJS.ProcessEnv = process.env): { why: string; how: string } {
  const named = env['LOADTEST_PYTHON'];
  return {
    why: named ? `LOADTEST_PYTHON names ${named}, which is no Python with PyQt6` : 'there is no Python with PyQt6 here',
    how: 'python -m venv .venv, then .venv/bin/pip install PyQt6 (Windows: .venv\\Scripts\\pip); LOADTEST_PYTHON names another',
  };
}
