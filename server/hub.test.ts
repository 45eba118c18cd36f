import { describe, expect, it } from 'vitest';
import { command } from './contract/client.ts';
import { virtualHub } from './testing/virtual-hub.ts';

const MINUTE = 60_000;

describe('the hub, in virtual time', () => {
  it('P13 releases a session 30 s after its last user left, and not if somebody came back', () => {
    const { hub, clock, join } = virtualHub();
    const first = join('room', 'a');
    first.send(command('add_item', 1));
    first.connection.gone(1000);
    clock.pass(29_999);
    const second = join('room', 'b');
    expect(second.take()[0]).toMatchObject({ is_host: true, version: 1 });
    clock.pass(MINUTE);
    expect(hub.sessions).toBe(1);
    second.connection.gone(1000);
    clock.pass(30_000);
    expect([hub.sessions, hub.connections]).toEqual([0, 0]);
    expect(join('room', 'c').take()).toMatchObject([{ type: 'connection:ack', version: 0 }]);
  });

  it('P13 hands the host’s part on in the order of joining, also after a replacement', () => {
    const { join } = virtualHub();
    const [a, b, c] = [join('room', 'a'), join('room', 'b'), join('room', 'c')];
    const again = join('room', 'b');
    expect(b.closed?.code).toBe(4001);
    again.take();
    c.take();
    a.connection.gone(1006);
    expect(again.take().map(({ type }) => type)).toEqual(['user:left', 'session:host']);
    again.connection.gone();
    expect(c.take().map(({ type }) => type)).toEqual(['user:left', 'user:left', 'session:host']);
  });

  it('P14 bears 100 bad messages in any 10 s, and no more', () => {
    const { clock, join } = virtualHub();
    const client = join('room', 'a');
    for (let n = 0; n < 1000; n++) {
      client.send('x');
      clock.pass(100);
    }
    expect(client.closed).toBeUndefined();
    client.send('x');
    client.send('x');
    expect(client.closed?.code).toBe(1008);
  });

  it('P14 ignores whatever comes after a close', () => {
    const { join } = virtualHub();
    const [bad, other] = [join('room', 'a'), join('room', 'b')];
    for (let n = 0; n <= 100; n++) bad.send('x');
    other.take();
    bad.send(command('add_item', 1));
    expect(other.take()).toEqual([]);
  });

  it('P16 counts messages per second, by the second', () => {
    const { clock, join } = virtualHub({ limits: { maxRate: 3 } });
    const client = join('room', 'a');
    client.take();
    for (let second = 0; second < 3; second++) {
      for (let n = 0; n < 4; n++) client.send({ type: 'ping' });
      expect(client.take().map(({ type }) => type)).toEqual(['pong', 'pong', 'pong', 'error']);
      clock.pass(1000);
    }
  });

  it('P16 closes silent connections only where that is asked for', () => {
    const patient = virtualHub();
    const waiting = patient.join('room', 'a');
    patient.clock.pass(1000 * MINUTE);
    expect(waiting.closed).toBeUndefined();
    const { clock, join } = virtualHub({ limits: { idleTimeout: MINUTE } });
    const [silent, busy] = [join('room', 'a'), join('room', 'b')];
    for (let n = 0; n < 8; n++) {
      clock.pass(MINUTE / 4);
      busy.send({ type: 'ping' });
    }
    expect([silent.closed?.code, busy.closed]).toEqual([1008, undefined]);
  });

  it('P5 closes everybody with 1001, tells nobody that others left, and lets nobody in any more', () => {
    const { hub, join, telemetry } = virtualHub();
    const clients = [join('room', 'a'), join('room', 'b')];
    for (const client of clients) client.take();
    hub.stop();
    for (const client of clients) {
      expect(client.closed?.code).toBe(1001);
      client.connection.gone(1006);
      expect(client.take()).toEqual([]);
    }
    expect(join('room', 'c').closed?.code).toBe(1001);
    expect(telemetry.disconnects).toEqual({ 1001: 2 });
  });

  it('counts a connection’s end once, with the code it began with', () => {
    const { join, telemetry } = virtualHub();
    const older = join('room', 'a');
    join('room', 'a').connection.gone(1000);
    older.connection.gone(1006);
    older.connection.gone(1006);
    expect(telemetry.disconnects).toEqual({ 1000: 1, 4001: 1 });
  });

  it('counts what it takes and gives', () => {
    const { join, telemetry } = virtualHub();
    const [a] = [join('room', 'a'), join('room', 'b'), join('room', 'c')];
    a.send(command('add_item', 1));
    a.send({ type: 'cursor', x_mm: 1, y_mm: 2 });
    a.send({ type: 'ping' });
    a.send('x');
    expect(telemetry.received).toMatchObject({ command: 1, cursor: 1, ping: 1, other: 1 });
    expect(telemetry.sent).toMatchObject({ command: 2, cursor: 2, pong: 1, error: 1, 'user:joined': 3 });
    expect([telemetry.deliveries, telemetry.dropped, telemetry.connections]).toEqual([2, 1, 3]);
  });
});
