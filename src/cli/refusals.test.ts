import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './testing/shell.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-refusals-'));
  writeFileSync(join(folder, 'taken'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was typed, and what it is answered with. Every one of them ends before anything is started. */
const USERS = '--users takes a whole number from 1 to 1000000, not';
const TIME = '--duration takes a time with its unit such as 500ms, 30s, 5m, 8h or 1h30m, not';
const HOST = '--url takes an address with a host, such as ws://localhost:8765, not';
const PORT = '--url takes an address whose port is a whole number from 1 to 65535, not';
const CERT = 'src/engine/testing/certificate.pem';
const CASES: [string | string[], string][] = [
  ['--users 0', `${USERS} 0.`],
  ['--users -1', `${USERS} -1.`],
  ['--users=-1', `${USERS} -1.`],
  ['-u -1', `${USERS} -1.`],
  ['--users 1.5', `${USERS} 1.5.`],
  ['--users abc', `${USERS} abc.`],
  ['--users 1e9', `${USERS} 1e9.`],
  ['--users', `${USERS} nothing.`],
  ['--users 1e400', `${USERS} 1e400.`],
  ...['drag --users 5 6', '--users 5 6', 'run -- 6', '--duration 1h 6'].map((line): [string, string] => [
    line,
    '6 is no scenario, and belongs to no option. An option takes one value; behind -- there are no options.',
  ]),
  [
    ['-u', '5', '--', '--sessions'],
    '--sessions is no scenario, and belongs to no option. An option takes one value; behind -- there are no options.',
  ],
  ['--users 0x10', `${USERS} 0x10.`],
  ['--users 5,000', `${USERS} 5,000. Did you mean 5000?`],
  ['--users 1_000_000', `${USERS} 1_000_000. Did you mean 1000000?`],
  [['--users', '1\u00a0500'], `${USERS} 1\u00a0500. Did you mean 1500?`],
  ['--users １０', `${USERS} １０. Did you mean 10?`],
  ['--users 1.000', `${USERS} 1.000.`],
  ['--rate 1,5', '--rate takes a number from 0 to 10000, not 1,5.'],
  ['--rate 1e400', '--rate takes a number from 0 to 10000, not 1e400.'],
  ['idle --rate 5', '--rate is of users who make changes, and the scenario idle has none. Leave it out.'],
  [
    `serve --max-backlog ${'9'.repeat(30)}`,
    `--max-backlog takes a size such as 512KiB, 4MiB or 1GiB, not ${'9'.repeat(30)}.`,
  ],
  ['--users 1 --users 2', '--users is given twice: 1 and 2. Give it once.'],
  ['-u=', '-u= has no value. Write -u N, or --users=N.'],
  ['merge a b', 'merge is not part of this version yet. loadtest --help lists the commands that are.'],
  ['-u 1 --users=1', '--users is given twice: 1 and 1. Give it once.'],
  ['--settle 1s --warmup 2s', '--settle is given twice: 1s and 2s. Give it once.'],
  ['-d 30', '--duration takes a time with its unit such as 500ms, 30s, 5m, 8h or 1h30m, not 30. Did you mean 30s?'],
  ['-d soon', '--duration takes a time with its unit such as 500ms, 30s, 5m, 8h or 1h30m, not soon.'],
  ['-d 0', '--duration takes at least 100ms, not 0.'],
  ['-d 99999999h', '--duration takes at most 24d (24 days), not 99999999h.'],
  ['--ramp-up 25d', '--ramp-up takes at most 24d (24 days), not 25d.'],
  ['--settle 24d1ms', '--settle takes at most 24d (24 days), not 24d1ms.'],
  ['--deadline 1000h', '--deadline takes at most 24d (24 days), not 1000h.'],
  ['--heartbeat 99999m', '--heartbeat takes at most 24d (24 days), not 99999m.'],
  ['serve --grace 25d', '--grace takes at most 24d (24 days), not 25d.'],
  ['-d -1s', `${TIME} -1s.`],
  ['-d=-1s', `${TIME} -1s.`],
  ['--duration -1s', `${TIME} -1s.`],
  ['-s2x', '--sessions takes a whole number from 1 to 1000000, not 2x.'],
  ['-u=-1', `${USERS} -1.`],
  ['-u-1', `${USERS} -1.`],
  ['-r -.5x', '--rate takes a number from 0 to 10000, not -.5x.'],
  ['--warmup -1s', TIME.replace('duration', 'settle') + ' -1s.'],
  ['--json=maybe', '--json takes no value, not maybe. Write --json alone.'],
  ['-users 5', 'unknown option -users. Did you mean --users?'],
  ['-vus 5', 'unknown option -vus. In k6 it counts all users; here it is --users N per session, times --sessions N.'],
  ['--rate -1', '--rate takes a number from 0 to 10000, not -1.'],
  ['--rate NaN', '--rate takes a number from 0 to 10000, not NaN.'],
  ['--seed 1.5', '--seed takes a whole number from 0 to 4294967295, not 1.5.'],
  ['--url http://x:1', '--url takes a ws:// or wss:// address, not http://x:1. Did you mean ws://x:1?'],
  ['--url https://x', '--url takes a ws:// or wss:// address, not https://x. Did you mean wss://x?'],
  ['--url ws://', `${HOST} ws://.`],
  ['--url ws:///', `${HOST} ws:///.`],
  ['--url ws:///p', `${HOST} ws:///p.`],
  ['--url ws://:80', `${HOST} ws://:80.`],
  ['--url ws://?x', `${HOST} ws://?….`],
  ['--url ws://user:pw@', `${HOST} ws://.`],
  ['--url ws://host:99999', `${PORT} ws://host:99999.`],
  ['--url ws://host:abc', `${PORT} ws://host:abc.`],
  ['--url ws://user:pw@host:abc', `${PORT} ws://host:abc.`],
  ['--url ws://[::1]:0', `${PORT} ws://[::1]:0.`],
  ['--url ws://[::1', '--url takes an address with the name or the number of a host, not ws://[::1.'],
  [['--url', 'ws://h st'], '--url takes an address without spaces and backslashes, not ws://h st.'],
  [
    '--url localhost:8765',
    '--url takes an address such as ws://localhost:8765, not localhost:8765. Did you mean ws://localhost:8765?',
  ],
  ['--url ws://x/{room}', '--url takes no braces but {session}, {user} and {port}, not ws://x/{room}.'],
  ['--url ws://x/{user}', '--url takes both {session} and {user}, or neither, not ws://x/{user}.'],
  ['--url http://x?token=secret', '--url takes a ws:// or wss:// address, not http://x?…. Did you mean ws://x?…?'],
  ['--url ws://x:{port}', '--url holds {port}, which only --start fills in.'],
  ['--header secret', '--header takes "Name: value" in one line.'],
  [['--header', 'A b: c'], '--header takes "Name: value" in one line.'],
  [['--header', 'X: a\r\nY: b'], '--header takes "Name: value" in one line.'],
  [['--header', 'Cookie:', 'a=1'], '--header gives Cookie no value. Quote both together: --header "Cookie: VALUE".'],
  [
    ['--header', 'SEC-WebSocket-protocol: chat.v1'],
    '--header gives SEC-WebSocket-protocol, which belongs to the handshake itself. A sub-protocol is offered with --subprotocol NAME.',
  ],
  ...['Sec-WebSocket-Key', 'sec-websocket-version', 'Connection', 'upgrade', 'Content-Length', 'transfer-encoding'].map(
    (name): [string[], string] => [
      ['check', '--header', `${name}: 13`],
      `--header gives ${name}, which belongs to the handshake itself. Leave it out.`,
    ],
  ),
  [['--header', 'host: a/b'], '--header gives a Host that is no host. Such as --header "Host: app.example.com".'],
  [
    ['--url', 'ws://x', '--header', 'Host: a', '--header', 'HOST: b'],
    'The header Host is given twice, and a request has one. Give it once.',
  ],
  [
    ['--url', 'ws://u:p@x', '--header', 'authorization: Basic x'],
    'The address has a user or password, and a header or LOADTEST_TOKEN another authorisation. Leave one of them out.',
  ],
  [
    '--url ws://x --subprotocol a,b',
    '--subprotocol takes a name without spaces and commas, not a,b. Several: --subprotocol for each.',
  ],
  ['--url ws://x --subprotocol a --subprotocol a', '--subprotocol a is given twice. Give it once.'],
  ...[
    'ws://u:p/w@x',
    'ws://u:p?w@x',
    'wss://u:p#w@x/y',
    'ws://u:12/34@x',
    'ws://x/@room',
    'ws://u:1?2@x',
    'ws://x/a@b?c=d',
  ].flatMap((url) =>
    ['run', 'check', 'watch'].map((command): [string[], string] => [
      [command, '--url', url],
      '--url has an @ behind a /, ? or #. In a user or password write / as %2F, ? as %3F and # as %23; in a path write @ as %40.',
    ]),
  ),
  ['--url ws://a,ws://b', '--url takes one address, not ws://a,ws://b. Give it once for each.'],
  ['--shard 3/2', '--shard takes i/n with i from 1 to n, not 3/2. Of 2 there are 1/2 to 2/2.'],
  ['--shard 0/2', '--shard takes i/n with i from 1 to n, not 0/2. Of 2 there are 1/2 to 2/2.'],
  ['--shard 1', '--shard takes i/n, such as 1/3 for the first of three, not 1.'],
  ['--shard 7/7', '--shard 7/7 has nothing to do: there are only 5 sessions.'],
  ['--run-id toolong', '--run-id takes six characters of a-z and 0-9, not toolong.'],
  ['--transport tcp', '--transport takes net or ws, not tcp.'],
  [
    '--require delivry',
    '--require takes convergence, delivery, order, isolation, presence, late-join, slow-readers, heartbeat, disconnects, thresholds or generator, not delivry. Did you mean delivery?',
  ],
  ['--report html,pdf', '--report takes html, json, junit, markdown or csv, not pdf.'],
  ['--open --report json', '--open opens the page, and --report leaves html out.'],
  ['--tag commit', '--tag takes name=value, not commit.'],
  ['--fault dorp=1', '--fault knows no dorp. Did you mean drop?'],
  ['--fault slow=20', '--fault slow takes a time or a share of a core, such as slow=20ms or slow=20%, not 20.'],
  [
    '--fault drop=0.1 --url ws://x',
    '--fault is for the bundled server, and the target is a server of yours. Leave out --url (or LOADTEST_URL) and --start, or leave out --fault.',
  ],
  ['--server-pid 1', '--server-pid is about a server of yours, and there is none. Add --url ws://HOST:PORT.'],
  [
    '--server-metrics http://x/m',
    '--server-metrics is about a server of yours, and there is none. Add --url ws://HOST:PORT.',
  ],
  [
    '--server-metrics localhost:1?k=secret --url ws://x',
    '--server-metrics takes an address such as http://localhost:9100/metrics, not localhost:1.',
  ],
  ['--server-metrics http://x:{port}/m --url ws://x', '--server-metrics holds {port}, which only --start fills in.'],
  [
    ['--start', 'x', '--server-pid', '1'],
    '--server-pid is not needed with --start, which knows the process it started.',
  ],
  [
    '--ca absent.pem --url wss://x',
    "--ca absent.pem cannot be read: ENOENT: no such file or directory, open 'absent.pem'.",
  ],
  [
    '--ca x.pem --url ws://x',
    '--ca is about wss://, and the address has no TLS. Write wss:// in --url, or leave it out.',
  ],
  [
    'watch --key x.pem --cert y.pem --url ws://x',
    '--cert is about wss://, and the address has no TLS. Write wss:// in --url, or leave it out.',
  ],
  ['--cert x.pem', '--cert is about a server of yours, and there is none. Add --url ws://HOST:PORT.'],
  ['check --key x.pem', '--key is about a server of yours, and there is none. Add --url ws://HOST:PORT.'],
  ['check --key x.pem --url wss://x', '--key is the key of a certificate, and there is none. Add --cert FILE.'],
  [
    '--cert package.json --url wss://x',
    '--cert package.json holds no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----.',
  ],
  [`--cert ${CERT} --url wss://x`, `--cert ${CERT} needs its private key. Add --key FILE.`],
  [
    `--cert ${CERT} --key absent.pem --url wss://x`,
    "--key absent.pem cannot be read: ENOENT: no such file or directory, open 'absent.pem'.",
  ],
  [
    `--cert ${CERT} --key ${CERT} --url wss://x`,
    `--key ${CERT} holds no private key in PEM form. It begins with -----BEGIN PRIVATE KEY-----. Out of a .p12 or .pfx: openssl pkcs12 -in FILE -nodes -nocerts.`,
  ],
  [
    `--cert ${CERT} --key src/checks/fixtures/early.pem --url wss://x`,
    `--key src/checks/fixtures/early.pem is not the key of ${CERT}: the two do not belong together.`,
  ],
  [
    'steady drag',
    'run takes one scenario, not steady and drag. A scenario may mix kinds of users by share: loadtest init writes one.',
  ],
  [
    'run stedy',
    'There is no scenario stedy. Did you mean steady? If not, a file of your own is named with its path, ./stedy.ts.',
  ],
  ['stedy', 'no command and no scenario is called stedy. Did you mean steady?'],
  ['serv', 'no command and no scenario is called serv. Did you mean serve?'],
  [
    'xyzzy',
    'no command and no scenario is called xyzzy. loadtest --help lists the commands, loadtest scenarios the scenarios.',
  ],
  ['--userz 3', 'unknown option --userz. Did you mean --users?'],
  ['--warmpu 3s', 'unknown option --warmpu. Did you mean --warmup?'],
  ['-quiet', 'unknown option -quiet. Did you mean --quiet?'],
  ['--constructor 3', 'unknown option --constructor. loadtest --help lists what there is.'],
  ['--soak', 'unknown option --soak. loadtest run --help lists what there is.'],
  ['--port 3', 'run has no option --port: it belongs to loadtest serve, echo.'],
  ['serve --users 3', 'serve has no option --users: it belongs to loadtest run.'],
  ['serve --prot 3', 'unknown option --prot. Did you mean --port?'],
  ['serve 8765', 'serve takes options only, not 8765. The port is --port N: loadtest serve --help.'],
  ['serve --max-backlog lots', '--max-backlog takes a size such as 512KiB, 4MiB or 1GiB, not lots.'],
  ['scenarios drag', 'scenarios takes nothing, not drag. Run one by its name: loadtest run NAME.'],
  ['report', 'report takes the runs to render. The newest: loadtest report latest.'],
  ['init a b', 'init writes one file, not 2.'],
  ['init mine.js', 'init writes TypeScript, so mine.js must end in .ts. It needs no build step.'],
  ['--config absent.ts', 'There is no config file absent.ts.'],
];

describe('bad input is answered with a sentence, the nearest right thing, and exit 104', () => {
  it.each(CASES)('%s', async (line, sentence) => {
    expect(await refusal(line, folder)).toBe(sentence);
  });

  it('an --out that cannot be written', async () => {
    expect(await refusal(['--out', join(folder, 'taken')])).toContain(`Nothing can be written to --out ${folder}`);
  });

  it('a threshold on an unknown metric, and one that does not parse', async () => {
    expect(await refusal('--threshold broadcast_latncy:p(99)<1')).toContain('broadcast_latency');
    expect(await refusal('--threshold fast')).toContain('cannot be read');
  });

  it('names of LOADTEST_URL and LOADTEST_TOKEN where they are at fault, and never the token', async () => {
    expect(await refusal('', folder, { LOADTEST_URL: 'http://x' })).toContain('LOADTEST_URL takes a ws://');
    const sentence = await refusal('--url ws://x', folder, { LOADTEST_TOKEN: 'se\ncret' });
    expect(sentence).toBe('LOADTEST_TOKEN holds a line end, and a token is in one line.');
  });
});

describe('names from other tools are answered with ours, and with the difference', () => {
  it.each([
    [
      '--vus 50',
      'In k6 it counts all users; here it is --users N per session, times --sessions N (50 users in all: --users 10 --sessions 5).',
    ],
    [
      '--vus 7',
      'In k6 it counts all users; here it is --users N per session, times --sessions N (7 users in all: --users 7 --sessions 1).',
    ],
    ['--vus', 'In k6 it counts all users; here it is --users N per session, times --sessions N.'],
    ['-c 12', '(12 users in all: --users 3 --sessions 4)'],
    ['--connections 1000', '(1000 users in all: --users 200 --sessions 5)'],
    ['--clients 9', '(9 users in all: --users 3 --sessions 3)'],
    ['--concurrency=4', '(4 users in all: --users 2 --sessions 2)'],
    ['--target ws://x:1', 'Artillery calls it that; here it is --url ws://x:1.'],
    ['--host x', 'Locust calls it that; here it is --url ws://HOST:PORT.'],
    ['--arrivalRate 5', 'a fixed population that connects during --ramp-up TIME'],
    ['--rps 5', 'here --rate N is changes a second and user'],
    ['--iterations 5', 'here users stay and edit for as long as --duration TIME says'],
  ])('%s', async (line, difference) => {
    const sentence = await refusal(line);
    expect(sentence).toMatch(/^unknown option --?\w+\. /);
    expect(sentence).toContain(difference);
  });
});
