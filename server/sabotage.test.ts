import { describe, expect, it } from 'vitest';
import { command } from './contract/client.ts';
import { virtualHub, type Message, type VirtualClient } from './testing/virtual-hub.ts';

const COMMANDS = 2000;

const commands = (client: VirtualClient): Message[] => client.take().filter(({ type }) => type === 'command');
const versions = (messages: Message[]): number[] => messages.map(({ version }) => version as number);

/** Two users, or one, write in turn; two others read. What each of those got, and what was counted. */
function write(fault: string, writers = ['a', 'b'], every = 1) {
  const { join, sabotage, clock } = virtualHub({ faults: [fault] });
  const senders = writers.map((user) => join('room', user));
  const receivers = ['x', 'y'].map((user) => join('room', user));
  for (let n = 0; n < COMMANDS; n++) {
    senders[n % senders.length]!.send(command('update_item', 1, { x_mm: n }));
    clock.pass(every);
  }
  clock.pass(1000);
  const count = Object.values(sabotage!.counts)[0]!;
  return { count, got: receivers.map(commands) };
}

/** How often a later one came before. */
const inversions = (values: number[]): number => values.filter((value, at) => at > 0 && value < values[at - 1]!).length;
const bySender = (messages: Message[], user: string): number[] =>
  versions(messages.filter(({ user_id }) => user_id === user));
const allThere = (messages: Message[]): void =>
  expect(versions(messages).toSorted((a, b) => a - b)).toEqual(Array.from({ length: COMMANDS }, (_, n) => n + 1));

describe('faults of order', () => {
  it('reorder: two commands of one sender change places for one receiver, as often as counted', () => {
    const { count, got } = write('reorder=0.1', ['a']);
    expect(got.flatMap((messages) => inversions(versions(messages)))).toEqual([expect.any(Number), expect.any(Number)]);
    expect(got.reduce((sum, messages) => sum + inversions(versions(messages)), 0)).toBe(count);
    expect(count).toBeGreaterThan(200);
    got.forEach(allThere);
  });

  it('reorder: does so whatever others send in between', () => {
    const { count, got } = write('reorder=0.1');
    const wrong = got.flatMap((messages) => ['a', 'b'].map((user) => inversions(bySender(messages, user))));
    expect(wrong.reduce((sum, one) => sum + one)).toBe(count);
    got.forEach(allThere);
  });

  it('reorder-senders: commands of two senders change places, and each sender’s own stay in order', () => {
    const { count, got } = write('reorder-senders=0.1');
    expect(got.reduce((sum, messages) => sum + inversions(versions(messages)), 0)).toBe(count);
    for (const messages of got) for (const user of ['a', 'b']) expect(inversions(bySender(messages, user))).toBe(0);
    expect(count).toBeGreaterThan(200);
    got.forEach(allThere);
  });

  it.each([
    ['reorder=1', 2000],
    ['reorder-senders=1', 1],
  ])('%s: does nothing where there is nothing to change places with', (fault, every) => {
    const { count, got } = write(fault, ['a'], every);
    expect(count).toBe(0);
    for (const messages of got) expect(inversions(versions(messages))).toBe(0);
    got.forEach(allThere);
  });

  it('P10 hold nothing back past a state, an acknowledgement or a departure', () => {
    const { join, sabotage } = virtualHub({ faults: ['reorder=1'] });
    const [a, b, c] = ['a', 'b', 'c'].map((user) => join('room', user));
    a!.send(command('add_item', 1, { x_mm: 1 }));
    b!.take();
    b!.send({ type: 'sync:request' });
    expect(b!.take().map(({ type }) => type)).toEqual(['command', 'sync:full_state']);
    a!.send(command('add_item', 2, { x_mm: 1 }));
    b!.send(command('add_item', 3, { x_mm: 1 }));
    expect(b!.take().map(({ type }) => type)).toEqual(['command', 'command:ack']);
    c!.take();
    a!.send(command('add_item', 4, { x_mm: 1 }));
    a!.connection.gone(1000);
    expect(c!.take().map(({ type }) => type)).toEqual(['command', 'user:left']);
    expect(sabotage!.counts.reorder).toBe(1);
  });
});

describe('faults of versions', () => {
  it('skip-version: a version between two commands is nobody’s, as often as counted', () => {
    const { count, got } = write('skip-version=0.1');
    for (const messages of got) {
      expect(messages).toHaveLength(COMMANDS);
      expect(versions(messages)[0]).toBe(1);
      expect(versions(messages).at(-1)).toBe(COMMANDS + count);
      expect(inversions(versions(messages))).toBe(0);
    }
    expect(count).toBeGreaterThan(100);
  });

  it('repeat-version: a command has the version of the one before, as often as counted, and states are right', () => {
    const { count, got } = write('repeat-version=0.1');
    for (const messages of got) {
      expect(messages).toHaveLength(COMMANDS);
      expect(new Set(versions(messages)).size).toBe(COMMANDS - count);
      expect(inversions(versions(messages))).toBe(0);
    }
    expect(count).toBeGreaterThan(100);
    const { join } = virtualHub({ faults: ['repeat-version=1'] });
    const client = join('room', 'a');
    for (const n of [1, 2, 3]) {
      client.send(command('add_item', n, {}));
      client.send({ type: 'sync:request' });
      expect(client.take().at(-1)!['state']).toMatchObject({
        version: 1,
        items: Array.from({ length: n }, () => ({})),
      });
    }
  });
});

