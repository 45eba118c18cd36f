import { describe, expect } from 'vitest';
import { command, itemId, join, type Message } from './client.ts';
import { ruleFor, type Subject } from './subject.ts';

const state = (items: object[], more: object = {}): Message => ({
  type: 'sync:full_state',
  state: { items, version: 99, timestamp: 1 },
  ...more,
});

/** Rules P12 and P13, and the messages about who is there: presence, the host and its state, heartbeats, cursors. */
export function presence(subject: Subject): void {
  const rule = ruleFor(subject);

  describe('presence', () => {
    rule('P12', 'acknowledges a joiner with who is there, the joiner too', async ({ url }) => {
      const first = await join(url, 'room', 'a');
      const second = await join(url, 'room', 'b');
      expect(first.ack).toMatchObject({ session_id: 'room', user_id: 'a', users: [{ user_id: 'a' }] });
      expect(second.ack['users'].map((user: Message) => user['user_id'])).toEqual(['a', 'b']);
    });

    rule('P12', 'tells the others, and nobody else, who comes and goes', async ({ url }) => {
      const [a, stranger] = [await join(url, 'room', 'a'), await join(url, 'other', 'x')];
      const b = await join(url, 'room', 'b');
      expect(await a.next()).toMatchObject({ type: 'user:joined', user_id: 'b' });
      await b.leave();
      expect(await a.next()).toMatchObject({ type: 'user:left', user_id: 'b' });
      expect(await stranger.upToNow()).toEqual([]);
    });

    rule('P12', 'tells the others of a user whose connection was cut', async ({ url }) => {
      const [a, b] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      b.ws.terminate();
      expect(await a.nextOf('user:left')).toMatchObject({ user_id: 'b' });
    });

    rule('P12 ext', 'takes the host’s state as one change that replaces the session’s', async ({ url }) => {
      const [host, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      host.send(command('add_item', 1));
      host.send(state([{ uuid: itemId(2), x_mm: 5 }], { extra: 'kept' }));
      host.send(command('move_item', 2, { x_mm: 6 }));
      await host.upToNow();
      const got = (await other.upToNow()).slice(1);
      expect(got.map((message) => [message['type'], message['version']])).toEqual([
        ['command', 1],
        ['sync:full_state', 2],
        ['command', 3],
      ]);
      expect(got[1]).toMatchObject({ extra: 'kept', state: { version: 2, items: [{ uuid: itemId(2), x_mm: 5 }] } });
      other.send({ type: 'sync:request' });
      expect((await other.nextOf('sync:full_state'))['state'].items).toMatchObject([{ uuid: itemId(2), x_mm: 6 }]);
    });

    rule('P12 ext', 'takes sync:update and the older sync:state as it takes sync:full_state', async ({ url }) => {
      const [host, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      for (const type of ['sync:update', 'sync:state']) host.send({ ...state([]), type });
      await host.upToNow();
      expect((await other.upToNow()).slice(1).map(({ version }) => version)).toEqual([1, 2]);
    });

    rule('P12 ext', 'answers a named target with its own state, which is no change', async ({ url }) => {
      const host = await join(url, 'room', 'a');
      host.send(command('add_item', 1));
      const [target, bystander] = [await join(url, 'room', 'b'), await join(url, 'room', 'c')];
      await target.upToNow();
      await bystander.upToNow();
      host.send(state([{ uuid: itemId(9) }], { target_user: 'b' }));
      host.send(state([{ uuid: itemId(9) }], { target_user: 'nobody' }));
      await host.upToNow();
      expect(await target.upToNow()).toMatchObject([
        { type: 'sync:full_state', from_server: true, state: { version: 1, items: [{ uuid: itemId(1) }] } },
      ]);
      expect(await bystander.upToNow()).toEqual([]);
    });

    rule('P12 ext', 'gives a named target the host’s state where nobody has written yet', async ({ url }) => {
      const [host, target] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      await target.upToNow();
      host.send(state([{ uuid: itemId(9) }], { target_user: 'b' }));
      await host.upToNow();
      expect(await target.upToNow()).toMatchObject([{ user_id: 'a', state: { items: [{ uuid: itemId(9) }] } }]);
      target.send({ type: 'sync:request' });
      expect((await target.nextOf('sync:full_state'))['state'].version).toBe(0);
    });

    rule('P12 ext', 'refuses the state of a user who is not the host', async ({ url }) => {
      const [host, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      await host.upToNow();
      other.send(state([]));
      expect(await other.nextOf('error')).toMatchObject({ code: 'not_host' });
      expect(await host.upToNow()).toEqual([]);
    });

    rule('P13 ext', 'makes whoever has been there longest the host, and tells only that user', async ({ url }) => {
      const [a, b, c] = [await join(url, 'room', 'a'), await join(url, 'room', 'b'), await join(url, 'room', 'c')];
      expect([a, b, c].map(({ ack }) => ack['is_host'])).toEqual([true, false, false]);
      await b.upToNow();
      await c.upToNow();
      await a.leave();
      expect(await c.next()).toMatchObject({ type: 'user:left', user_id: 'a' });
      expect(await c.upToNow()).toEqual([]);
      expect(await b.upToNow()).toMatchObject([
        { type: 'user:left', user_id: 'a' },
        { type: 'session:host', user_id: 'b' },
      ]);
      b.send(state([]));
      expect(await c.nextOf('sync:full_state')).toMatchObject({ version: 1 });
    });

    rule('P13 ext', 'keeps the state for whoever comes back within the grace time', async ({ url }) => {
      const first = await join(url, 'room', 'a');
      first.send(command('add_item', 1));
      await first.upToNow();
      await first.leave();
      const again = await join(url, 'room', 'b');
      expect(again.ack).toMatchObject({ is_host: true, version: 1 });
      expect(await again.next()).toMatchObject({ type: 'sync:full_state', state: { version: 1 } });
    });

    rule(
      'P13 ext',
      'releases a session after the grace time',
      async ({ url }) => {
        const first = await join(url, 'room', 'a');
        first.send(command('add_item', 1));
        await first.upToNow();
        await first.leave();
        // Each look in cancels the grace time, so looks get rarer until one comes late enough.
        for (let pause = 20; ; pause *= 2) {
          await new Promise((resolve) => setTimeout(resolve, pause));
          const later = await join(url, 'room', 'b');
          if (later.ack['version'] === 0) break;
          await later.leave();
        }
      },
      { grace: 10 },
    );

    rule('P3', 'answers ping with pong, to the sender alone', async ({ url }) => {
      const [a, b] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      await a.nextOf('user:joined');
      a.send({ type: 'ping', user_id: 'a' });
      expect((await a.next())['type']).toBe('pong');
      expect((await b.upToNow()).map(({ type }) => type)).not.toContain('pong');
    });

    rule('P8', 'passes cursors on to the others of the session, stored nowhere', async ({ url }) => {
      const [a, b] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      await b.upToNow();
      a.send({ type: 'cursor', user_id: 'somebody', x_mm: 1.5, y_mm: -2, color: 'red' });
      await a.upToNow();
      expect(await b.upToNow()).toEqual([{ type: 'cursor', user_id: 'a', x_mm: 1.5, y_mm: -2, color: 'red' }]);
      expect(JSON.stringify((await join(url, 'room', 'c')).ack)).not.toContain('red');
    });
  });
}
