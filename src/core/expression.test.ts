import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ToolError } from './errors.ts';
import { aggregationText, holds, parseThreshold, type Threshold } from './expression.ts';

describe('a threshold is read', () => {
  test.each([
    [
      'broadcast_latency:p(99)<100',
      { metric: 'broadcast_latency', aggregation: { of: 'p', percent: 99 }, op: '<', limit: 100 },
    ],
    [
      'broadcast_latency{stage:ramp}:p(99.9)<=500',
      { stage: 'ramp', aggregation: { of: 'p', percent: 99.9 }, op: '<=' },
    ],
    ['disconnect_rate:rate<0.001', { metric: 'disconnect_rate', aggregation: { of: 'rate' }, limit: 0.001 }],
    ['disconnect_rate:value<1e-3', { aggregation: { of: 'value' }, limit: 0.001 }],
    ['lost:count==0', { metric: 'lost', aggregation: { of: 'count' }, op: '==', limit: 0 }],
    ['lost:count===0', { op: '==' }],
    ['lost:count!==1', { op: '!=' }],
    ['users_connected:min>=250@30s', { metric: 'users_connected', op: '>=', limit: 250, not_before_ms: 30_000 }],
    [' join_time : med < 5000 @ 1m30s ', { aggregation: { of: 'med' }, not_before_ms: 90_000 }],
  ])('%s', (text, expected) => {
    expect(parseThreshold(text)).toMatchObject(expected);
  });

  test('its text is kept without spaces', () => {
    expect(parseThreshold('lost : count == 0').text).toBe('lost:count==0');
  });

  test('its aggregation is written as it was read', () => {
    expect(aggregationText(parseThreshold('join_time:p(95)<1').aggregation)).toBe('p(95)');
    expect(aggregationText(parseThreshold('lost:count==0').aggregation)).toBe('count');
  });
});

describe('bad input gets one sentence and what would be right', () => {
  test.each([
    ['broadcast_latncy:p(99)<100', /unknown metric, broadcast_latncy/, /Did you mean broadcast_latency\?/],
    ['zzzzzzzzzzzz:count<1', /unknown metric/, /broadcast_latency/],
    ['broadcast_latency:p99<100', /cannot be read|asks for/, /p\(N\)|Write METRIC/],
    [
      'broadcast_latency:rate<100',
      /rate of broadcast_latency, which is a trend/,
      /A trend has avg, min, med, max, p\(N\) and count/,
    ],
    ['lost:p(99)<1', /p\(99\) of lost, which is a counter/, /count and rate/],
    ['users_connected:count>1', /which is a gauge/, /last, min, mean and max/],
    ['broadcast_latency:p(101)<1', /between 0 and 100/, undefined],
    ['broadcast_latency:p(99)<100ms', /100ms, which is not a number/, /in ms/],
    ['lost:count', /cannot be read/, /Write METRIC/],
    ['', /cannot be read/, /Write METRIC/],
    ['lost{stage:warm}:count==0', /only a stage/, /\{stage:steady\}/],
    ['lost{session:3}:count==0', /only a stage/, /\{stage:ramp\}/],
    ['availability{stage:ramp}:value>0.9', /only known of the whole run/, undefined],
    ['lost:count==0@30', /takes a time with its unit/, /30s/],
  ])('%s', (text, message, hint) => {
    let thrown: unknown;
    try {
      parseThreshold(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ToolError);
    const error = thrown as ToolError;
    expect(error.exitCode).toBe(104);
    expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
  });
});

describe('a threshold holds', () => {
  test.each([
    ['lost:count<1', 0, true],
    ['lost:count<1', 1, false],
    ['lost:count<=1', 1, true],
    ['lost:count>1', 1, false],
    ['lost:count>=1', 1, true],
    ['lost:count==1', 1, true],
    ['lost:count!=1', 1, false],
  ] as const)('%s for %d: %s', (text, value, truth) => {
    expect(holds(parseThreshold(text), value)).toBe(truth);
  });

  test('or nobody knows, without a sample', () => {
    expect(holds(parseThreshold('join_time:p(95)<5000'), undefined)).toBe('unknown');
  });

  test('but no upper limit holds for what never arrived', () => {
    expect(holds(parseThreshold('broadcast_latency:p(99)<1000'), Infinity)).toBe(false);
    expect(holds(parseThreshold('broadcast_latency:p(99)<=1e9'), Infinity)).toBe(false);
  });
});

describe('what comes out the same whatever is measured is refused', () => {
  test.each([
    ['broadcast_latency:p(99)<1e400', 'compares with 1e400, which is beyond what a number can be.'],
    ['lost:count<-1e999', 'compares with -1e999, which is beyond what a number can be.'],
    ['send_lag:p(99)<1e-400', 'compares with 1e-400, which is beyond what a number can be.'],
    ['lost:count>=0', 'always holds: lost is a whole number from 0.'],
    ['lost:count<0', 'never holds: lost is a whole number from 0.'],
    ['lost:count==0.5', 'never holds: lost is a whole number from 0.'],
    ['join_time:max>-1', 'always holds: join_time is never below 0.'],
    ['join_time:avg<=-0.1', 'never holds: join_time is never below 0.'],
    ['server_rss:last!=-1', 'always holds: server_rss is never below 0.'],
    ['disconnect_rate:rate<5', 'always holds: disconnect_rate lies between 0 and 1.'],
    ['disconnect_rate:rate<=1', 'always holds: disconnect_rate lies between 0 and 1.'],
    ['availability:value>99.9', 'never holds: availability lies between 0 and 1.'],
  ])('%s', (text, sentence) => {
    expect(() => parseThreshold(text)).toThrow(`The threshold "${text}" ${sentence}`);
  });

  test('of a percentage, with the share that it is', () => {
    expect(() => parseThreshold('availability:value>=99.95')).toThrow(
      expect.objectContaining({ hint: '99.95 % is 0.9995.' }),
    );
  });

  test('and nothing else is: what is read can hold and can fail', () => {
    const METRICS = [
      ['availability:value', 1, 0.001],
      ['lost:count', Infinity, 1],
      ['join_time:p(95)', Infinity, 0.001],
      ['disconnects_per_user_hour:rate', Infinity, 0.001],
    ] as const;
    const limits = fc.oneof(
      fc.constantFrom('0', '-0', '1', '0.5', '-1', '2', '1e3'),
      fc.double({ min: -2, max: 9, noNaN: true }).map(String),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...METRICS),
        fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
        limits,
        (metric, op, limit) => {
          const [name, high, step] = metric;
          const around = [0, step, 1, Number(limit) - step, Number(limit), Number(limit) + step, high];
          const possible = around.filter(
            (value) => value >= 0 && value <= high && (step < 1 || Number.isInteger(value) || value === high),
          );
          let read: Threshold | undefined;
          try {
            read = parseThreshold(`${name}${op}${limit}`);
          } catch (error) {
            expect((error as Error).message).toMatch(/(always|never) holds/);
          }
          const outcomes = new Set(
            possible.map((value) => holds(read ?? ({ op, limit: Number(limit) } as Threshold), value)),
          );
          expect(outcomes.size).toBe(read ? 2 : 1);
        },
      ),
      { numRuns: 500 },
    );
  });
});
