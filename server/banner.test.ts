import { describe, expect, it } from 'vitest';
import { echoBanner, networkAddresses, serveBanner } from './banner.ts';

const interfaces = {
  lo: [{ internal: true, family: 'IPv4', address: '127.0.0.1' }],
  eth0: [
    { internal: false, family: 'IPv4', address: '192.168.1.5' },
    { internal: false, family: 'IPv6', address: '2001:db8::5' },
    { internal: false, family: 'IPv6', address: 'fe80::1' },
  ],
} as never;

describe('the banner', () => {
  it('says where to connect, and the settings that matter, in 80 columns', () => {
    const banner = serveBanner(
      { host: '127.0.0.1', port: 8765, url: 'ws://127.0.0.1:8765' },
      { closeTimeout: 10_000, faults: ['drop=0.1', 'echo=0.2'] },
    );
    expect(banner).toBe(`Clients can connect to: ws://127.0.0.1:8765/ws/{session_id}/{user_id}
settings  no automatic ping, no compression, messages up to 1 MiB,
          close timeout 10 s, heartbeat 30 s (clients ping, the server answers)
health    http://127.0.0.1:8765/healthz and /metrics
faults    drop=0.1, echo=0.2: committed on purpose
Ctrl+C stops it.
`);
    for (const line of banner.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('names the addresses that other machines can use where it listens everywhere', () => {
    expect(networkAddresses('127.0.0.1', interfaces)).toEqual([]);
    expect(networkAddresses('0.0.0.0', interfaces)).toEqual(['192.168.1.5']);
    expect(networkAddresses('::', interfaces)).toEqual(['192.168.1.5', '2001:db8::5']);
    const everywhere = { host: '::', port: 1, url: 'ws://[::1]:1' };
    const banner = serveBanner(everywhere, { closeTimeout: 1, faults: [] }, ['192.168.1.5', '2001:db8::5']);
    expect(banner).toContain('ws://192.168.1.5:1/ws/{session_id}/{user_id}\n');
    expect(banner).toContain('ws://[2001:db8::5]:1/ws/{session_id}/{user_id}\n');
    expect(echoBanner(everywhere, [])).toContain('in no network');
  });
});
