import { expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import type { DoorEvents } from '../load/ports.ts';
import { netDoor } from './net-door.ts';
import { idleProxy } from './testing/idle-proxy.ts';
import { at } from './testing/request.ts';
import { wsDoor } from './ws-door.ts';

const LIMIT_MS = 1000;
/** A busy machine reads late. */
const LATE_MS = 900;

it.concurrent.each([
  ['net', netDoor],
  ['ws', wsDoor],
] as const)('the silence after which a proxy cut is known, by the %s door, whatever passed last', async (_, doorOf) => {
  const server = await createServer({ port: 0 });
  const proxy = await idleProxy(server.port, LIMIT_MS);
  try {
    const door = doorOf(at(proxy.port), 'abc123', () => Math.floor(performance.now() * 1000));
    const ended = (user: number, say_ms: number | undefined) =>
      new Promise<number>((resolve) => {
        const events: DoorEvents = {
          opened: (_seat, connection) =>
            say_ms !== undefined && setTimeout(() => connection.send('{"type":"ping"}'), say_ms),
          message() {},
          binary() {},
          closed: (_seat, _connection, { quiet_us }) => resolve(quiet_us! / 1000),
        };
        door.connect(0, user, 0, events);
      });
    const began = performance.now();
    for (const quiet_ms of await Promise.all([ended(1, undefined), ended(2, 300), ended(3, 600)])) {
      expect(quiet_ms).toBeGreaterThan(LIMIT_MS - 100);
      expect(quiet_ms).toBeLessThan(LIMIT_MS + LATE_MS);
    }
    expect(performance.now() - began).toBeGreaterThan(LIMIT_MS + 500);
  } finally {
    proxy.close();
    await server.close();
  }
});