describe('commands that nobody sent', () => {
  it('invent: each is a new item, of a user who is not there, and changes no state', () => {
    const { count, got } = write('invent=0.1', ['a']);
    const invented = got.flat().filter(({ user_id }) => user_id !== 'a' && user_id !== 'b');
    expect(invented).toHaveLength(count);
    expect(count).toBeGreaterThan(200);
    expect(new Set(invented.map((message) => message['command'].item_id)).size).toBe(count);
    const ofTaken = got.map((messages) => Math.max(...versions(messages).filter(Number.isFinite)));
    expect(ofTaken).toEqual([COMMANDS, COMMANDS]);
  });
});

describe('faults of states', () => {
  /** Asks for the state after each of many changes. */
  function ask(fault: string) {
    const { join, sabotage } = virtualHub({ faults: [fault] });
    const client = join('room', 'a');
    const right: Message[][] = [[]];
    const states: Message[] = [];
    for (let n = 0; n < 500; n++) {
      client.send(command(n < 10 ? 'add_item' : 'update_item', n % 10, { n }));
      const items = new Map(right[n]!.map((item) => [item['uuid'] as string, item]));
      const { item_id } = (command('add_item', n % 10, {}) as Message)['command'];
      items.set(item_id, { n });
      right.push([...items].map(([uuid, item]) => ({ uuid, n: item['n'] })));
      client.take();
      client.send({ type: 'sync:request' });
      states.push(client.take()[0]!['state']);
    }
    const shown = states.map(({ items }) => (items as Message[]).map(({ uuid, n }) => ({ uuid, n })));
    expect(states.map(({ version }) => version as number)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
    return { right, shown, count: Object.values(sabotage!.counts)[0]! };
  }

  it('forget: a state lacks one item, as often as counted', () => {
    const { right, shown, count } = ask('forget=0.2');
    const lacking = shown.filter((items, n) => items.length === right[n + 1]!.length - 1);
    expect(lacking).toHaveLength(count);
    expect(count).toBeGreaterThan(50);
    expect(shown.filter((items, n) => items.length === right[n + 1]!.length)).toHaveLength(500 - count);
  });

  it('stale-snapshot: a state is the one before its version, as often as counted', () => {
    const { right, shown, count } = ask('stale-snapshot=0.2');
    const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    expect(shown.filter((items, n) => equal(items, right[n]))).toHaveLength(count);
    expect(shown.filter((items, n) => equal(items, right[n + 1]))).toHaveLength(500 - count);
    expect(count).toBeGreaterThan(50);
  });

  it('empty-state: a state is empty, as often as counted', () => {
    const { right, shown, count } = ask('empty-state=0.2');
    expect(shown.filter((items) => items.length === 0)).toHaveLength(count);
    for (const [n, items] of shown.entries()) if (items.length > 0) expect(items).toEqual(right[n + 1]);
    expect(count).toBeGreaterThan(50);
  });

  it('are not committed, nor counted, where there is nothing to forget or to be older', () => {
    const { join, sabotage } = virtualHub({ faults: ['forget=1', 'stale-snapshot=1', 'empty-state=1'] });
    const [host, guest] = [join('room', 'host'), join('room', 'guest')];
    expect(guest.take().at(-1)).toMatchObject({ type: 'sync:full_state', state: { items: [] } });
    host.send(command('remove_item', 1, {}));
    guest.send({ type: 'sync:request' });
    expect(guest.take().at(-1)).toMatchObject({ state: { version: 1, items: [] } });
    expect(sabotage!.counts).toEqual({ forget: 0, 'stale-snapshot': 0, 'empty-state': 0 });
  });
});

describe('faults of presence', () => {
  const usersOf = (client: VirtualClient): string[] =>
    client.take()[0]!['users'].map(({ user_id }: Message) => user_id as string);

  it('ghost: a list names who has been away longest, as often as counted', () => {
    const { join, sabotage } = virtualHub({ faults: ['ghost=0.5'] });
    join('room', 'host');
    join('room', 'gone').connection.gone(1000);
    let seen = 0;
    for (let n = 0; n < 200; n++) {
      const client = join('room', `u${n}`);
      if (usersOf(client).includes('gone')) seen++;
      client.connection.gone(1000);
    }
    expect(seen).toBe(sabotage!.counts.ghost);
    expect(seen).toBeGreaterThan(50);
  });

  it('ghost: who comes back is no ghost', () => {
    const { join, sabotage } = virtualHub({ faults: ['ghost=1'] });
    join('room', 'host');
    join('room', 'a').connection.gone(1000);
    expect(usersOf(join('room', 'a'))).toEqual(['host', 'a']);
    expect(sabotage!.counts.ghost).toBe(0);
  });

  it('silent-leave: the others hear nothing of a departure, as often as counted', () => {
    const { join, sabotage } = virtualHub({ faults: ['silent-leave=0.5'] });
    const host = join('room', 'host');
    for (let n = 0; n < 200; n++) join('room', `u${n}`).connection.gone(1000);
    const told = host.take().filter(({ type }) => type === 'user:left').length;
    expect(told).toBe(200 - sabotage!.counts['silent-leave']!);
    expect(told).toBeGreaterThan(50);
    host.connection.gone(1000);
    expect(sabotage!.counts['silent-leave']).toBe(200 - told);
  });

  it('repeat-joined: one of the others is told twice of an arrival, as often as counted', () => {
    const { join, sabotage } = virtualHub({ faults: ['repeat-joined=0.5'] });
    const others = ['a', 'b', 'c'].map((user) => join('room', user));
    const before = sabotage!.counts['repeat-joined']!;
    for (const other of others) other.take();
    for (let n = 0; n < 100; n++) join('room', `u${n}`).connection.gone(1000);
    const told = others.map((other) => other.take().filter(({ type }) => type === 'user:joined').length);
    expect(told.reduce((sum, one) => sum + one)).toBe(300 + sabotage!.counts['repeat-joined']! - before);
    for (const one of told) expect(one).toBeGreaterThan(120);
  });

  it('two-hosts: a joiner is told to be host while another one is, as often as counted', () => {
    const { join, sabotage } = virtualHub({ faults: ['two-hosts=0.5'] });
    expect(join('room', 'host').take()[0]!['is_host']).toBe(true);
    const told = Array.from({ length: 200 }, (_, n) => join('room', `u${n}`).take()[0]!['is_host']);
    expect(told.filter(Boolean)).toHaveLength(sabotage!.counts['two-hosts']!);
    expect(sabotage!.counts['two-hosts']).toBeGreaterThan(50);
  });
});

describe('faults of time', () => {
  it('slow: every message to a client is so much late, in its order, each counted', () => {
    const { join, clock, sabotage } = virtualHub({ faults: ['slow=20ms'] });
    const [a, b] = [join('room', 'a'), join('room', 'b')];
    clock.pass(20);
    a.take();
    expect(b.take()).toHaveLength(2);
    const before = sabotage!.counts.slow!;
    for (let n = 0; n < 5; n++) a.send(command('add_item', n, { n }));
    clock.pass(19);
    expect([a.take(), b.take()]).toEqual([[], []]);
    clock.pass(1);
    expect(versions(b.take())).toEqual([1, 2, 3, 4, 5]);
    expect(a.take()).toHaveLength(5);
    expect(sabotage!.counts.slow! - before).toBe(10);
  });

  it('slow: who is closed first gets what was on its way', () => {
    const { join } = virtualHub({ faults: ['slow=20ms'] });
    const [a, b] = [join('room', 'a'), join('room', 'b')];
    a.send(command('add_item', 1, {}));
    b.connection.close(4008, 'too slow');
    expect(b.take().map(({ type }) => type)).toEqual(['connection:ack', 'sync:full_state', 'command']);
    expect(b.closed?.code).toBe(4008);
  });

  it('drift: messages are the later the longer it goes on', () => {
    const { join, clock, sabotage } = virtualHub({ faults: ['drift=60ms/min@1s'] });
    const client = join('room', 'a');
    expect(client.take()).toHaveLength(1);
    const lateAt = (ms: number): number => {
      clock.pass(ms - clock.now());
      client.send({ type: 'ping' });
      let late = 0;
      for (; client.take().length === 0; late++) clock.pass(1);
      return late;
    };
    expect([1000, 11_000, 61_000, 601_000].map(lateAt)).toEqual([0, 10, 60, 600]);
    expect(sabotage!.counts.drift).toBe(3);
  });

  it('saturate: so many messages a second are taken, in their order, and a close waits for its turn', () => {
    const { join, clock, sabotage } = virtualHub({ faults: ['saturate=100'] });
    const [a, b, c] = ['a', 'b', 'c'].map((user) => join('room', user));
    b!.take();
    for (let n = 0; n < 50; n++) {
      a!.send(command('add_item', 2 * n, {}));
      c!.send(command('add_item', 2 * n + 1, {}));
    }
    c!.connection.gone(1000);
    clock.pass(505);
    expect(versions(commands(b!))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    clock.pass(495);
    const rest = b!.take();
    expect(versions(rest.slice(0, 50))).toEqual(Array.from({ length: 50 }, (_, n) => n + 51));
    expect(rest.slice(50).map(({ type }) => type)).toEqual(['user:left']);
    expect(sabotage!.counts.saturate).toBe(99);
    clock.pass(1000);
    a!.send({ type: 'ping' });
    expect(sabotage!.counts.saturate).toBe(99);
  });
});
