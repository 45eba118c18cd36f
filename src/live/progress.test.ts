import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bucketOf } from '../core/buckets.ts';
import type { Interval } from '../core/record.ts';
import { fixturePlan } from '../reporters/fixtures/run.ts';
import { emptyInterval } from '../result/interval.ts';
import { liveLine } from './line.ts';
import { progress } from './progress.ts';

beforeEach(() => vi.stubEnv('TZ', 'UTC'));

const PLAN = fixturePlan();
const RUN = { id: 'k3x9q2', started_at: '2026-11-22T20:48:03.120Z' };
const SCREEN = { colour: false, unicode: true };

const trend = (us: number, count: number) => ({
  count,
  missing: 0,
  sum_us: us * count,
  min_us: us,
  max_us: us,
  buckets: [bucketOf(us), count],
});

function second(at: number, over: Partial<Interval> = {}, busy = 0.34): Interval {
  const gauge = (value: number) => ({ count: 1, sum: value, min: value, max: value, last: value });
  return {
    ...emptyInterval(at * 1000, at * 1000 + 1000),
    stages: {
      steady: {
        counters: { deliveries: 24_512 },
        gauges: { users_connected: gauge(250), generator_event_loop_utilization: gauge(busy) },
        trends: { broadcast_latency: trend(408, 24_512), send_lag: trend(900, 500) },
      },
    },
    ...over,
  };
}

/** A stream that keeps what is written to it. */
function sink(isTTY: boolean) {
  const texts: string[] = [];
  return {
    isTTY,
    columns: 80,
    texts,
    write: (text: string) => texts.push(text),
    get all() {
      return texts.join('');
    },
  };
}

describe('the live line', () => {
  it('says where the run is, who is there, how fast and how well it goes', () => {
    expect(liveLine(PLAN, second(18), 0)).toBe(
      'steady   0:12 of 0:30   250/250 users   24,512/s   p50 0.4  p99 0.4 ms   0 lost',
    );
  });

  it.each([
    [1, 'ramp-up  0:02 of 0:05'],
    [5, 'settle   0:01 of 0:02'],
    [36, 'steady   0:30 of 0:30'],
    [37, 'drain    17 under way'],
  ])('names the stage at second %i', (at, words) => {
    expect(liveLine(PLAN, second(at, { pending: 17 }), 0)).toContain(words);
  });

  it('says drain once the run is stopped before its time', () => {
    expect(liveLine(PLAN, second(12, { pending: 17 }), 0, true)).toMatch(/^drain {4}17 under way {3}250\/250 users/);
  });

  it('has no busy figure once nobody is left', () => {
    const gone = second(18, {}, 1);
    gone.stages.steady!.gauges.users_connected!.last = 0;
    expect(liveLine(PLAN, gone, 0)).not.toContain('generator');
  });

  it('mentions the generator only when it is sick', () => {
    expect(liveLine(PLAN, second(18, {}, 0.69), 0)).not.toContain('generator');
    expect(liveLine(PLAN, second(18, {}, 0.82), 0)).toContain('generator busy 0.82');
    expect(liveLine(PLAN, second(18, {}, 0.82), 0).length).toBeLessThan(80);
  });
});

