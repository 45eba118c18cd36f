import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { targetOf } from './request.ts';
import { parseArguments } from './parse.ts';
import { settingsOf } from './settings.ts';
import { netDoor } from '../engine/net-door.ts';
import { wsDoor } from '../engine/ws-door.ts';
import type { DoorEvents } from '../load/ports.ts';
import type { Target } from '../plan/plan.ts';
import { startRelay } from '../watch/relay.ts';
import { open } from '../checks/open.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that keeps the first request it gets, in bytes, and hangs up. */
async function listening(): Promise<{ port: number; head: Promise<string> }> {
  let came = (_head: string): void => {};
  const head = new Promise<string>((resolve) => (came = resolve));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      came(data.toString('latin1'));
      socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, head };
}

const nothing = (): void => {};
const events: DoorEvents = { opened: nothing, message: nothing, binary: nothing, closed: nothing };
const now = (): number => 0;

/** Those who begin a connection, by what a user gives on the command line. */
const SENDERS: Record<string, (target: Target) => unknown> = {
  'the net door': (target) => netDoor(target, 'abcdef', now).connect(0, 0, 0, events),
  'the ws door': (target) => wsDoor(target, 'abcdef', now).connect(0, 0, 0, events),
  check: (target) => open(target.urls[0]!, { target, wait_ms: 5000 }).catch(nothing),
};

const targetFor = (port: number, credentials: string, line: readonly string[], env = {}): Target =>
  targetOf(settingsOf(parseArguments([...line, '--url', `ws://${credentials}127.0.0.1:${port}/x`], []), env))!;

/** The fields of a request: names in small letters, values by line. */
const fieldsOf = (head: string): [string, string][] =>
  head
    .split('\r\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);

const valuesOf = (head: string, name: string): string[] =>
  fieldsOf(head).flatMap(([field, value]) => (field === name ? [value] : []));

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe.each(Object.entries(SENDERS))('%s', (_name, send) => {
  it('sends each field once: the user’s in the place of its own, those of one name joined as HTTP has it', async () => {
    const { port, head } = await listening();
    const headers = [
      'hOST: app.example.com',
      'Cookie: a=1',
      'X-Room: one',
      'cookie: b=2; c=3',
      'x-room: two',
      'X-Name: Žofie',
    ];
    send(
      targetFor(
        port,
        '',
        headers.flatMap((text) => ['--header', text]),
      ),
    );
    const sent = await head;
    expect(valuesOf(sent, 'host')).toEqual(['app.example.com']);
    expect(valuesOf(sent, 'cookie')).toEqual(['a=1; b=2; c=3']);
    expect(valuesOf(sent, 'x-room')).toEqual(['one, two']);
    expect(Buffer.from(valuesOf(sent, 'x-name')[0]!, 'latin1').toString()).toBe('Žofie');
    const names = fieldsOf(sent).map(([field]) => field);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each([
    ['user:50%off@', 'user:50%off'],
    ['user:100%de%@', 'user:100%de%'],
    ['a%40b:c%2Fd%3A%23%25@', 'a@b:c/d:#%'],
    ['user:p@ss@', 'user:p@ss'],
    ['t%C3%B6ken@', 'töken:'],
    [':pw@', ':pw'],
    ["u:$&+,;=!'()*~[]|^`@", "u:$&+,;=!'()*~[]|^`"],
  ])('sends %s as it was meant', async (credentials, meant) => {
    const { port, head } = await listening();
    send(targetFor(port, credentials, []));
    const sent = await head;
    expect(valuesOf(sent, 'authorization')).toEqual([basic(meant)]);
    expect(valuesOf(sent, 'host')).toEqual([`127.0.0.1:${port}`]);
  });

  it('sends what a variable holds without the line end of the file that it was read from', async () => {
    const { port, head } = await listening();
    send(targetFor(port, '', [], { LOADTEST_TOKEN: ' abc.d-e_f~+/==\r\n' }));
    expect(valuesOf(await head, 'authorization')).toEqual(['Bearer abc.d-e_f~+/==']);
  });
});

it('watch passes on what the application sends, with the credentials of its own address', async () => {
  const { port, head } = await listening();
  const audience = { now, line: nothing, breach: nothing, record: nothing };
  const url = targetFor(port, 'user:50%off@', []).urls[0]!;
  const relay = await startRelay({ host: '127.0.0.1', port: 0, url, audience, ended: nothing });
  closing.push(() => relay.close());
  const application = connect(relay.port, '127.0.0.1');
  application.on('error', nothing);
  application.write('GET /ws/s/u HTTP/1.1\r\nhost: here\r\nUpgrade: websocket\r\nCookie: a=1\r\n\r\n');
  const sent = await head;
  expect(valuesOf(sent, 'authorization')).toEqual([basic('user:50%off')]);
  expect(valuesOf(sent, 'host')).toEqual([`127.0.0.1:${port}`]);
  expect(valuesOf(sent, 'cookie')).toEqual(['a=1']);
  application.destroy();
});
