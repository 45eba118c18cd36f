import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { builtUrl } from './engine/programs.ts';
import { resultSchema, type Result } from './result/result.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-main-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHORT = ['--users', '3', '--sessions', '2', '--duration', '1s', '--ramp-up', '200ms', '--settle', '100ms'];

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** The built program, as it is installed. */
function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [fileURLToPath(builtUrl('main.js')), ...args], {
    cwd: folder,
    env: { ...process.env, LOADTEST_URL: '', LOADTEST_TOKEN: '', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to which a signal can be sent.
    detached: process.platform !== 'win32',
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...said })) };
}

const loadtest = (...args: string[]): Promise<Ended> => start(...args).ended;

/** What a run exits with in which nothing is wrong: 2 where the machine was too busy for it, which the run has to say. */
function exitOfSound({ verdicts }: Pick<Result, 'verdicts'>): number {
  expect(verdicts.filter(({ standing }) => standing === 'fail')).toEqual([]);
  return verdicts.find(({ judge }) => judge === 'generator')?.standing === 'pass' ? 0 : 2;
}
/** What a run has written so far; nothing before it has begun. */
function journalOf(out: string): string {
  const path = join(folder, out, 'latest/journal.ndjson');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
const stored = (out: string): Result =>
  JSON.parse(readFileSync(join(folder, out, 'latest/result.json'), 'utf8')) as Result;

describe.concurrent('the program', () => {
  it('answers bad input in a sentence of 80 columns on standard error, without a trace, and exits with 104', async () => {
    const { code, out, err } = await loadtest('--vus', '50');
    expect({ code, out }).toEqual({ code: 104, out: '' });
    expect(err).toBe(
      'loadtest: unknown option --vus. In k6 it counts all users; here it is --users N\n' +
        'per session, times --sessions N (50 users in all: --users 10 --sessions 5).\n',
    );
  });

  it('does not mind a reader that goes away', async () => {
    const { child, ended } = start('run', '--help');
    child.stdout!.destroy();
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('runs against the bundled server: exit 0, the outcome last, the reports in a folder of the run', async () => {
    const { code, out, err } = await loadtest(...SHORT, '--out', 'passing', '--report', 'html,json,junit,markdown,csv');
    expect({ code, err }).toEqual({ code: exitOfSound(stored('passing')), err: '' });
    expect(out).toMatch(code === 0 ? / PASS {3}.*\n(.*\n){0,3}$/ : / UNKNOWN {2}/);
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(readdirSync(join(folder, 'passing/latest')).sort()).toEqual([
      'journal.ndjson',
      'junit.xml',
      'report.html',
      'result.json',
      'summary.md',
      'timeline.csv',
    ]);
  });

  it('with --json prints the result on standard output and nothing else there', async () => {
    const { code, out, err } = await loadtest(...SHORT, '--json', '--seed', '7', '--tag', 'a=b');
    const result = resultSchema.parse(JSON.parse(out)) as Result;
    expect(code).toBe(exitOfSound(result));
    expect(result).toMatchObject({ seed: 7, tags: { a: 'b' }, scenario: 'steady', plan: { users_total: 6 } });
    expect(err).toContain('2 sessions × 3 users');
  });

  it('runs a TypeScript scenario of the user’s, with --quiet says the outcome alone', async () => {
    expect(await loadtest('init', 'mine.ts')).toMatchObject({ code: 0 });
    const { code, out } = await loadtest('run', './mine.ts', ...SHORT, '--quiet', '--out', 'own');
    expect(code).toBe(exitOfSound(stored('own')));
    expect(out).toMatch(code === 0 ? /^ PASS {3}/ : /^ UNKNOWN {2}/);
  });

  it('goes on where a scenario file prints and throws later, tells so on standard error, and exits with 107', async () => {
    writeFileSync(
      join(folder, 'later.ts'),
      `import { defineScenario } from 'collab-loadtest';
       console.log('printed by the file');
       setTimeout(() => { throw new Error('nobody caught this'); }, 700);
       export default defineScenario({
         name: 'later', about: '', thresholds: [], users: [{ kind: 'w', share: 1 }],
       });`,
    );
    const { code, out, err } = await loadtest('run', './later.ts', ...SHORT, '--json');
    expect(code).toBe(107);
    const result = resultSchema.parse(JSON.parse(out)) as Result;
    expect(result.errors).toMatchObject([
      { kind: 'scenario', message: 'nobody caught this (later.ts, line 3)', count: 1 },
    ]);
    expect(err).toContain('printed by the file');
    expect(err).toContain('✗ the scenario file threw: nobody caught this (later.ts, line 3)\n');
    expect(err).not.toMatch(/^ +at /m);
  });

  it('has one JSON document on standard output in every command that ends, and nothing else there', async () => {
    await loadtest(...SHORT, '--out', 'stored', '--quiet');
    const lines = [['scenarios'], ['init', 'said.ts'], ['--dry-run'], ['report', 'latest', '--out', 'stored']];
    for (const line of lines) {
      const { code, out, err } = await loadtest(...line, '--json', '--no-color');
      expect({ line, code, err }).toEqual({ line, code: 0, err: '' });
      expect(() => JSON.parse(out) as unknown, line.join(' ')).not.toThrow();
    }
    for (const quiet of [['scenarios'], ['init', 'hushed.ts'], ['report', 'latest', '--out', 'stored']]) {
      const { code, out } = await loadtest(...quiet, '--quiet', '--no-color');
      expect({ quiet, code }).toEqual({ quiet, code: 0 });
      expect(out.split('\n').length, quiet.join(' ')).toBeLessThan(12);
    }
  });

  it.each(['serve', 'echo'])('%s --json has nothing but lines of JSON on standard output', async (server) => {
    const { child, ended } = start(server, '--port', '0', '--json', '--no-color');
    await once(child.stdout!, 'data', { signal: AbortSignal.timeout(10_000) }).finally(() => child.kill('SIGTERM'));
    const { out } = await ended;
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => typeof (JSON.parse(line) as object))).toEqual(lines.map(() => 'object'));
  });

  it('exits with 99 where a verdict failed, and with 0 under --no-fail', async () => {
    const failing = [...SHORT, '--rate', '20', '--fault', 'echo=1', '--quiet', '--deadline', '500ms'];
    const { code, out } = await loadtest(...failing);
    expect(code).toBe(99);
    expect(out).toMatch(/^ FAIL {3}/);
    expect(out).toContain('99 (a verdict failed)');
    expect((await loadtest(...failing, '--no-fail')).code).toBe(0);
  });

  it('exits with 2 where something that was asked for could not be decided', async () => {
    const { code } = await loadtest('run', 'idle', ...SHORT, '--require', 'delivery', '--quiet');
    expect(code).toBe(2);
  });

  it('exits with 111 where nobody could join, says why, and leaves no folder', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { code, err } = await loadtest(...SHORT, '--url', `ws://127.0.0.1:${port}`, '--out', 'nobody');
    expect(code).toBe(111);
    expect(err).toMatch(/^loadtest: nobody could join/);
    expect(readdirSync(join(folder, 'nobody'))).toEqual([]);
  });

  it('lets no server write to the terminal by its reason for a close', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => socket.close(1008, 'a\u001b[31mred\u0007\nnew line'));
    await once(server, 'listening');
    const { code, err } = await loadtest(...SHORT, '--url', `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.close();
    expect(code).toBe(111);
    expect(err.replaceAll('\n', ' ')).toContain('“a\\u{1b}[31mred\\u{7} new line”');
  });

  const ownServer = `"${process.execPath}" "${fileURLToPath(builtUrl('main.js'))}" serve --quiet --port {port}`;
  it.skipIf(process.platform === 'win32').each([
    ['SIGINT', 'by-int', []],
    ['SIGTERM', 'by-term', []],
    ['SIGHUP', 'by-hup', []],
    ['SIGTERM', 'by-term-own', ['--start', ownServer]],
  ] as const)(
    'on a %s to all of its processes judges what there is and exits with 105: %s',
    async (signal, out, more) => {
      const { child, ended } = start('-u', '3', '-s', '2', '--ramp-up', '0', '--out', out, '--settle', '0', ...more);
      // Its journal's header and two seconds of it.
      await expect.poll(() => journalOf(out).split('\n').length, { timeout: 20_000 }).toBeGreaterThan(3);
      // As a terminal, a supervisor or timeout(1) sends it.
      process.kill(-child.pid!, signal);
      const { code, out: said } = await ended;
      expect(code).toBe(105);
      expect(said).toContain('105 (stopped by a signal)');
      const { verdicts, events } = stored(out);
      expect(verdicts.filter(({ standing }) => standing === 'fail')).toEqual([]);
      expect(events.map(({ kind }) => kind)).not.toContain('server-died');
    },
  );

  it.skipIf(process.platform === 'win32')(
    'watches until a signal, and waits no longer for who does not answer its close once there is a second one',
    async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      server.on('connection', (socket) => socket.pause());
      await once(server, 'listening');
      const target = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { child, ended } = start('watch', '--url', target, '--listen', '0');
      const said = async (what: RegExp): Promise<string> => {
        for (let text = ''; ;) {
          const [data] = (await once(child.stdout!, 'data')) as [Buffer];
          text += data.toString();
          const [found] = what.exec(text) ?? [];
          if (found) return found;
        }
      };
      const { hostname, port } = new URL(await said(/ws:\S+:\d+/));
      const mute = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      const shaken = once(mute, 'data');
      mute.write(
        'GET /ws/s/u HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
      await shaken;
      const closing = once(mute, 'data');
      child.kill('SIGINT');
      await closing;
      expect(child.exitCode).toBe(null);
      const first = performance.now();
      // All that come within a second of the first are one stop.
      const again = setInterval(() => child.kill('SIGINT'), 50);
      expect(await ended).toMatchObject({ code: 105, err: '' });
      expect(performance.now() - first).toBeGreaterThan(900);
      clearInterval(again);
      mute.destroy();
      server.close();
    },
  );

  it('serves until a signal ends it; a port that is taken is refused with 104', async () => {
    const { child, ended } = start('serve', '--port', '0', '--grace', '1s');
    const url = await new Promise<string>((resolve) => {
      let said = '';
      child.stdout!.on('data', (data: Buffer) => {
        said += data.toString();
        const [, found] = /Clients can connect to: (\S+)/.exec(said) ?? [];
        if (found) resolve(found);
      });
    });
    const { code, err } = await loadtest('serve', '--port', new URL(url.replace(/\/ws.*/, '')).port);
    expect(code).toBe(104);
    expect(err).toMatch(/^loadtest: .*port/);
    child.kill('SIGTERM');
    // Windows has no signals to end it in order.
    if (process.platform !== 'win32') expect((await ended).code).toBe(0);
    await ended;
  });

  it('renders a run again: from a damaged journal not in place of what the run itself found, and never as a pass', async () => {
    await loadtest(...SHORT, '--out', 'again', '--quiet');
    const run = join(folder, 'again/latest');
    const journal = join(run, 'journal.ndjson');
    const whole = readFileSync(join(run, 'result.json'), 'utf8');
    writeFileSync(journal, readFileSync(journal, 'utf8').split('\n').toSpliced(3, 1).join('\n'));
    rmSync(join(run, 'report.html'));
    const beside = await loadtest('report', 'latest', '--out', 'again');
    expect(beside).toMatchObject({ code: 0, err: '' });
    expect(beside.out.replaceAll(/\s+/g, ' ')).toContain(
      'note Its journal: 1 line is missing or damaged; the result is the one that was stored with it.',
    );
    expect(readFileSync(join(run, 'result.json'), 'utf8')).toBe(whole);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('1 line is missing or damaged');

    rmSync(join(run, 'result.json'));
    const alone = await loadtest('report', 'latest', '--out', 'again', '--report', 'json,junit,markdown');
    expect(alone).toMatchObject({ code: 0, err: '' });
    const { outcome, verdicts } = stored('again');
    expect({ outcome, passed: verdicts.filter(({ standing }) => standing === 'pass') }).toEqual({
      outcome: 'inconclusive',
      passed: [],
    });
    const SPAN = /nothing is kept (at|from) \d\d:\d\d:\d\d/;
    expect(alone.out.replaceAll(/\s+/g, ' ')).toMatch(SPAN);
    for (const file of ['junit.xml', 'summary.md']) expect(readFileSync(join(run, file), 'utf8')).toMatch(SPAN);
  });

  it.skipIf(process.platform === 'win32')(
    'looks at a run that goes on without touching it, and renders one that was killed',
    async () => {
      const { child, ended } = start('-u', '2', '-s', '1', '--ramp-up', '0', '--out', 'going', '--settle', '0');
      await expect.poll(() => journalOf('going').split('\n').length, { timeout: 20_000 }).toBeGreaterThan(2);
      const going = await loadtest('report', 'latest', '--out', 'going');
      expect(going).toMatchObject({ code: 0, err: 'loadtest: the run is still going on: no file of it is written.\n' });
      expect(going.out).toContain(' UNKNOWN ');
      const run = join(folder, 'going/latest');
      expect(readdirSync(run)).toEqual(['journal.ndjson']);
      child.kill('SIGKILL');
      await ended;
      expect(await loadtest('report', 'latest', '--out', 'going')).toMatchObject({ code: 0, err: '' });
      expect(stored('going')).toMatchObject({ outcome: 'inconclusive', gaps: [{ because: 'its journal has no end' }] });
    },
  );
});
