import { describe, expect } from 'vitest';
import { command, itemId, join, type Client, type Message } from './client.ts';
import { ruleFor, type Subject } from './subject.ts';

const types = (messages: Message[]): unknown[] => messages.map(({ type }) => type);

/** Joins several users, one after the other, and reads what they were sent about each other. */
async function joinAll(url: string, session: string, users: string[]): Promise<Client[]> {
  const clients: Client[] = [];
  for (const user of users) clients.push(await join(url, session, user));
  for (const client of clients) await client.upToNow();
  return clients;
}

/** Rules P7 to P11: commands, their order, and the state they add up to. */
export function editing(subject: Subject): void {
  const rule = ruleFor(subject);

  describe('editing', () => {
    rule('P7', 'takes every action, and item types nobody has heard of', async ({ url }) => {
      const [sender, other] = (await joinAll(url, 'room', ['a', 'b'])) as [Client, Client];
      for (const action of ['add_item', 'move_item', 'update_item', 'remove_item']) {
        const message = command(action, 1, action === 'remove_item' ? {} : { x_mm: 1, y_mm: 2, angle_deg: 3 });
        message['command'].item_type = 'flux capacitor';
        sender.send(message);
        expect((await other.next())['command']).toEqual(message['command']);
      }
    });

    rule('P8', 'gives a command to every other user of the session, once, with all its fields', async ({ url }) => {
      const clients = await joinAll(url, 'room', ['a', 'b', 'c']);
      const [stranger] = (await joinAll(url, 'another room', ['d'])) as [Client];
      const sender = clients[0]!;
      const data = {
        x_mm: 1.5,
        label: 'Ø25 µ λ/4 "\\ 😀',
        _type: 'component',
        token: 'lt1.x',
        own: { deep: [1, null] },
      };
      const message = command('add_item', 1, data, { unknown: { a: [true] } });
      message['command'].extra = 'kept';
      sender.send(message);
      await sender.upToNow();
      for (const receiver of clients.slice(1)) {
        const got = await receiver.upToNow();
        expect(types(got)).toEqual(['command']);
        expect(got[0]).toMatchObject({ command: message['command'], unknown: { a: [true] } });
      }
      expect(await stranger.upToNow()).toEqual([]);
    });

    rule('P8', 'never gives a command back to its sender', async ({ url }) => {
      const [sender] = (await joinAll(url, 'room', ['a', 'b'])) as [Client];
      sender.send(command('add_item', 1));
      expect(types(await sender.upToNow())).not.toContain('command');
    });

    rule('P8 ext', 'sets user_id to the connection’s own and adds the version', async ({ url }) => {
      const [sender, other] = (await joinAll(url, 'room', ['a', 'b'])) as [Client, Client];
      sender.send(command('add_item', 1, {}, { user_id: 'somebody else', version: 77 }));
      expect(await other.next()).toMatchObject({ user_id: 'a', version: 1 });
    });

    rule('P8', 'keeps the order of each sender, and one order for all receivers', async ({ url }) => {
      const [a, b, c, d] = (await joinAll(url, 'room', ['a', 'b', 'c', 'd'])) as [Client, Client, Client, Client];
      for (let n = 0; n < 100; n++) {
        a.send(command('update_item', 1, { n }));
        b.send(command('update_item', 2, { n }));
      }
      await Promise.all([a.upToNow(), b.upToNow()]);
      const seen = [await c.upToNow(), await d.upToNow()];
      const order = seen.map((messages) => messages.map(({ command: { item_id, data } }) => `${item_id} ${data.n}`));
      expect(order[0]).toHaveLength(200);
      expect(order[1]).toEqual(order[0]);
      for (const item of [1, 2]) {
        const numbers = seen[0]!.filter((message) => message['command'].item_id === itemId(item));
        expect(numbers.map((message) => message['command'].data.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      }
    });

    rule('P8 ext', 'acknowledges each command to its sender with item, version and token', async ({ url }) => {
      const sender = await join(url, 'room', 'a');
      sender.send(command('add_item', 1, { token: 'lt1."µ"' }));
      sender.send(command('move_item', 1));
      expect(await sender.upToNow()).toEqual([
        { type: 'command:ack', item_id: itemId(1), version: 1, token: 'lt1."µ"' },
        { type: 'command:ack', item_id: itemId(1), version: 2 },
      ]);
    });

    rule('P9 ext', 'applies commands: the last add wins, moves and updates merge, removal deletes', async ({ url }) => {
      const sender = await join(url, 'room', 'a');
      sender.send(command('add_item', 1, { x_mm: 1, label: 'old' }));
      sender.send(command('add_item', 1, { x_mm: 2, y_mm: 3 }));
      sender.send(command('move_item', 1, { x_mm: 4 }));
      sender.send(command('update_item', 1, { more: true }));
      sender.send(command('add_item', 2, {}));
      sender.send(command('remove_item', 2, {}));
      sender.send({ type: 'sync:request' });
      const { state } = await sender.nextOf('sync:full_state');
      expect(state).toMatchObject({ version: 6 });
      expect(state.items).toEqual([{ x_mm: 4, y_mm: 3, more: true, item_type: 'lens', uuid: itemId(1) }]);
    });

    rule('P9 ext', 'gives a version to a command on an item that is not there, and passes it on', async ({ url }) => {
      const [sender, other] = (await joinAll(url, 'room', ['a', 'b'])) as [Client, Client];
      sender.send(command('move_item', 1, { x_mm: 1 }));
      expect(await other.next()).toMatchObject({ version: 1 });
      other.send({ type: 'sync:request' });
      expect((await other.nextOf('sync:full_state'))['state']).toMatchObject({ version: 1, items: [] });
    });

    rule('P10 ext', 'sends a joiner exactly the state up to a version, then every later command', async ({ url }) => {
      const sender = await join(url, 'room', 'a');
      let sent = 0;
      const edit = (): void => {
        for (let n = 0; n < 20; n++) sender.send(command('add_item', sent++, { n: sent }));
      };
      edit();
      const joiners: Client[] = [];
      for (let user = 0; user < 10; user++) {
        const joining = join(url, 'room', `u${user}`);
        edit();
        joiners.push(await joining);
        edit();
      }
      await sender.upToNow();
      for (const joiner of joiners) {
        const [first, ...later] = await joiner.upToNow();
        const { state, from_server } = first!;
        expect(from_server).toBe(true);
        expect(state.version).toBe(joiner.ack['version']);
        expect(state.items).toHaveLength(state.version);
        const versions = later.filter(({ type }) => type === 'command').map(({ version }) => version as number);
        expect(versions).toEqual(Array.from({ length: sent - state.version }, (_, n) => state.version + 1 + n));
      }
    });

    rule('P10 ext', 'sends the first of a session no state', async ({ url }) => {
      const first = await join(url, 'room', 'a');
      expect(await first.upToNow()).toEqual([]);
    });

    rule(
      'P11 ext',
      'answers the host of an unwritten session with null, and the others with no items',
      async ({ url }) => {
        const [host, other] = (await joinAll(url, 'room', ['a', 'b'])) as [Client, Client];
        const [answers, others] = await Promise.all(
          [host, other].map((client) => {
            client.send({ type: 'sync:request', user_id: 'x', local_version: 3 });
            return client.upToNow();
          }),
        );
        expect(answers).toEqual([
          { type: 'sync:full_state', state: null, from_server: true, conflict_resolution: 'host_wins' },
        ]);
        expect(others).toMatchObject([
          { type: 'sync:full_state', state: { items: [], version: 0 }, from_server: true },
        ]);
      },
    );

    rule('P11 ext', 'answers the host too, once somebody has written', async ({ url }) => {
      const host = await join(url, 'room', 'a');
      host.send(command('add_item', 1));
      host.send({ type: 'sync:request' });
      const { state } = await host.nextOf('sync:full_state');
      expect(state).toMatchObject({ version: 1, items: [{ uuid: itemId(1) }] });
      expect(typeof state.timestamp).toBe('number');
    });

    rule('P11 ext', 'answers a request that comes before the acknowledgement is read', async ({ url }) => {
      await joinAll(url, 'room', ['a']);
      const early = await join(url, 'room', 'b');
      early.send({ type: 'sync:request', local_version: 9 });
      early.send({ type: 'sync:request' });
      expect(types(await early.upToNow())).toEqual(['sync:full_state', 'sync:full_state', 'sync:full_state']);
    });
  });
}
