import { describe, expect, it } from 'vitest';
import { latencyLimits, mayBeLate } from './fitness.ts';

describe('what the generator may be', () => {
  it('is late by 5 ms, or by a tenth of a limit where that is more', () => {
    expect([mayBeLate(), mayBeLate(20), mayBeLate(100)]).toEqual([5, 5, 10]);
  });

  it('is held against upper limits on latencies of the target alone', () => {
    const limits = latencyLimits({
      thresholds: [
        'broadcast_latency:p(99)<100',
        'join_time:p(95)<=50',
        'broadcast_latency:min>1',
        'heartbeat_rtt:count<9',
        'send_lag:p(99)<1',
        'generator_gc_pause:max<1',
        'lost:count==0',
      ],
    });
    expect(limits.map(({ metric }) => metric)).toEqual(['broadcast_latency', 'join_time']);
  });
});
