import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TEXT } from '../core/frames.ts';
import type { From } from '../recording/recording.ts';
import { Conversation } from './conversation.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HEARTBEAT = 'a heartbeat was not answered within 10 s';

function conversation(): { say(from: From, type: string): void; breaches: string[]; end(): void } {
  const breaches: string[] = [];
  const one = new Conversation(
    1,
    'u07',
    { user: 'u07' },
    {
      now: () => Date.now(),
      line: () => {},
      breach: (_at, _who, { says }) => void breaches.push(says),
      record: () => {},
    },
  );
  const say = (from: From, type: string): void => {
    const payload = Buffer.from(JSON.stringify({ type }));
    one.passed(from, { opcode: TEXT, payload, bytes: payload.length, fragments: 1, compressed: false, cut: false });
  };
  say('server', 'connection:ack');
  return { say, breaches, end: () => one.ended({ by: 'client', code: 1000, reason: '', isAnswered: true }) };
}

it('tells each heartbeat that the server forgets, ten seconds after it', () => {
  const { say, breaches } = conversation();
  say('client', 'ping');
  vi.advanceTimersByTime(6000);
  say('client', 'ping');
  vi.advanceTimersByTime(3999);
  expect(breaches).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(breaches).toEqual([HEARTBEAT]);
  vi.advanceTimersByTime(60_000);
  expect(breaches).toEqual([HEARTBEAT, HEARTBEAT]);
});

it('tells of no heartbeat that was answered, nor of one whose connection ended before its time was up', () => {
  const { say, breaches, end } = conversation();
  say('client', 'ping');
  say('server', 'pong');
  vi.advanceTimersByTime(60_000);
  say('client', 'ping');
  end();
  vi.advanceTimersByTime(60_000);
  expect(breaches).toEqual([]);
});
