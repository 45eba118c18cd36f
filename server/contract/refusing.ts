import { describe, expect } from 'vitest';
import { command, connect, itemId, join, type Client } from './client.ts';
import { ruleFor, type Subject } from './subject.ts';

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const withCommand = (change: object): string => {
  const message = command('add_item', 1);
  return JSON.stringify({ ...message, command: { ...message['command'], ...change } });
};

/** What is wrong, how it looks, and the code that says so. */
const BAD: [string, string, string][] = [
  ['no JSON', '{"type":"command"', 'not_json'],
  ['an empty message', '', 'not_json'],
  ['a list', '[1]', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['text', '"ping"', 'not_an_object'],
  ['no type', '{}', 'missing_type'],
  ['a type that is no text', '{"type":1}', 'missing_type'],
  ['an unknown type', '{"type":"dance"}', 'unknown_type'],
  ['a type that is the server’s', '{"type":"user:left","user_id":"b"}', 'unknown_type'],
  ['a type by the name of a method', '{"type":"toString"}', 'unknown_type'],
  ['no command', '{"type":"command"}', 'missing_field'],
  ['a command that is text', '{"type":"command","command":"add"}', 'missing_field'],
  ['no action', withCommand({ action: undefined }), 'missing_field'],
  ['an unknown action', withCommand({ action: 'explode_item' }), 'unknown_action'],
  ['no item_type', withCommand({ item_type: undefined }), 'missing_field'],
  ['a long item_type', withCommand({ item_type: 'x'.repeat(65) }), 'bad_field'],
  ['no item_id', withCommand({ item_id: undefined }), 'missing_field'],
  ['an item_id that is no UUID', withCommand({ item_id: '42' }), 'bad_field'],
  ['no data', withCommand({ data: undefined }), 'missing_field'],
  ['data that are a list', withCommand({ data: [] }), 'missing_field'],
  ['text in a coordinate', withCommand({ data: { x_mm: '1' } }), 'bad_field'],
  ['a coordinate that no number holds', '{"type":"cursor","x_mm":1e999,"y_mm":0}', 'bad_field'],
  ['a cursor without a place', '{"type":"cursor","x_mm":1}', 'missing_field'],
  ['nesting deeper than 64', `{"type":"ping","a":${nested(64)}}`, 'too_deep'],
  ['nesting far deeper', `{"type":"ping","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'too_deep'],
  ['a key __proto__', '{"type":"ping","a":{"__proto__":{"polluted":1}}}', 'forbidden_key'],
  ['an escaped key __proto__', '{"type":"ping","a":{"\\u005f_proto__":1}}', 'forbidden_key'],
  ['a constructor with a prototype', '{"type":"ping","constructor":{"prototype":{}}}', 'forbidden_key'],
  ['a state without items', '{"type":"sync:full_state","state":{}}', 'missing_field'],
  ['no state', '{"type":"sync:full_state","state":null}', 'missing_field'],
  ['an item without an id', '{"type":"sync:update","state":{"items":[{"x_mm":1}]}}', 'bad_field'],
];

async function errorFor(client: Client, text: string): Promise<unknown> {
  client.send(text);
  const { type, code, message } = await client.next();
  expect({ type, sentence: /^\S.+\.$/.test(message) }).toEqual({ type: 'error', sentence: true });
  return code;
}

/** Rules P14 to P16: bad input, clients that do not read, limits. */
export function refusing(subject: Subject): void {
  const rule = ruleFor(subject);

  describe('refusing', () => {
    rule(
      'P14 ext',
      'answers each kind of bad input with a code, and nothing of it reaches anybody',
      async ({ url }) => {
        const [a, b] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
        await a.upToNow();
        await b.upToNow();
        for (const [what, text, code] of BAD) expect({ what, code: await errorFor(a, text) }).toEqual({ what, code });
        expect(await b.upToNow()).toEqual([]);
        a.send(command('add_item', 1));
        expect(await b.next()).toMatchObject({ type: 'command', version: 1 });
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      },
    );

    rule('P14 ext', 'takes what is nested 64 deep', async ({ url }) => {
      const client = await join(url, 'room', 'a');
      client.send(`{"type":"ping","a":${nested(63)}}`);
      expect((await client.next())['type']).toBe('pong');
    });

    rule('P14 ext', 'bears 100 bad messages and closes at the next with 1008', async ({ url }) => {
      const [client, other] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
      for (let n = 0; n < 100; n++) client.send('x');
      expect(await client.upToNow()).toHaveLength(102 - 1);
      client.send('x');
      expect((await client.closed).code).toBe(1008);
      expect(await other.nextOf('user:left')).toMatchObject({ user_id: 'a' });
      other.send({ type: 'ping' });
      await other.nextOf('pong');
    });

    rule(
      'P15 ext',
      'closes a client that does not read with 4008, and the others never wait for it',
      async ({ url }) => {
        const [sender, reader] = [await join(url, 'room', 'a'), await join(url, 'room', 'b')];
        const asleep = await join(url, 'room', 'c');
        await asleep.upToNow();
        await reader.upToNow();
        asleep.ws.pause();
        // More than the kernel's own buffers hold, 10 messages at a time so that the reader is never behind.
        const label = 'x'.repeat(200_000);
        let left = false;
        for (let n = 0; n < 50 && !left; n++) {
          for (let k = 0; k < 10; k++) sender.send(command('update_item', 1, { label }));
          for (const message of await Promise.all([sender.upToNow(), reader.upToNow()]).then(([, got]) => got)) {
            if (message['type'] === 'user:left') left = message['user_id'] === 'c';
          }
        }
        expect(left).toBe(true);
        sender.send(command('update_item', 2));
        await sender.upToNow();
        expect((await reader.upToNow()).at(-1)).toMatchObject({ command: { item_id: itemId(2) } });
        asleep.ws.resume();
        expect(await asleep.closed).toEqual({ code: 4008, reason: 'too slow' });
      },
      { maxBacklog: 1024 * 1024, closeTimeout: 10_000 },
    );

    rule(
      'P16 ext',
      'closes more users of a session with 4013, and lets them in once there is room',
      async ({ url }) => {
        const first = await join(url, 'room', 'a');
        await join(url, 'room', 'b');
        expect(await (await connect(url, '/ws/room/c')).closed).toEqual({
          code: 4013,
          reason: 'full, try again later',
        });
        await join(url, 'other room', 'c');
        await first.leave();
        await join(url, 'room', 'c');
      },
      { maxUsersPerSession: 2 },
    );

    rule(
      'P16 ext',
      'closes more connections with 4013, but lets a user take over its own place',
      async ({ url }) => {
        await join(url, 'room', 'a');
        expect((await (await connect(url, '/ws/other/b')).closed).code).toBe(4013);
        await join(url, 'room', 'a');
      },
      { maxConnections: 1 },
    );

    rule(
      'P16 ext',
      'closes whoever would begin one session too many with 4013',
      async ({ url }) => {
        await join(url, 'room', 'a');
        expect((await (await connect(url, '/ws/other/b')).closed).code).toBe(4013);
        await join(url, 'room', 'b');
      },
      { maxSessions: 1 },
    );

    rule(
      'P16 ext',
      'refuses an item too many, and still takes changes of those there are',
      async ({ url }) => {
        const host = await join(url, 'room', 'a');
        host.send(command('add_item', 1));
        expect((await host.next())['type']).toBe('command:ack');
        expect(await errorFor(host, JSON.stringify(command('add_item', 2)))).toBe('too_many_items');
        const items = [{ uuid: itemId(3) }, { uuid: itemId(4) }];
        expect(await errorFor(host, JSON.stringify({ type: 'sync:update', state: { items } }))).toBe('too_many_items');
        host.send(command('add_item', 1, { x_mm: 1 }));
        expect(await host.next()).toMatchObject({ type: 'command:ack', version: 2 });
      },
      { maxItems: 1 },
    );

    rule(
      'P16 ext',
      'refuses messages above the rate of a connection',
      async ({ url }) => {
        const client = await join(url, 'room', 'a');
        for (let n = 0; n < 100; n++) client.send({ type: 'ping' });
        expect(await client.nextOf('error')).toMatchObject({ code: 'too_many_messages' });
      },
      { maxRate: 20 },
    );

    rule(
      'P16 ext',
      'closes a connection from which nothing came for the idle time',
      async ({ url }) => {
        const client = await join(url, 'room', 'a');
        expect((await client.closed).code).toBe(1008);
      },
      { idleTimeout: 60 },
    );
  });
}
