import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { builtUrl } from '../engine/programs.ts';
import { resultSchema, type Result } from '../result/result.ts';
import { refusal } from './testing/shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'loadtest-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = fileURLToPath(builtUrl('main.js'));
const serve = `"${process.execPath}" "${program}" serve --port {port} --quiet`;

/** The built program; what it says is kept, also when it said the last word. */
function start(...args: string[]): { child: ChildProcess; said: { out: string; at: number }; code: Promise<number> } {
  const child = spawn(process.execPath, [program, 'check', ...args], {
    cwd: folder,
    env: { ...process.env, LOADTEST_URL: '', LOADTEST_TOKEN: '', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', at: 0 };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      said.out += data.toString();
      said.at = performance.now();
    });
  }
  return { child, said, code: once(child, 'close').then(([code]) => code as number) };
}

const result = (out: string): Result =>
  JSON.parse(readFileSync(join(folder, out, 'latest/result.json'), 'utf8')) as Result;

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('check refuses', () => {
  it.each([
    ['--layer nowhere', '--layer takes reach, protocol, qt, server, workflow or load, not nowhere.'],
    ['--url nonsense', 'Did you mean ws://nonsense?'],
    ['--url http://localhost:1', 'Did you mean ws://localhost:1?'],
    ['--url ws://localhost:99999', 'whose port is a whole number from 1 to 65535'],
    ['--url ws://localhost:{port}', '--url holds {port}, which only --start fills in.'],
    ['--url ws://a --url ws://b', 'check looks at one server: give --url once.'],
    ['--subprotocol x', '--subprotocol is about a server of yours, and there is none.'],
    ['--open --report json', '--open opens the page, and --report leaves html out.'],
    ['steady', 'check takes options only, not steady.'],
    ['--for 5', '--for takes a time with its unit'],
    ['--users 5', 'check has no option --users: it belongs to loadtest run'],
  ])('%s', async (line, sentence) => {
    expect(await refusal(`check ${line}`, folder, {})).toContain(sentence);
  });
});

describe.concurrent('check, as it is installed,', () => {
  it.each<[string, string[], RegExp]>([
    ['a command that fails', ['--start', 'echo Error: no config >&2; exit 3 # {port}'], /ended \(exit 3\): Error: no/],
    ['a command that nobody knows', ['--start', 'no-such-command {port}'], /ended \(exit 127\): .*not\s+found/s],
    ['a command without its port', ['--start', 'python server.py'], /does not say\s+\{port\}/],
  ])('says of %s what is wrong, exits with 104, and leaves no folder', async (_, args, sentence) => {
    const out = `refused-${args[1]!.length}`;
    const { said, code } = start(...args, '--out', out);
    expect(await code).toBe(104);
    expect(said.out).toMatch(sentence);
    expect(existsSync(join(folder, out)) ? readdirSync(join(folder, out)) : []).toEqual([]);
  });

  it('says whose the port is where the command cannot have it', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { said, code } = start('--start', serve, '--url', `ws://127.0.0.1:${port}`);
    expect(await code).toBe(104);
    const words = said.out.replaceAll(/\s+/g, ' ');
    expect(words).toContain(`port ${port} is taken, so the server of --start cannot have it`);
    if (process.platform === 'linux') expect(words).toContain(`process ${process.pid} since `);
    holder.close();
  });

  it('ends at once after the verdict, whatever it met', async () => {
    const { said, code } = start('--url', 'ws://127.0.0.1:1', '--for', '200ms', '--out', 'refused');
    expect(await code).toBe(99);
    expect(performance.now() - said.at).toBeLessThan(1000);
    expect(said.out).toContain('Nothing listens on port 1.');
    expect(said.out).toContain('npx loadtest check --url ws://127.0.0.1:1 --layer reach');
    expect(said.out.trimEnd().split('\n').at(-1)).toBe(' exit   99 (a check failed)');
  });

  it('by Ctrl+C ends with 105, tells what there is, and leaves nothing running', async () => {
    const { child, said, code } = start('--start', serve, '--for', '60s', '--out', 'stopped');
    const port = await new Promise<number>((resolve) => {
      child.stdout!.on('data', () => {
        if (said.out.includes('3 server')) resolve(Number(/port (\d+)/.exec(said.out)![1]));
      });
    });
    const pressed = performance.now();
    child.kill('SIGINT');
    expect(await code).toBe(105);
    expect(performance.now() - pressed).toBeLessThan(10_000);
    expect(await listens(port)).toBe(false);
    const stored = result('stopped');
    expect(resultSchema.safeParse(stored).error).toBeUndefined();
    expect(stored).toMatchObject({ outcome: 'inconclusive', interrupted: 'stopped by Ctrl+C' });
    expect(stored.summary).toMatch(/^Ended in layer \d, stopped by Ctrl\+C: \d of \d layers had passed\.$/);
    expect(said.out).toContain('exit    105 (stopped by a signal)');
  }, 30_000);

  it('writes every form, renders them again, and with --json prints the result alone', async () => {
    const forms = 'html,json,junit,markdown';
    const short = ['--layer', 'protocol', '--for', '300ms', '--out', 'forms'];
    const { child, said, code } = start(...short, '--json', '--report', forms);
    let out = '';
    child.stdout!.on('data', (data: Buffer) => (out += data.toString()));
    expect({ code: await code, said: said.out.includes('PASS') }).toEqual({ code: 0, said: true });
    const printed = JSON.parse(out) as Result;
    expect(printed).toEqual(result('forms'));
    const run = readdirSync(join(folder, 'forms')).find((name) => name !== 'latest')!;
    const files = ['junit.xml', 'report.html', 'result.json', 'summary.md'];
    expect(readdirSync(join(folder, 'forms', run)).sort()).toEqual(files);
    for (const file of ['junit.xml', 'summary.md']) rmSync(join(folder, 'forms', run, file));
    const again = spawn(process.execPath, [program, 'report', 'latest', '--out', 'forms', '--report', forms], {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let screen = '';
    again.stdout.on('data', (data: Buffer) => (screen += data.toString()));
    expect(await once(again, 'close')).toEqual([0, null]);
    expect(screen).toMatch(/^0 reach {7}✓ 127\.0\.0\.1/);
    expect(screen).toContain('PASS');
    expect(readdirSync(join(folder, 'forms', run)).sort()).toEqual(files);
  });
});
