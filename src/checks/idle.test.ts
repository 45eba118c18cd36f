import { expect, it, vi } from 'vitest';
import { createServer } from '../../server/server.ts';
import { idleProxy } from '../engine/testing/idle-proxy.ts';
import { causes, lookAt, standings } from './testing/servers.ts';

vi.setConfig({ testTimeout: 60_000 });

it('tells an idle limit on the way by the one change that keeps a connection open', async () => {
  const server = await createServer({ port: 0 });
  const proxy = await idleProxy(server.port, 1600);
  try {
    const target = { urls: [`ws://127.0.0.1:${proxy.port}`], headers: {}, subprotocols: [] };
    const result = await lookAt({ target, layer: 'workflow', for_ms: 6000 });
    expect(causes(result)[0]).toBe('idle-limit');
    expect(result.summary).toMatch(/^Connections are cut 1\.[567]\d* s after their last byte: an idle limit/);
    expect(result.check!.diagnosis[0]!.do.join()).toContain('--heartbeat 1s');
    // What waits in vain is cut as well, which says nothing of what was sent.
    expect(standings(result)).toMatchObject({ protocol: 'pass', server: 'pass', workflow: 'fail' });
  } finally {
    proxy.close();
    await server.close();
  }
});
