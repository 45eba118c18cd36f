import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { addWaiting, backlog, listed, UnreadBytes } from './unread-bytes.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string, unread: string): string =>
  `   0: ${local} ${remote} ${state} 00000000:${unread} 00:00000000 00000000     0        0 5151 1 0000000000000000 20 4 30 10 -1`;

describe('bytes that wait unread', () => {
  const server = '0100007F:1F90';
  const user = '0100007F:C001';

  it('are those of open connections to the servers, and not the server’s own', () => {
    const lines = [
      HEAD,
      line(user, server, '01', '00000100'),
      line(user, server, '01', '00000000'),
      line(server, user, '01', '00000200'),
      line(user, server, '06', '00000400'),
      line(user, '0200007F:1F90', '01', '00000800'),
    ];
    const waiting = new Map<string, number>();
    addWaiting(lines, new Set([server]), waiting);
    expect([...waiting]).toEqual([[user, 0x100]]);
  });

  it('are not those of a user who stopped reading', () => {
    const before = new Map([
      ['stopped', 5000],
      ['full', 9000],
      ['read', 300],
    ]);
    const now = new Map([
      ['stopped', 7000],
      ['full', 9000],
      ['read', 200],
      ['new', 10],
    ]);
    expect(backlog(now, before)).toBe(210);
    expect(backlog(now, new Map())).toBe(16_210);
  });

  it.each([
    ['127.0.0.1', 8080, '0100007F:1F90'],
    ['10.1.2.30', 443, '1E02010A:01BB'],
    ['::1', 80, '00000000000000000000000001000000:0050'],
    ['fe80::1%eth0', 80, '000080FE000000000000000001000000:0050'],
    ['2001:db8:1:2:3:4:5:6', 80, 'B80D0120020001000400030006000500:0050'],
  ])('know %s port %i as %s where the least byte comes first', (address, port, text) => {
    expect(listed(address, port)).toBe(text);
  });

  it.runIf(process.platform === 'linux')('are counted while they wait', async () => {
    const waiting = createServer((socket) => socket.on('error', () => {}).write('x'.repeat(1000)));
    waiting.listen(0, '127.0.0.1');
    await once(waiting, 'listening');
    const { port } = waiting.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1' });
    socket.pause();
    await once(socket, 'connect');
    const unread = new UnreadBytes([`ws://localhost:${port}`]);
    const look = () => {
      unread.look();
      return vi.waitFor(() => {
        const found = unread.take();
        expect(found).toBeDefined();
        return found;
      });
    };
    await vi.waitFor(async () => expect(await look()).toBe(1000));
    expect(await look()).toBe(0);
    unread.stop();
    socket.destroy();
    waiting.close();
  });
});
