import { describe, expect, it } from 'vitest';
import { loopbackAddresses, reachOf, wayOf } from './addresses.ts';
import { checkSources } from './sources.ts';

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
