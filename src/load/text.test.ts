import { expect, it, test } from 'vitest';
import { TEXT_NOT_UTF8 } from '../core/breaches.ts';
import { binaryWords } from '../protocol/binary.ts';
import { endingBy } from './ports.ts';
import { Relay, type Client, type Meddling } from './testing/relay.ts';
import { EDITORS, planOf, simulate, type Simulated } from './testing/simulate.ts';

const ONE_SESSION = planOf({ sessions: 1 });

const against = (meddling: Meddling): Simulated => simulate(ONE_SESSION, EDITORS, (time) => new Relay(time, meddling));

/** How often each error of a kind was counted, by its message. */
const errorsOf = ({ intervals }: Simulated, kind: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const one of intervals.flatMap(({ errors }) => errors)) {
    if (one.kind === kind) counts[one.message] = (counts[one.message] ?? 0) + one.count;
  }
  return counts;
};

/** Says something to every joiner, before the acknowledgement and after it. */
const saying = (say: (client: Client) => void): Meddling => ({
  join: (client) => {
    say(client);
    client.deliver('', 5000);
    return true;
  },
});

it.each(['', ' ', 'null', '[]', '0', '"x"', '{}', '{"type":7}', '{"type":', '\uFEFF', '\uFEFF[]'])(
  'the message %j before the acknowledgement is unreadable, and everything goes on',
  (text) => {
    const result = against(saying((client) => client.deliver(text)));
    const unreadable = Object.values(errorsOf(result, 'unreadable')).reduce((sum, count) => sum + count, 0);
    expect(unreadable).toBe(2 * ONE_SESSION.users);
    expect({ joined: result.count('connections'), lost: result.count('lost') }).toEqual({ joined: 4, lost: 0 });
    expect(result.count('deliveries')).toBeGreaterThan(100);
  },
);

test('what is wrong with an error of the server’s is no harm', () => {
  const odd = ['{"type":"error","code":{"toString":1},"message":[]}', '{"type":"error","code":7}', '{"type":"error"}'];
  const result = against(saying((client) => odd.forEach((text) => client.deliver(text))));
  expect(errorsOf(result, 'refused')).toEqual({ 'error: no message': 8, '7: no message': 4 });
});

test('text that is not UTF-8 ends the connection as the breach it is, and is no copy', () => {
  let spoilt = 0;
  const result = against({
    relay: (text, _from, to, nth) => {
      if (nth !== 40) return true;
      spoilt++;
      const bytes = Buffer.from(text);
      bytes[bytes.indexOf(0xc3) + 1] = 0x28;
      to.deliverBytes(bytes, 'message');
      return false;
    },
  });
  const { error, ...ending } = endingBy(TEXT_NOT_UTF8);
  expect(spoilt).toBe(1);
  const ended = result.intervals.flatMap(({ disconnects }) => disconnects).filter(({ expected }) => !expected);
  expect(ended).toEqual([expect.objectContaining({ ...ending, phase: 'steady', count: 1 })]);
  expect(errorsOf(result, 'breach')).toEqual({ [error!]: 1 });
  expect(['lost', 'corrupted', 'invented', 'duplicated'].map((name) => result.count(name))).toEqual([0, 0, 0, 0]);
  expect(result.count('reconnects')).toBe(1);
});

test('what comes as binary nobody has seen: changes, pongs', () => {
  const asBinary = (text: string, to: Client): false => {
    to.deliverBytes(Buffer.from(text), 'binary');
    return false;
  };
  let relayed = 0;
  const result = against({
    relay: (text, _from, to) => {
      relayed++;
      return asBinary(text, to);
    },
    pong: (client) => asBinary('{ "timestamp": 1, "type": "pong" }', client),
  });
  expect(result.count('deliveries')).toBe(0);
  expect(result.count('lost')).toBe(relayed);
  expect(result.count('heartbeats_missed')).toBe(result.count('heartbeats'));
  expect(errorsOf(result, 'binary')).toMatchObject({ [binaryWords('command')]: relayed });
  expect(errorsOf(result, 'binary')[binaryWords('pong')]).toBeGreaterThan(0);
});

test('an acknowledgement that comes as binary lets nobody in, and is named', () => {
  const result = against({
    join: (client) => {
      client.deliverBytes(Buffer.from('{"type":"connection:ack","users":[]}'), 'binary');
      return false;
    },
  });
  expect(result.count('connections')).toBe(0);
  expect(Object.keys(errorsOf(result, 'join'))).toEqual([
    `no connection:ack within 2 s: ${binaryWords('connection:ack')}`,
  ]);
});

test('a binary message besides is no harm', () => {
  const result = against(saying((client) => client.deliverBytes(Buffer.from([0xff, 0, 1]), 'binary')));
  expect(errorsOf(result, 'binary')).toEqual({ [binaryWords(undefined)]: 4 });
  expect({ joined: result.count('connections'), lost: result.count('lost') }).toEqual({ joined: 4, lost: 0 });
});
