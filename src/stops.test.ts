import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtUrl } from './engine/programs.ts';
import { disorder, stopped } from './testing/stopped.ts';

const RUN = ['run', '-u', '3', '-s', '2', '-d', '60s', '--ramp-up', '200ms', '--settle', '0', '--out', 'OUT'];

describe('the entry of the program', () => {
  it('is read by Nodes that know no modules, so that each can say what it is too old for', async () => {
    const entry = readFileSync(builtUrl('main.js'), 'utf8');
    expect(() => new Script(entry)).not.toThrow();
    const plain = await transform(entry, { target: 'node12.0', supported: { 'dynamic-import': true } });
    expect(plain.code.match(/\bimport\b/g)).toHaveLength(1);
    const said: string[] = [];
    const old = { versions: { node: '18.20.8' }, stderr: { write: (text: string) => said.push(text) }, exitCode: 0 };
    new Script(entry).runInNewContext({ process: old });
    expect({ said, exitCode: old.exitCode }).toEqual({
      said: ['loadtest: this is Node 18.20.8, and Node 20.19 or later is needed.\n'],
      exitCode: 104,
    });
  });
});

it.runIf(process.platform === 'linux').each([24, 40, 80])(
  'a limit of %s open files is named, where it is too low to begin',
  (limit) => {
    const line = `ulimit -n ${limit}; exec "$0" "$1" run --dry-run -q`;
    const { status, stderr } = spawnSync('sh', ['-c', line, process.execPath, fileURLToPath(builtUrl('main.js'))], {
      encoding: 'utf8',
    });
    if (status === 0) return expect(limit).toBeGreaterThan(40);
    expect(stderr).toMatch(/^loadtest: [^\n]*files[^]*ulimit -n 1024\)?\.\n$/);
    expect(stderr.split('\n').length).toBeLessThan(4);
    expect(status).toBe(104);
  },
);

describe.runIf(process.platform === 'linux')('an output that cannot be written', () => {
  let cwd: string;
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'loadtest-output-'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));
  const printed = (line: string) =>
    spawnSync('sh', ['-c', `"$0" "$1" ${line}`, process.execPath, fileURLToPath(builtUrl('main.js'))], {
      encoding: 'utf8',
      cwd,
    });

  it.each(['scenarios --json', 'run --dry-run --json', 'check --help'])('is no success: %s', (line) => {
    const { status, stderr } = printed(`${line} > /dev/full`);
    expect(status).toBe(104);
    expect(stderr).toBe('loadtest: the output cannot be written: ENOSPC: no space left on device, write.\n');
  });

  it('leaves a worse exit code as it is, and is nothing to whom a reader leaves early', () => {
    expect(printed('check --url ws://127.0.0.1:1 --report json > /dev/full').status).toBe(99);
    expect(printed('scenarios --json | head -1').stderr).toBe('');
  });
});

describe.skipIf(process.platform === 'win32').concurrent('a stop', () => {
  it('ends a run in order at any moment: 105, a sentence, nothing left behind', async () => {
    const codes: (number | null)[] = [];
    // The first may come before Node can hear it; the last once the run has begun.
    for (const [nth, after_ms] of [60, 250, 450, 700, 1000].entries()) {
      const signal = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)[nth % 3]!;
      const end = await stopped(RUN, { after_ms, signal, to: 'group' });
      expect(disorder(end, [105]), `${signal} after ${after_ms} ms`).toEqual([]);
      codes.push(end.code);
    }
    expect(codes).toContain(105);
  });

  it.runIf(process.platform === 'linux')('that reaches each process of a run by itself is one, too', async () => {
    const own = `"${process.execPath}" "${fileURLToPath(builtUrl('main.js'))}" serve --quiet --port {port}`;
    for (const after_ms of [300, 500, 800]) {
      const end = await stopped([...RUN, '--start', own], { after_ms, signal: 'SIGTERM', to: 'all' });
      expect(disorder(end, [105]), `after ${after_ms} ms`).toEqual([]);
    }
  });

  it.each([
    ['check', ['check', '--out', 'OUT', '--for', '1s'], [105]],
    ['serve', ['serve', '--port', '0'], [105, 0]],
    ['scenarios', ['scenarios'], [105, 0]],
  ] as const)('ends %s in order', async (_name, line, ends) => {
    for (const after_ms of [200, 700]) {
      const end = await stopped(line, { after_ms, signal: 'SIGINT', to: 'group' });
      expect(disorder(end, ends), `after ${after_ms} ms`).toEqual([]);
    }
  });

  it('that goes on to the last moment of the process does not end it by itself', async () => {
    const child = spawn(process.execPath, [fileURLToPath(builtUrl('main.js')), 'serve', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const again = setInterval(() => child.kill('SIGHUP'), 1);
    // Where it takes a second to end, the signals after that are a second stop.
    const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearInterval(again);
    expect({ by, isInOrder: code === 0 || code === 105 }).toEqual({ by: null, isInOrder: true });
  });

  it('that comes as several signals within a second is one: what there is so far is judged and written', async () => {
    const end = await stopped(RUN, { after_ms: 3000, signal: 'SIGHUP', times: 5, to: 'group' });
    expect(disorder(end, [105])).toEqual([]);
    expect(end.code).toBe(105);
    // On a machine that takes so long to begin there is no result to keep.
    if (end.result) expect(end.result.interrupted).toBe('stopped by SIGHUP');
    else expect(end.err).toContain('before the run began');
  });
});
