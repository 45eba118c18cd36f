import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP, type AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { loopbackAddresses, reachOf, wayOf } from './addresses.ts';
import { acceptsAt } from './ports.ts';
import { checkSources, waysTo } from './sources.ts';
import { requestOf } from './testing/request.ts';

const target = (urls: string[], source_addresses?: string[]) => ({
  urls,
  headers: {},
  subprotocols: [],
  ...(source_addresses && { source_addresses }),
});

describe('the way of a user', () => {
  it('deals whole sessions over the servers', () => {
    const two = target(['ws://a:1', 'ws://b:2']);
    const hosts = [0, 1, 2].map((session) =>
      [0, 7].map((user) => new URL(wayOf(two, 'abc123', session, user).url).host),
    );
    expect(hosts).toEqual([
      ['a:1', 'a:1'],
      ['b:2', 'b:2'],
      ['a:1', 'a:1'],
    ]);
  });

  it('leaves the source to the system, unless there are some to choose from', () => {
    expect(wayOf(target(['ws://a']), 'abc123', 0, 0).source).toEqual({});
  });

  it('is of the kind that is told for its server alone', () => {
    const two = { ...target(['ws://localhost:1', 'ws://localhost:2']), families: { 'ws://localhost:2': 6 as const } };
    expect([0, 1].map((session) => wayOf(two, 'abc123', session, 0).source)).toEqual([{}, { family: 6 }]);
  });

  it('deals users over the sources, evenly towards each server, the same user always the same', () => {
    const two = target(['ws://a', 'ws://b'], ['10.0.0.5', '10.0.0.6', '10.0.0.7']);
    const counts = new Map<string, number>();
    for (let session = 0; session < 60; session++) {
      for (let user = 0; user < 50; user++) {
        const { url, source } = wayOf(two, 'abc123', session, user);
        expect(wayOf(two, 'abc123', session, user).source).toEqual(source);
        const pair = `${new URL(url).host} ${(source as { localAddress: string }).localAddress}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(20);
  });

  it('deals sessions of one user each, too', () => {
    const two = target(['ws://a', 'ws://b'], ['10.0.0.5', '10.0.0.6']);
    const ways = Array.from({ length: 400 }, (_, session) => JSON.stringify(wayOf(two, '', session, 0).source));
    const toFirst = ways.filter((_, session) => session % 2 === 0);
    const fromFifth = toFirst.filter((source) => source.includes('10.0.0.5')).length;
    expect(fromFifth).toBeGreaterThan(80);
    expect(fromFifth).toBeLessThan(120);
  });
});

describe('the reach of a run', () => {
  it.each([
    [[], { servers: ['its own'], here: true, loopback: true }],
    [['ws://127.0.0.1:8765/ws/{session}/{user}'], { servers: ['127.0.0.1:8765'], here: true, loopback: true }],
    [['ws://localhost:{port}'], { servers: ['localhost:1'], here: true, loopback: true }],
    [['ws://[::1]:8765'], { servers: ['[::1]:8765'], here: true, loopback: false }],
    [['wss://x/a', 'ws://x'], { servers: ['x:443', 'x:80'], here: false, loopback: false }],
    [['ws://127.0.0.1:1', 'ws://x:1'], { servers: ['127.0.0.1:1', 'x:1'], here: true, loopback: false }],
  ])('of %j', (urls, reach) => {
    expect(reachOf(urls)).toEqual(reach);
  });
});

describe('loopback addresses', () => {
  it('are different ones, also of the next shard, and leave 127.0.0.1 alone', () => {
    const mine = loopbackAddresses(3, 'abc123', 1);
    const all = [...mine, ...loopbackAddresses(3, 'abc123', 2), ...loopbackAddresses(3, 'abc124', 2)];
    expect(new Set(all).size).toBe(9);
    for (const address of loopbackAddresses(600, 'abc123', 1)) expect(address).toMatch(/^127\.0\.\d{1,3}\.\d{1,3}$/);
    expect(new Set(loopbackAddresses(600, '000000', 256)).size).toBe(600);
    expect(loopbackAddresses(600, '000000', 256)).not.toContain('127.0.0.1');
  });
});

describe('source addresses', () => {
  it('are taken where they are this machine’s', async () => {
    await expect(checkSources(['127.0.0.1'], ['ws://127.0.0.1:1', 'ws://x'])).resolves.toBeUndefined();
  });

  it('are refused in one sentence where they are not', async () => {
    await expect(checkSources(['127.0.0.1', '203.0.113.77'], ['ws://x'])).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringMatching(/^203\.0\.113\.77 is no address of this machine/),
      hint: expect.stringContaining('127.0.0.1'),
    });
  });

  it('are refused where no way leads from them to the server', async () => {
    await expect(checkSources(['::1'], ['ws://127.0.0.1:1'])).rejects.toMatchObject({ exitCode: 104 });
  });
});

describe('the ways to a server of this machine', async () => {
  const loopback = (await lookup('localhost', { all: true })).map(({ address }) => address);
  const hasBoth = new Set(loopback.map(isIP)).size === 2;
  const servers: ReturnType<typeof createServer>[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });
  /** The port of one that listens at one address alone; nothing where this machine has no such address. */
  async function listenAt(host: string): Promise<number | undefined> {
    const server = createServer().listen(0, host);
    servers.push(server);
    await Promise.race([once(server, 'listening'), once(server, 'error').then(() => undefined)]).catch(() => undefined);
    return (server.address() as AddressInfo | null)?.port;
  }
  const spare = { loopback_sources: ['127.0.7.2', '127.0.7.3'] };

  it.runIf(hasBoth).each([
    ['127.0.0.1', 4],
    ['::1', 6],
  ] as const)('lead to %s, where of all that localhost is it alone has the server', async (host, family) => {
    const url = `ws://localhost:${await listenAt(host)}/ws`;
    expect(await waysTo([url], requestOf())).toEqual({ families: { [url]: family }, address: host });
  });

  it('begin in the loopback range on IPv4, and not on IPv6', async () => {
    const url = `ws://127.0.0.1:${await listenAt('127.0.0.1')}`;
    expect(await waysTo([url], requestOf({}, spare))).toMatchObject({ source_addresses: spare.loopback_sources });
    const other = await waysTo(['ws://[::1]:8765'], requestOf({}, spare));
    expect(other).toEqual({ families: { 'ws://[::1]:8765': 6 } });
  });

  it.runIf(process.platform === 'linux')('are refused where there are too few ports on IPv6', async () => {
    const request = requestOf({ users: 1000, sessions: 100 }, spare);
    await expect(waysTo(['ws://[::1]:8765'], request)).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringMatching(/^This needs 100,000 connections to one server, and this machine has/),
      hint: expect.stringContaining('the loopback of IPv6 is ::1 alone'),
    });
  });

  it('are of the kind of the source addresses that the user chose', async () => {
    const url = `ws://localhost:${await listenAt('127.0.0.1')}`;
    const ways = await waysTo([url], requestOf({}, { source_addresses: ['127.0.0.1'] }));
    expect(ways).toMatchObject({ families: { [url]: 4 }, source_addresses: ['127.0.0.1'] });
  });

  it('are left to the system for a server elsewhere', async () => {
    expect(await waysTo(['ws://192.0.2.7:8765'], requestOf({}, spare))).toEqual({
      families: {},
      source_addresses: spare.loopback_sources,
    });
  });

  it('are found by who accepts', async () => {
    const port = await listenAt('127.0.0.1');
    expect(await acceptsAt(port!)).toBe('127.0.0.1');
    // Another program may have the same port on IPv4.
    let [sixth, isFree] = [await listenAt('::1'), false];
    while (sixth !== undefined && !isFree) {
      const fourth = createServer().listen(sixth, '127.0.0.1');
      isFree = await Promise.race([
        once(fourth, 'listening').then(() => true),
        once(fourth, 'error').then(() => false),
      ]);
      fourth.close();
      if (!isFree) sixth = await listenAt('::1');
    }
    if (sixth !== undefined) expect(await acceptsAt(sixth)).toBe('::1');
  });
});