describe('the progress', () => {
  it('rewrites one line on a terminal, below 80 columns, and takes it away at the end', () => {
    const stream = sink(true);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    watching.interval(second(18));
    watching.interval(second(19));
    watching.close();
    expect(stream.all).not.toContain('\n');
    expect(stream.texts.map((text) => text.slice(0, 5))).toEqual(Array(3).fill('\r\u001b[2K'));
    for (const text of stream.texts) expect(text.length - 5).toBeLessThan(80);
    expect(stream.texts.at(-1)).toBe('\r\u001b[2K');
  });

  it('says the same words every 10 s without a terminal', () => {
    const stream = sink(false);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    for (let at = 0; at < 37; at++) watching.interval(second(at));
    watching.close();
    expect(stream.texts).toHaveLength(3);
    expect(stream.texts[1]).toMatch(/^steady {3}0:13 of 0:30 {3}250\/250 users.*lost\n$/);
  });

  it('says them so on a terminal that knows no control sequences, and writes none', () => {
    const stream = sink(true);
    const watching = progress(PLAN, RUN, stream, { colour: false, unicode: false }, { TERM: 'dumb', LANG: 'C' });
    watching.started({ url: 'ws://127.0.0.1:1' });
    for (let at = 0; at < 37; at++) watching.interval(second(at));
    watching.event({ at_ms: 21_100, kind: 'stall', text: 'a stall' });
    watching.stopping();
    watching.close();
    expect(stream.all.match(/^(?:settle|steady|drain) .* lost$/gm)).toHaveLength(3);
    // eslint-disable-next-line no-control-regex -- that there is none is what is tested
    expect(stream.all).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it('lets at most ten events scroll above the line, and counts the others', () => {
    const stream = sink(true);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    watching.interval(second(18));
    for (let at = 0; at < 13; at++) watching.event({ at_ms: 21_100, kind: 'stall', text: `event ${at}\u001b[2J` });
    watching.close();
    expect(stream.all.match(/20:48:24 {2}! event \d\uFFFD\[2J\n/g)).toHaveLength(10);
    expect(stream.all).toContain('and 3 more events');
  });

  it('says that it stops, and how to leave at once, and names the drain from then on', () => {
    const stream = sink(true);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    watching.started({ url: 'ws://127.0.0.1:1' });
    watching.interval(second(18));
    watching.stopping();
    expect(stream.texts.at(-1)).toContain('drain');
    watching.interval(second(19));
    expect(stream.all).toContain('stopping: draining what is on its way; Ctrl+C again leaves at once\n');
    expect(stream.texts.at(-1)).toContain('drain');
  });

  it('says of attempts why they failed, once, and again at ten times the count', () => {
    const stream = sink(false);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    const refused = { code: 1006, reason: '', initiator: 'network', phase: 'connect', count: 6 } as const;
    const at = { first_ms: 30_412, last_ms: 30_418 };
    const over: Partial<Interval> = {
      disconnects: [{ ...refused, expected: false, ...at }],
      errors: [{ kind: 'connect', message: 'ECONNREFUSED 127.0.0.1', count: 6, ...at }],
    };
    for (let nth = 0; nth < 12; nth++) watching.interval(second(31, over));
    expect(stream.texts.filter((text) => text.includes('✗'))).toEqual([
      '20:48:33  ✗ 6 could not connect: nothing listens there (ECONNREFUSED 127.0.0.1)\n',
      '20:48:33  ✗ 60 so far could not connect: nothing listens there (ECONNREFUSED\n            127.0.0.1)\n',
    ]);
  });

  it('tells of many who were cut off at once by their event alone', () => {
    const stream = sink(false);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    const cut = { code: 1006, reason: '', initiator: 'network', phase: 'steady', count: 30 } as const;
    const event = { at_ms: 30_412, kind: 'cut-off', text: '30 users cut off at once by the network' };
    const disconnects = [{ ...cut, expected: false, first_ms: 30_412, last_ms: 30_418 }];
    watching.event(event);
    watching.interval(second(31, { disconnects, events: [event] }));
    expect(stream.all.match(/✗/g)).toHaveLength(1);
  });

  it('tells at once of who was cut off, and marks what nothing takes back', () => {
    const stream = sink(false);
    const watching = progress(PLAN, RUN, stream, SCREEN);
    const kicked = { code: 1011, reason: '', initiator: 'server', phase: 'steady', count: 12 } as const;
    watching.interval(second(31, { disconnects: [{ ...kicked, expected: false, first_ms: 30_412, last_ms: 30_418 }] }));
    watching.event({ at_ms: 31_111, kind: 'overdue', text: '3 broadcasts overdue by 10 s' });
    expect(stream.all).toBe(
      '20:48:33  ✗ 12 cut off by the server: 1011, server error: an exception in its\n' +
        '            handler, or no pong within its limit\n' +
        'steady   0:25 of 0:30   250/250 users   24,512/s   p50 0.4  p99 0.4 ms   0 lost\n' +
        '20:48:34  ✗ 3 broadcasts overdue by 10 s\n',
    );
  });
});
