import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Document } from '../src/protocol/document.ts';
import { Admissions } from './admissions.ts';
import { command } from './contract/client.ts';
import type { Frame } from './frames.ts';
import { virtualHub, type Message } from './testing/virtual-hub.ts';

const ITEMS = 1000;
const JOINERS = 1000;

describe('a storm of joiners', () => {
  it('P10 gets one state, serialised and framed once, and a list of users that grows by what each adds', () => {
    const { hub, join } = virtualHub();
    const host = join('room', 'host');
    for (let n = 0; n < ITEMS; n++) host.send(command('add_item', n, { x_mm: n }));
    const serialised = vi.spyOn(Document.prototype, 'itemsJson');
    const states = new Set<Frame>();
    const acks: Frame[] = [];
    for (let n = 0; n < JOINERS - 1; n++) {
      let nth = 0;
      const send = (frame: Frame): void => {
        if (nth === 0) acks.push(frame);
        if (nth === 1) states.add(frame);
        nth++;
      };
      hub.accept(`/ws/room/u${n}`, { send, close: () => {}, cut: () => {} });
    }
    expect(serialised).toHaveBeenCalledTimes(1);
    serialised.mockRestore();
    expect(states.size).toBe(1);
    const last = JSON.parse(acks.at(-1)!.payload.toString()) as Message;
    expect(last['users'].map(({ user_id }: Message) => user_id)).toEqual([
      'host',
      ...Array.from({ length: JOINERS - 1 }, (_, n) => `u${n}`),
    ]);
  });

  it('P12 lists who is there after some have left', () => {
    const { join } = virtualHub();
    const [, b] = ['a', 'b', 'c'].map((user) => join('room', user));
    b!.connection.gone(1000);
    const [ack] = join('room', 'd').take();
    expect(ack!['users'].map(({ user_id }: Message) => user_id)).toEqual(['a', 'c', 'd']);
  });

  it('is let in a few a turn, in their order, so that those who are in go on in between', async () => {
    let now = 0;
    const admissions = new Admissions(() => now);
    const order: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      admissions.add(() => {
        order.push(name);
        now += 2;
      });
    }
    expect(order).toEqual([]);
    await nextTurn();
    expect(order).toEqual(['a', 'b']);
    admissions.add(() => order.push('f'));
    await nextTurn();
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    await nextTurn();
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    admissions.add(() => order.push('g'));
    await nextTurn();
    expect(order.at(-1)).toBe('g');
  });
});
