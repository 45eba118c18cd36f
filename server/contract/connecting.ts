import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as tcp } from 'node:net';
import { describe, expect } from 'vitest';
import { command, connect, itemId, join } from './client.ts';
import { ruleFor, type Subject } from './subject.ts';

const MEBIBYTE = 1024 * 1024;

/** A message of exactly so many bytes. */
function commandOfSize(bytes: number): string {
  const empty = JSON.stringify(command('add_item', 1, { label: '' }));
  return JSON.stringify(command('add_item', 1, { label: 'x'.repeat(bytes - empty.length) }));
}

/** Rules P1 to P6: addresses, handshakes, sizes, closing. */
export function connecting(subject: Subject): void {
  const rule = ruleFor(subject);

  describe('connecting', () => {
    rule('P1', 'decodes the ids of the address, of up to 128 characters, and takes a query', async ({ url }) => {
      for (const [path, session, user] of [
        ['/ws/room/alice', 'room', 'alice'],
        ['/ws/a%20room/J%C3%BCrgen%3F', 'a room', 'Jürgen?'],
        [`/ws/${'s'.repeat(128)}/${'%C3%BC'.repeat(128)}`, 's'.repeat(128), 'ü'.repeat(128)],
        ['/ws/room2/bob?token=secret', 'room2', 'bob'],
      ] as const) {
        const client = await connect(url, path);
        expect(await client.next()).toMatchObject({ type: 'connection:ack', session_id: session, user_id: user });
      }
    });

    rule('P2', 'accepts any other path, then closes with 1008 and what a right one looks like', async ({ url }) => {
      const long = 'x'.repeat(129);
      for (const path of [
        '/',
        '/ws',
        '/ws/room',
        '/ws/room/',
        '/ws/room/a/b',
        '/ws//a',
        `/ws/${long}/a`,
        `/ws/room/${long}`,
        '/ws/room/a%00b',
        '/ws/room/a%2Fb',
        '/ws/room/%zz',
        '/other/room/a',
      ]) {
        const { code, reason } = await (await connect(url, path)).closed;
        expect({ path, code }).toEqual({ path, code: 1008 });
        expect(reason).toContain('/ws/');
      }
    });

    rule('P3', 'negotiates no compression, even where it is offered', async ({ url }) => {
      const client = await join(url, 'room', 'a', { perMessageDeflate: true });
      expect(client.ws.extensions).toBe('');
    });

    rule('P3', 'answers a protocol ping with its payload, and sends none of its own', async ({ url }) => {
      const client = await join(url, 'room', 'a', { autoPong: false });
      let pings = 0;
      client.ws.on('ping', () => pings++);
      client.ws.ping('hello');
      const [payload] = (await once(client.ws, 'pong')) as [Buffer];
      expect(String(payload)).toBe('hello');
      await client.upToNow();
      expect(pings).toBe(0);
    });

    rule('P4', 'takes a message of 1 MiB and closes at one byte more with 1009', async ({ url }) => {
      const [sender, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      sender.send(commandOfSize(MEBIBYTE));
      expect((await other.nextOf('command'))['command'].item_id).toBe(itemId(1));
      sender.send(commandOfSize(MEBIBYTE + 1));
      expect((await sender.closed).code).toBe(1009);
    });

    rule('P4', 'counts the fragments of a message together', async ({ url }) => {
      const client = await join(url, 'room', 'a');
      const half = 'x'.repeat(MEBIBYTE / 2 + 1);
      client.ws.send(half, { fin: false });
      client.ws.send(half, { fin: true });
      expect((await client.closed).code).toBe(1009);
    });

    rule('P4', 'takes a message in fragments', async ({ url }) => {
      const [sender, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      const text = JSON.stringify(command('add_item', 1, { label: 'µ' }));
      sender.ws.send(text.slice(0, 20), { fin: false });
      sender.ws.send(text.slice(20), { fin: true });
      expect((await other.nextOf('command'))['command'].data.label).toBe('µ');
    });

    rule('P4 ext', 'closes on a binary message with 1003', async ({ url }) => {
      const client = await join(url, 'room', 'a');
      client.ws.send(Buffer.from('{"type":"ping"}'), { binary: true });
      expect((await client.closed).code).toBe(1003);
    });

    rule('P4', 'closes on text that is not UTF-8 with 1007', async ({ url }) => {
      const client = await join(url, 'room', 'a');
      client.ws.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
      expect((await client.closed).code).toBe(1007);
    });

    rule('P5', 'answers a close with the same code, and tells the others', async ({ url }) => {
      const [one, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      one.ws.close(4321, 'bye');
      expect(await one.closed).toEqual({ code: 4321, reason: 'bye' });
      expect(await other.nextOf('user:left')).toMatchObject({ user_id: 'a' });
    });

    rule('P5 ext', 'closes everybody with 1001 when it stops, and tells nobody that others left', async (running) => {
      const clients = await Promise.all(['a', 'b', 'c'].map((user) => join(running.url, 'room', user)));
      for (const client of clients) await client.upToNow();
      await running.stop();
      for (const client of clients) {
        expect((await client.closed).code).toBe(1001);
        await expect(client.next()).rejects.toThrow('closed');
      }
    });

    rule(
      'P5 ext',
      'frees its port at once and cuts whoever does not answer the close, without waiting longer than its limit',
      async (running) => {
        const { hostname, port } = new URL(running.url);
        const mute = tcp(Number(port), hostname);
        mute.write(
          `GET /ws/room/mute HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
        );
        await once(mute, 'data');
        const polite = await join(running.url, 'room', 'polite');
        let done = false;
        const stopped = running.stop().then(() => (done = true));
        const successor = createServer();
        successor.listen(Number(port), hostname);
        await once(successor, 'listening');
        expect((await polite.closed).code).toBe(1001);
        expect(done).toBe(false);
        await stopped;
        successor.close();
        mute.destroy();
      },
      { closeTimeout: 500 },
    );

    rule('P6 ext', 'replaces the older connection of a user, unseen by the others', async ({ url }) => {
      const other = await join(url, 'room', 'other');
      const older = await join(url, 'room', 'a');
      await other.nextOf('user:joined');
      const newer = await join(url, 'room', 'a');
      expect(await older.closed).toEqual({ code: 4001, reason: 'replaced by a newer connection' });
      expect(newer.ack['users']).toHaveLength(2);
      newer.send(command('add_item', 1));
      await newer.upToNow();
      expect((await other.upToNow()).map(({ type }) => type)).toEqual(['command']);
    });

    rule('P6 ext', 'leaves a host its place when it comes back before it has left', async ({ url }) => {
      await join(url, 'room', 'a');
      const other = await join(url, 'room', 'b');
      const again = await join(url, 'room', 'a');
      expect([other.ack['is_host'], again.ack['is_host']]).toEqual([false, true]);
    });

    rule('P6', 'takes equal user ids in different sessions as different users', async ({ url }) => {
      const one = await join(url, 'room1', 'a');
      const other = await join(url, 'room2', 'a');
      one.send({ type: 'ping' });
      expect((await one.next())['type']).toBe('pong');
      expect(await other.upToNow()).toEqual([]);
    });
  });
}
