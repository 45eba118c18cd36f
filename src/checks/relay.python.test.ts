import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../result/result.ts';

const root = join(import.meta.dirname, '../..');

/** A Python that has `websockets`: the one named, one in a virtual environment of this checkout, or the system's. */
const python = [
  process.env['PYTHON'],
  join(root, '.venv/bin/python'),
  join(root, '.venv/Scripts/python.exe'),
  'python3',
]
  .filter((path) => path !== undefined)
  .find((path) => {
    try {
      execFileSync(path, ['-c', 'import websockets.asyncio.server'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
const program = join(root, 'dist/main.js');
const reason =
  python === undefined
    ? ' (skipped: no Python with websockets here; python3 -m venv .venv && .venv/bin/pip install websockets)'
    : existsSync(program)
      ? ''
      : ' (skipped: not built; npm run build)';

describe.skipIf(reason !== '')(`a Python relay on websockets${reason}`, () => {
  let relay: ChildProcess;
  let url = '';
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));

  beforeAll(async () => {
    relay = spawn(python!, [join(import.meta.dirname, 'fixtures/relay.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(relay.stdout!, 'data')) as [Buffer];
    url = `ws://127.0.0.1:${/\d+/.exec(line.toString())![0]}`;
  });

  afterAll(async () => {
    relay.kill('SIGTERM');
    await once(relay, 'exit');
    rmSync(folder, { recursive: true });
  });

  it('passes a run, which says what nobody can judge without versions, state and acknowledgements', async () => {
    const args = ['--url', url, '--users', '5', '--sessions', '4', '--ramp-up', '1s', '--settle', '500ms'];
    const child = execFile(process.execPath, [program, ...args, '--duration', '4s', '--out', folder, '--json']);
    let output = '';
    child.stdout!.on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    const result = JSON.parse(output) as Result;
    const failed = result.verdicts.filter(
      ({ standing, judge, explained_by }) =>
        standing !== 'pass' && judge !== 'generator' && explained_by !== 'generator',
    );
    expect(failed.map(({ judge, because }) => `${judge}: ${because}`)).toEqual([]);
    // 2 is: this machine was too busy to tell.
    expect([0, 2]).toContain(code);
    const claims = result.not_claimed.map(({ judge, because }) => `${judge}: ${because}`);
    expect(claims).toContain('order: the server gives its changes no versions');
    expect(claims.some((claim) => claim.startsWith('late-join: '))).toBe(true);
    expect(result.verdicts.map(({ judge }) => judge)).toEqual(
      expect.arrayContaining(['delivery', 'order', 'isolation', 'presence', 'heartbeat', 'convergence']),
    );
  }, 30_000);
});
