import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, command } from '../../server/contract/client.ts';
import { createServer as createReference, type CollabServer } from '../../server/server.ts';
import { commandLine } from './main.ts';
import type { Result } from '../result/result.ts';
import { refusal, testShell, typed } from './testing/shell.ts';

let folder: string;
let server: CollabServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-watch-'));
  server = await createReference({ port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Watching {
  url: string;
  /** Presses Ctrl+C, and waits for the end. */
  stop(): Promise<{ exit: number; out: string; err: string }>;
}

/** `loadtest watch` with more options, once it listens. */
async function watching(...options: string[]): Promise<Watching> {
  const shell = testShell(folder, { LC_ALL: 'C.UTF-8' });
  let press = (_signal: NodeJS.Signals): void => {};
  const heard = {
    ...shell,
    onSignal(handler: (signal: NodeJS.Signals) => void) {
      press = handler;
      return () => undefined;
    },
  };
  const ended = commandLine(['watch', '--url', server.url, '--listen', '0', ...options], heard);
  const banner = /Connect the application to (\S+) instead/;
  const said = (): string => shell.stdout.text + shell.stderr.text;
  await Promise.race([ended, expect.poll(said, { timeout: 5000 }).toMatch(banner)]);
  return {
    url: banner.exec(said())![1]!,
    async stop() {
      press('SIGINT');
      return { exit: await ended, out: shell.stdout.text, err: shell.stderr.text };
    },
  };
}

async function converse(url: string): Promise<Client> {
  const client = new Client(`${url}/ws/optics/u07?token=secret`);
  await client.nextOf('connection:ack');
  client.send({ ...command('add_item', 1, { x_mm: 1, y_mm: 2 }), user_id: 'u07' });
  client.send('hello');
  await client.upToNow();
  return client;
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('loadtest watch', () => {
  it('shows a conversation in words, and at Ctrl+C closes it in order, says what it saw, and exits with 0', async () => {
    const { url, stop } = await watching();
    const client = await converse(url);
    const { exit, out, err } = await stop();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} u07 → command: u07 added lens 0000…01 at 1, 2$/m);
    expect(out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ✗ u07 breaks P14: A message is JSON: this could not be parsed$/m);
    expect(out).toMatch(/seen +1 connection, \d+ messages: 3 from applications, \d+ from the server/);
    expect(out).toMatch(/breaches +P14 × 1\n +ended +1 by this relay, as it was stopped \(1001\)\n$/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('keeps it in a recording whose first line is its header and whose last says that it is whole', async () => {
    const file = join(folder, 'talk.ndjson');
    const { url, stop } = await watching('--record', file);
    const client = await converse(url);
    // What was seen until now is there, whatever becomes of the process.
    const before = linesOf(readFileSync(file, 'utf8'));
    expect(before.filter(({ kind, from }) => kind === 'text' && from === 'client')).toHaveLength(3);
    await client.leave();
    const { out } = await stop();
    expect(out).toContain('loadtest run');
    const text = readFileSync(file, 'utf8');
    const [header, opened, ...others] = linesOf(text);
    expect(header).toMatchObject({ schema: 'collab-loadtest/recording/v1', target: server.url });
    expect(opened).toMatchObject({
      connection: 1,
      kind: 'open',
      path: '/ws/optics/u07',
      session: 'optics',
      user: 'u07',
    });
    expect(others.at(-2)).toMatchObject({ kind: 'end', by: 'client', code: 1000 });
    expect(others.at(-1)).toMatchObject({ end: { connections: 1 } });
    expect(text).not.toContain('secret');
  });

  it('with --json prints the recording, and nothing else there', async () => {
    const { url, stop } = await watching('--json');
    await (await converse(url)).leave();
    const { out, err } = await stop();
    const lines = linesOf(out);
    expect(lines[0]).toHaveProperty('schema', 'collab-loadtest/recording/v1');
    expect(lines.some(({ kind, rule }) => kind === 'breach' && rule === 'P14')).toBe(true);
    expect(lines.at(-1)).toHaveProperty('end');
    expect(err).toContain('u07 → command');
  });

  it('with --quiet prints only what it saw in all', async () => {
    const file = join(folder, 'quiet.ndjson');
    const shell = testShell(folder);
    let press = (): void => {};
    const ended = commandLine(['watch', '-q', '--url', server.url, '--listen', '0', '--record', file], {
      ...shell,
      onSignal: (handler) => ((press = () => handler('SIGTERM')), () => undefined),
    });
    await expect
      .poll(() => {
        try {
          return readFileSync(file, 'utf8');
        } catch {
          return '';
        }
      })
      .toContain('schema');
    press();
    expect(await ended).toBe(0);
    expect(shell.stdout.text).toMatch(/^\n {2}seen +0 connections, 0 messages/);
  });
});

describe('a reader of the output that does not keep up', () => {
  it('holds nobody up: lines are left out, and counted', async () => {
    const shell = testShell(folder, { LC_ALL: 'C.UTF-8' });
    let waiting = 0;
    let press = (): void => {};
    const stdout = Object.defineProperty(shell.stdout, 'writableLength', { get: () => waiting });
    const ended = commandLine(['watch', '--url', server.url, '--listen', '0'], {
      ...shell,
      stdout,
      onSignal(handler) {
        press = () => handler('SIGINT');
        return () => undefined;
      },
    });
    const banner = /Connect the application to (\S+) instead/;
    await expect.poll(() => shell.stdout.text).toMatch(banner);
    waiting = 2 * 1024 * 1024;
    const client = await converse(banner.exec(shell.stdout.text)![1]!);
    expect(shell.stdout.text).not.toContain('u07');
    waiting = 0;
    await client.leave();
    press();
    expect(await ended).toBe(0);
    expect(shell.stdout.text).toMatch(
      /^ +\d+ lines are left out: nobody read them in time\n\d\d:\d\d:\d\d\.\d{3} u07/m,
    );
  });
});

describe('what watch refuses', () => {
  it('a port that is taken, by its number', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const said = await refusal(`watch --url ws://localhost:1 --listen ${port}`);
    expect(said).toContain(`Port ${port} on 127.0.0.1 is taken by`);
    expect(said).toContain(`--listen ${port + 1}`);
    other.close();
  });

  it.each([
    ['watch', 'watch stands between an application and one server. Name the server once: --url ws://HOST:PORT.'],
    [
      'watch --url ws://a --url ws://b',
      'watch stands between an application and one server. Name the server once: --url ws://HOST:PORT.',
    ],
    ['watch ws://a', 'watch takes options only, not ws://a. The server is --url ws://HOST:PORT.'],
    ['watch --url ws://a --listen 65536', '--listen takes a whole number from 0 to 65535, not 65536.'],
    ['watch --url ws://a --users 3', 'watch has no option --users: it belongs to loadtest run.'],
  ])('%s', async (line, sentence) => {
    expect(await refusal(line)).toBe(sentence);
  });

  it('a recording that exists, or cannot be made', async () => {
    const there = join(folder, 'there.ndjson');
    writeFileSync(there, 'mine');
    expect(await refusal(['watch', '--url', server.url, '--listen', '0', '--record', there])).toBe(
      `--record ${there} exists already, and is not overwritten. Name a new file.`,
    );
    expect(await refusal(['watch', '--url', server.url, '--listen', '0', '--record', join(folder, 'no/x')])).toContain(
      'cannot be written: ENOENT',
    );
    expect(readFileSync(there, 'utf8')).toBe('mine');
  });
});

describe('from an application to a load', () => {
  it('what it said is played by twenty users, and goes by every judge', async () => {
    const file = join(folder, 'load.ndjson');
    const { url, stop } = await watching('--record', file);
    const first = new Client(`${url}/ws/optics/anna`);
    await first.nextOf('connection:ack');
    const second = new Client(`${url}/ws/optics/bert`);
    await second.nextOf('connection:ack');
    for (let n = 0; n < 5; n++) {
      first.send(command('add_item', n, { item_uuid: `${n}`, x_mm: n + 0.1, y_mm: -n, label: `Ø ${n}` }));
      second.send({ type: 'cursor', user_id: 'bert', x_mm: n, y_mm: n });
      await second.nextOf('command');
      second.send(command('update_item', n, { x_mm: n + 0.2, version: n }));
      await first.nextOf('command');
    }
    first.send(command('remove_item', 1, {}));
    await first.upToNow();
    await Promise.all([first.leave(), second.leave()]);
    await stop();
    const out = join(folder, 'runs');
    const shell = testShell(folder);
    // Whoever joins later than the recording begins skips what was due: a busy machine takes its time.
    const options = ['--users', '20', '--ramp-up', '200ms', '--settle', '2s', '--json', '--out', out];
    const exit = await commandLine(['run', file, ...options], shell);
    const result = JSON.parse(shell.stdout.text) as Result;
    // A busy machine leaves undecided what rests on time.
    expect([0, 2]).toContain(exit);
    expect(result.verdicts.filter(({ standing }) => standing === 'fail')).toEqual([]);
    expect(result.scenario).toBe('load');
    expect(result.plan).toMatchObject({ users: 20, sessions: 1, items: 0, model: 'open' });
    // 10 groups of two, 11 changes each, to 19 others.
    expect(result.metrics['commands_sent']).toMatchObject({ count: 110 });
    expect(result.metrics['cursors_sent']).toMatchObject({ count: 50 });
    expect(result.errors).toEqual([]);
  });

  it('a dry run knows what it would take, and its pace is its own', async () => {
    const file = join(folder, 'load.ndjson');
    const { exit, out } = await typed(['run', file, '--dry-run', '--users', '20'], folder);
    expect(exit).toBe(0);
    expect(out).toContain('load: 1 sessions × 20 users = 20 users');
    expect(out).toMatch(/plays +2 recorded users of 1 session, /);
    expect(await refusal(['run', file, '--rate', '3'])).toBe(
      '--rate does not change the pace of the recording load. Leave it out, and take more --users or --sessions for more load.',
    );
  });
});
