import { afterAll, describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import { execute } from './execute.ts';
import { at, requestOf } from './testing/request.ts';
import { countOf, failing } from './testing/results.ts';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.concurrent('planted faults over real sockets', () => {
  it.each([
    ['drop=0.02@1s', 'drop', 'delivery', 'lost'],
    ['leak=0.02@1s', 'leak', 'isolation', 'misrouted'],
    ['corrupt=0.02@1s', 'corrupt', 'delivery', 'corrupted'],
    ['duplicate=0.02@1s', 'duplicate', 'delivery', 'duplicated'],
    ['echo=0.05@1s', 'echo', 'delivery', 'echoed'],
  ] as const)('%s, committed %s, fails %s with the server’s own count', async (fault, name, judge, counter) => {
    const server = await createServer({ port: 0, faults: [fault] });
    closing.push(() => server.close());
    const { result } = await execute(requestOf({}, { target: at(server.port) }));
    // What was seen stays; that something never came, a busy machine may be unable to tell.
    expect(failing(result, counter === 'lost' ? judge : undefined)).toContain(judge);
    expect(result.outcome).toBe(failing(result).length > 0 ? 'fail' : 'inconclusive');
    const own = server.counts().faults[name]!;
    expect(own).toBeGreaterThan(2);
    expect(countOf(result, counter)).toBeLessThanOrEqual(own);
    // Exact in virtual time; here some may fall on copies to users who are just joining, of which nothing is claimed.
    expect(countOf(result, counter === 'lost' ? 'lost_upper' : counter)).toBeGreaterThanOrEqual(own * 0.8);
  });

  it('mute-heartbeat fails heartbeat alone', async () => {
    const { result } = await execute(requestOf({ heartbeat_ms: 700, faults: ['mute-heartbeat'] }));
    expect(failing(result, 'heartbeat')).toEqual(['heartbeat']);
  });

  it('close fails disconnects alone, and everybody comes back', async () => {
    const { result } = await execute(requestOf({ duration_ms: 2500, faults: ['close=1011@1s'] }));
    expect(failing(result, 'disconnects')).toEqual(['disconnects']);
    expect(countOf(result, 'reconnects')).toBeGreaterThan(0);
  });
});
