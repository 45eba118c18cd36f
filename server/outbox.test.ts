import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { frameOf, type Frame } from './frames.ts';
import { Outbox, Turn } from './outbox.ts';

/** A socket that takes what it is given, or lets it wait. */
class FakeSocket {
  writes: Buffer[] = [];
  writableLength = 0;
  asleep = false;
  drain = (): void => {};

  write(bytes: Buffer): boolean {
    this.writes.push(bytes);
    if (this.asleep) this.writableLength += bytes.length;
    return !this.asleep;
  }

  wake(): void {
    this.asleep = false;
    this.writableLength = 0;
    this.drain();
  }

  get text(): string {
    return this.writes.map(String).join('');
  }
}

function outboxes(count: number, maxBacklog = 1000) {
  const counts = { bytesSent: 0, cursorsDropped: 0 };
  const turn = new Turn(counts);
  let slow = 0;
  const all = Array.from({ length: count }, () => {
    const socket = new FakeSocket();
    const outbox = new Outbox(socket as never, turn, maxBacklog, () => slow++);
    socket.drain = () => outbox.drained();
    return { socket, outbox };
  });
  return { all, counts, tooSlow: () => slow };
}

const big = (length: number, droppable = false): Frame => frameOf('x'.repeat(length), droppable);
const bytesOf = (frames: Frame[]): string => frames.map(({ bytes }) => String(bytes)).join('');

describe('an outbox', () => {
  it('writes once a turn, in order', async () => {
    const { all, counts } = outboxes(1);
    const { socket, outbox } = all[0]!;
    const frames = ['one', 'two', 'three'].map((text) => frameOf(text));
    for (const frame of frames) outbox.push(frame);
    expect(socket.writes).toHaveLength(0);
    await nextTurn();
    expect(socket.writes).toHaveLength(1);
    expect(socket.text).toBe(bytesOf(frames));
    expect(counts.bytesSent).toBe(socket.text.length);
    outbox.push(frames[0]!);
    await nextTurn();
    expect(socket.writes).toHaveLength(2);
  });

  it('copies the frames of a turn once for all that wait for the same', async () => {
    const { all } = outboxes(3);
    const frames = [frameOf('one'), frameOf('two')];
    for (const { outbox } of all) for (const frame of frames) outbox.push(frame);
    all[1]!.outbox.push(frameOf('of its own'));
    await nextTurn();
    const [a, b, c] = all.map(({ socket }) => socket.writes[0]!);
    expect([String(a), String(c)]).toEqual([bytesOf(frames), bytesOf(frames)]);
    expect(String(b)).toContain('of its own');
    const again = outboxes(2).all;
    for (const { outbox } of again) for (const frame of frames) outbox.push(frame);
    await nextTurn();
    expect(again[0]!.socket.writes[0]).toBe(again[1]!.socket.writes[0]);
  });

  it('writes a single frame, and a large one, as it is', async () => {
    const { all } = outboxes(1, 10_000_000);
    const { socket, outbox } = all[0]!;
    const [small, large] = [frameOf('small'), big(100_000)];
    outbox.push(small);
    await nextTurn();
    for (const frame of [small, large, small]) outbox.push(frame);
    await nextTurn();
    expect(socket.writes.map((bytes) => [small, large].findIndex((frame) => frame.bytes === bytes))).toEqual([
      0, 0, 1, 0,
    ]);
  });

  it('waits for a socket that is behind, and goes on when it has caught up', async () => {
    const { all } = outboxes(1);
    const { socket, outbox } = all[0]!;
    const frames = Array.from({ length: 5 }, (_, n) => frameOf(`message ${n}`));
    socket.asleep = true;
    for (const frame of frames) {
      outbox.push(frame);
      await nextTurn();
    }
    expect(socket.writes).toHaveLength(1);
    expect(outbox.backlog).toBeGreaterThan(0);
    socket.wake();
    expect(socket.text).toBe(bytesOf(frames));
    expect(outbox.backlog).toBe(0);
  });

  it('P15 drops the cursors that wait first, and keeps the newest', async () => {
    const { all, counts, tooSlow } = outboxes(1, 1000);
    const { socket, outbox } = all[0]!;
    socket.asleep = true;
    outbox.push(frameOf('first'));
    await nextTurn();
    const [command, cursor] = [big(100), big(200, true)];
    for (let n = 0; n < 4; n++) {
      outbox.push(command);
      outbox.push(cursor);
    }
    outbox.push(cursor);
    outbox.push(command);
    expect(counts.cursorsDropped).toBe(3);
    socket.wake();
    await nextTurn();
    expect(socket.text).toBe(bytesOf([frameOf('first'), command, command, command, command, cursor, cursor, command]));
    expect(tooSlow()).toBe(0);
  });

  it('P15 says that a client is too slow once, after the broadcast, and keeps nothing for it', async () => {
    const { all, tooSlow } = outboxes(1, 1000);
    const { socket, outbox } = all[0]!;
    socket.asleep = true;
    outbox.push(frameOf('first'));
    await nextTurn();
    for (let n = 0; n < 20; n++) outbox.push(big(100));
    expect(tooSlow()).toBe(0);
    await nextTurn();
    expect([tooSlow(), outbox.backlog]).toEqual([1, 0]);
    outbox.push(big(100));
    await nextTurn();
    expect([tooSlow(), socket.writes.length]).toEqual([1, 1]);
  });

  it('P15 holds a bounded number of bytes whatever comes', async () => {
    const { all } = outboxes(1, 10_000);
    const { socket, outbox } = all[0]!;
    socket.asleep = true;
    let most = 0;
    for (let n = 0; n < 5000; n++) {
      outbox.push(big(90, n % 2 === 0));
      most = Math.max(most, outbox.backlog);
    }
    expect(most).toBeGreaterThan(9000);
    expect(most).toBeLessThanOrEqual(10_000 + 92);
  });

  it('P15 gives a client that reads a state larger than the bound, and all that comes with it', async () => {
    const { all, tooSlow } = outboxes(1, 1000);
    const { socket, outbox } = all[0]!;
    const frames = [frameOf('ack'), big(5000), ...Array.from({ length: 50 }, () => big(100))];
    for (const frame of frames) outbox.push(frame);
    await nextTurn();
    expect(socket.text).toBe(bytesOf(frames));
    expect(tooSlow()).toBe(0);
  });

  it('writes nothing more once it is stopped', async () => {
    const { all } = outboxes(1);
    const { socket, outbox } = all[0]!;
    outbox.push(frameOf('never'));
    outbox.stop();
    await nextTurn();
    expect(socket.writes).toHaveLength(0);
  });
});
