import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type CollabServer } from '../../server/server.ts';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { ToolError } from '../core/errors.ts';
import { commandLine } from './main.ts';
import { testShell } from './testing/shell.ts';

/** Short, and of no form that tools know. */
const SECRET = 'hush-9x';

let folder: string;
let server: CollabServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-secrets-'));
  server = await createServer({ port: 0 });
  writeFileSync(
    join(folder, 'mine.ts'),
    `const key = '${SECRET}'; import { defineScenario } from 'collab-loadtest';
     const editor = { kind: 'e', share: 1, edits: { arrivals: { pattern: 'even' }, mix: { add: 1, move: 1, update: 1, remove: 1 } } };
     export default defineScenario({ name: 'mine', about: typeof key, users: [editor], thresholds: [] });`,
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** All that a command line prints; a signal comes once it waits for one. */
async function printed(line: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ exit: number; text: string }> {
  const shell = testShell(folder, env);
  shell.onSignal = (handler) => {
    const later = line[0] === 'watch' ? setTimeout(() => handler('SIGINT'), 100) : undefined;
    return () => clearTimeout(later);
  };
  const said: string[] = [];
  const exit = await commandLine(line, shell).catch((error: unknown) => {
    if (!(error instanceof ToolError)) throw error;
    said.push(error.message, error.hint ?? '');
    return error.exitCode;
  });
  return { exit, text: [shell.stdout.text, shell.stderr.text, ...said].join('\n') };
}

/** Addresses that cannot be, with a secret in each part that may hold one. */
const ADDRESSES = [
  `ws://user:${SECRET}@host:abc`,
  `ws://user:${SECRET}@`,
  `ws://user:${SECRET}@h st`,
  `ws://user:${SECRET}@host/{room}`,
  `ws://user:${SECRET}@host/{user}`,
  `ws://user:a/${SECRET}@host`,
  `ws://user:a?${SECRET}@host`,
  `ws://user:a#${SECRET}@host`,
  `ws://user:12/${SECRET}@host`,
  `ws://user:12?${SECRET}@host`,
  `ws://user:a\\${SECRET}@host`,
  `ws://${SECRET}@host:0`,
  `ws://:${SECRET}@host:0`,
  `ws//user:${SECRET}@host`,
  `ws:/user:${SECRET}@host`,
  `wss:user:${SECRET}@host`,
  `http://user:${SECRET}@host`,
  `user:${SECRET}@host`,
  `${SECRET}@host`,
  `ws://host:abc/?key=${SECRET}`,
  `ws://host/x#${SECRET}`,
  `ws://host:{port}/?key=${SECRET}`,
  `http://host/?${SECRET}`,
];
const FIELD = `Authorization: Bearer ${SECRET}`;
/** Options of run that take something else than a field. */
const OTHERS = `users sessions rate items seed duration ramp-up settle deadline heartbeat workers
  transport shard run-id threshold abort-on require tag report fault server-pid
  server-metrics source-addresses subprotocol url config ca json vus target auth`.split(/\s+/);

describe('a secret is in no sentence of a refusal', () => {
  it.each<[string, string[][], NodeJS.ProcessEnv?]>([
    ...['run', 'check', 'watch'].map((command): [string, string[][]] => [
      `in an address of ${command}`,
      ADDRESSES.map((address) => [command, '--url', address]),
    ]),
    [
      'in an address of metrics',
      ADDRESSES.filter((one) => !one.startsWith('http')).map((one) => ['--url', 'ws://x', '--server-metrics', one]),
    ],
    [
      'in two addresses',
      ['check', 'watch'].map((command) => [
        command,
        ...[1, 2].flatMap(() => ['--url', `ws://u:${SECRET}@h/?k=${SECRET}`]),
      ]),
    ],
    [
      'in a field',
      [
        FIELD.replace(':', ''),
        `A b: ${SECRET}`,
        `Sec-WebSocket-Key: ${SECRET}`,
        `Host: ${SECRET}/`,
        `A: b\n${SECRET}`,
      ].map((text) => ['--header', text]),
    ],
    ['in a field given twice', [['--url', 'ws://x', '--header', FIELD, '--header', FIELD.toLowerCase()]]],
    [
      'in a field without a server',
      [
        ['--header', FIELD],
        ['check', '--header', FIELD],
      ],
    ],
    [
      'in a field without quotes',
      [
        ['--header', 'Authorization:', 'Bearer', SECRET],
        ['run', 'drag', '--header', 'Cookie:', `a=${SECRET}`],
      ],
    ],
    ['in the place of another value', OTHERS.flatMap((name) => [[`--${name}`, FIELD], [`--${name}=${FIELD}`]])],
    [
      'in the place of a scenario',
      [FIELD, ...ADDRESSES.slice(0, 16)].flatMap((text) => [[text], ['run', text], ['run', 'steady', text]]),
    ],
    [
      'in the place of a run',
      [
        ['report', FIELD],
        ['report', `ws://user:${SECRET}@host`],
      ],
    ],
    [
      'in a place where nothing is taken',
      ['check', 'watch', 'serve', 'echo', 'scenarios'].map((command) => [command, FIELD]),
    ],
    ['behind a letter', [[`-H${FIELD}`], ['-H', FIELD], [`-u${FIELD}`]]],
  ])('%s', async (_name, lines) => {
    for (const line of lines) {
      const { exit, text } = await printed(line);
      expect({ line, exit, found: text.includes(SECRET) }).toEqual({ line, exit: 104, found: false });
      expect(text.trim().length, line.join(' ')).toBeGreaterThan(20);
    }
  });

  it.each(ADDRESSES)('in LOADTEST_URL: %s', async (address) => {
    const { exit, text } = await printed(['--dry-run'], { LOADTEST_URL: address });
    expect({ exit, found: text.includes(SECRET) }).toEqual({ exit: 104, found: false });
    expect(text).toMatch(/LOADTEST_URL|\{port\}/);
  });

  it.each([`${SECRET}\n${SECRET}`, `Bearer ${SECRET}`, `${SECRET} ${SECRET}`, `${SECRET}é`])(
    'in LOADTEST_TOKEN',
    async (token) => {
      const { exit, text } = await printed(['--url', 'ws://x'], { LOADTEST_TOKEN: token });
      expect({ exit, found: text.includes(SECRET) }).toEqual({ exit: 104, found: false });
      expect(text).toContain('LOADTEST_TOKEN');
    },
  );

  it.each([
    `{"header": "${FIELD}" "users": 1}`,
    `{"header": ${FIELD}}`,
    `{"header": {"Authorization": "${SECRET}"}}`,
    `{"users": "${FIELD}"}`,
    `{"url": "ws://user:${SECRET}@host:abc"}`,
    `{"${FIELD}": 1}`,
    `{"header": "Host: ${SECRET}/"}`,
  ])('in a config file: %s', async (text) => {
    writeFileSync(join(folder, 'secret.json'), text);
    const said = await printed(['--config', 'secret.json']);
    expect({ exit: said.exit, found: said.text.includes(SECRET) }).toEqual({ exit: 104, found: false });
  });
});

describe('a secret is in nothing that is printed or written', () => {
  const PART = [
    '--users',
    '2',
    '--sessions',
    '1',
    '--duration',
    '1s',
    '--ramp-up',
    '0',
    '--settle',
    '0',
    '--deadline',
    '2s',
  ];

  /** Everything below a folder, in one text. */
  const written = (out: string): string =>
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');

  it.each<[string, string[], number[], NodeJS.ProcessEnv?]>([
    // On a machine that is too busy nobody may be in by the end.
    ['run', PART, [0, 2, 111]],
    ['run', [...PART, '--transport', 'ws', '--threshold', 'commands_sent:count<1', '--json'], [2, 99, 111]],
    ['run', ['--url', `ws://user:${SECRET}@127.0.0.1:1/?k=${SECRET}`], [111]],
    ['check', ['--layer', 'protocol', '--for', '200ms'], [0, 2]],
    ['check', ['--url', `ws://user:${SECRET}@127.0.0.1:1/${'?k='}${SECRET}`], [99]],
    ['watch', ['--listen', '0'], [0]],
  ])(
    '%s with %s',
    async (command, more, exits) => {
      const out = join(folder, `out-${command}-${more.length}`);
      const port = new URL(server.url).port;
      writeFileSync(
        join(folder, 'loadtest.config.json'),
        JSON.stringify({
          url: `ws://user:${SECRET}%2f50%off@127.0.0.1:${port}/?key=${SECRET}`,
          header: [`X-Key: ${SECRET}`, `Cookie: a=${SECRET}`],
        }),
      );
      const line = [
        command,
        ...(command === 'run' ? [join(folder, 'mine.ts')] : []),
        ...more,
        ...(command === 'watch' ? ['--record', `${out}.ndjson`] : ['--out', out]),
      ];
      const { exit, text } = await printed(line);
      rmSync(join(folder, 'loadtest.config.json'));
      expect(exits, text).toContain(exit);
      const all = `${text}\n${command === 'watch' ? readFileSync(`${out}.ndjson`, 'utf8') : exit === 111 ? '' : written(out)}`;
      expect(all).toContain('127.0.0.1');
      expect(all.includes(SECRET)).toBe(false);
      expect(all.includes(Buffer.from(`user:${SECRET}`).toString('base64').slice(0, 12))).toBe(false);
    },
    20_000,
  );

  it.each([
    ['run', false, [111]],
    ['run', true, [99]],
    ['check', false, [99]],
  ] as const)(
    '%s, also where the server repeats it as it closes (acknowledged: %s)',
    async (command, isIn, exits) => {
      const repeating = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      repeating.on('connection', (socket, { headers, url }) => {
        if (isIn) socket.send('{"type":"connection:ack"}');
        const close = (): void =>
          socket.close(4001, `no ${String(headers['x-key'])} ${headers.authorization} ${url!.slice(-12)}`);
        if (isIn) setTimeout(close, 300);
        else close();
      });
      await once(repeating, 'listening');
      const { port } = repeating.address() as AddressInfo;
      const out = join(folder, `repeating-${command}-${isIn}`);
      const address = ['--url', `ws://user:${SECRET}@127.0.0.1:${port}/?key=${SECRET}`, '--header', `X-Key: ${SECRET}`];
      const line = command === 'run' ? [command, join(folder, 'mine.ts'), ...PART] : [command, '--for', '200ms'];
      const { exit, text } = await printed([...line, ...address, '--out', out]);
      for (const client of repeating.clients) client.terminate();
      repeating.close();
      expect(exits, text).toContain(exit);
      const all = `${text}\n${exit === 111 ? '' : written(out)}`;
      expect(all).toContain('no … Basic … ');
      expect(all.includes(SECRET)).toBe(false);
    },
    20_000,
  );
});
