import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../core/errors.ts';
import { mapTexts } from './words.ts';
import { banner } from './banner.ts';
import { failingRun, fixturePlan, passingRun, unknownRun } from './fixtures/run.ts';
import { terminal } from './terminal.ts';

const PLAIN = { colour: false, unicode: true };
const ASCII = { colour: false, unicode: false };
const page = 'reports/latest/report.html';

beforeEach(() => vi.stubEnv('TZ', 'UTC'));

describe('the final screen', () => {
  it('keeps the columns of a long run apart', () => {
    const run = passingRun();
    const trend = run.metrics.broadcast_latency;
    if (trend?.kind === 'trend') trend.count = 3_689_406;
    expect(terminal(run, { ...PLAIN, page, exit: EXIT.pass })).toMatch(/^broadcast_latency .* 4\.91 +3\.69 M /m);
  });

  it('ends with the outcome, the page and what to try next when all is well', () => {
    expect(terminal(passingRun(), { ...PLAIN, page, exit: EXIT.pass })).toMatchInlineSnapshot(`
      "30 s measured from 20:48:10                          bundled server, node engine

      latency, ms                p50    p90    p99  p99.9    max  samples    threshold
      broadcast_latency         0.42   0.76   1.55   3.54   4.91  734,216    p99<100 ✓
      broadcast_service_time    0.38   0.68   1.39   3.18   4.42  734,216
      broadcast_completion      0.88   1.61   3.31   7.58   8.58   14,984
      heartbeat_rtt             0.31   0.56   0.73      –   0.73      240
      join_time                 2.42   7.49   9.74      –   9.74      250

      ✓ delivery      734,216 of 734,216 arrived, once, unchanged
      ✓ order         each sender's changes in the order sent
      ✓ isolation     nothing crossed sessions
      ✓ heartbeat 240 of 240 · disconnects 0 of 250 · thresholds 3 of 3
      ✓ generator     fit to judge: event loop 0.34, sends late by 0.92 ms at p99
      – not fully judged: presence, as the server neither lists users nor tells who
        comes and goes

       PASS   Everybody saw every change. p99 1.55 ms, nobody was disconnected.
       page   reports/latest/report.html
       yours  npx loadtest --url ws://localhost:8765
      "
    `);
  });

  it('gives every failing judge its reason and its examples, then the outcome and the exit code by name', () => {
    expect(terminal(failingRun(), { ...PLAIN, page, exit: EXIT.fail })).toMatchInlineSnapshot(`
      "30 s measured from 20:48:10                          bundled server, node engine

      latency, ms                p50    p90    p99  p99.9    max  samples    threshold
      broadcast_latency         0.42   0.79    142    412   >10s  734,213    p99<100 ✗
      broadcast_service_time    0.38   0.71    142    412   >10s  734,213
      broadcast_completion      0.89   1.68    146    418   >10s   14,981
      heartbeat_rtt             0.31   0.58    128      –    378      240
      join_time                 2.42   7.49   9.74      –   9.74      250
      recovery_time              291    391    410      –    410       12

      ✓ order  isolation  heartbeat  generator
      ✗ delivery      3 of 734,216 lost (the first due at 20:48:24)
          20:48:24.231  s4  u7 → u31  move_item 5f0cd07791  48 of 49 got it
          20:48:24.232  s4  u12 → u31  add_item 77b1bb2a-0e  48 of 49 got it
          20:48:24.305  s2  u40 → u3  move_item c2aa92cf-aa  48 of 49 got it
      ✗ disconnects   12 of 250 connections ended: 12 by the server with 1011 (server
          error: an exception in its handler, or no pong within its limit) "handler
          raised" at 20:48:33
          20:48:33.532  s1  u14  closed with 1011 by the server
      ✗ thresholds    broadcast_latency p(99)<100: it was 142 ms; 8,354 of 734,216
          (1.1 %) took longer or never came
      ✗ thresholds    disconnect_rate rate<0.001: it was 0.048 (follows from
          disconnects)
      ✗ thresholds    lost count==0: it was 3 (follows from delivery)
      – not fully judged: presence, as the server neither lists users nor tells who
        comes and goes

       FAIL   3 deliveries were lost (the first due at 20:48:24). 12 connections were
              cut off from 20:48:33 to 20:48:33: server error: an exception in its
              handler, or no pong within its limit (1011).
       page   reports/latest/report.html
       again  your command with --seed 417093
       exit   99 (a verdict failed)
      "
    `);
  });

  it('says that it does not know, and why, where the generator was the limit', () => {
    expect(terminal(unknownRun(), { ...PLAIN, page, exit: EXIT.inconclusive })).toMatchInlineSnapshot(`
      "30 s measured from 20:48:10                          bundled server, node engine

      latency, ms                p50    p90    p99  p99.9    max  samples    threshold
      broadcast_latency         0.42   0.76   1.55   3.54   4.91  734,216    p99<100 ?
      broadcast_service_time    0.38   0.68   1.39   3.18   4.42  734,216
      broadcast_completion      0.88   1.61   3.31   7.58   8.58   14,984
      heartbeat_rtt             0.31   0.56   0.73      –   0.73      240
      join_time                 2.42   7.49   9.74      –   9.74      250

      ✓ delivery  order  isolation  heartbeat  disconnects
      ? thresholds    broadcast_latency p(99)<100: it was at most 1.55 ms; but only
          83 % of the planned load was sent in its time (follows from generator)
      ? generator     it was held up for up to 6,140 ms at a time (worst at 20:48:24);
          its event loop was busy for 97 % of the time and only 83 % of the planned
          load was sent in its time; take fewer users, more workers (--workers) or
          another machine (--shard)
      – not fully judged: presence, as the server neither lists users nor tells who
        comes and goes

       UNKNOWN  The generator was the limit: it was held up for up to 6,140 ms at a
                time (worst at 20:48:24); its event loop was busy for 97 % of the time
                and only 83 % of the planned load was sent in its time. So nothing can
                be said of thresholds.
       page     reports/latest/report.html
       again    your command with --seed 417093
       exit     2 (inconclusive)
      "
    `);
  });

  it('is ASCII where the terminal has no Unicode', () => {
    for (const run of [passingRun(), failingRun(), unknownRun()]) {
      expect(terminal(run, { ...ASCII, page, exit: EXIT.fail })).toMatch(/^[\n\x20-\x7e]*$/);
    }
  });

  it('keeps to 80 columns, however long what the server said', () => {
    const long = mapTexts(failingRun(), (text) =>
      text.startsWith('12 of') ? `${text} ${'x'.repeat(300)} ${'word '.repeat(60)}` : text,
    );
    for (const run of [passingRun(), failingRun(), unknownRun(), long]) {
      for (const screen of [PLAIN, ASCII]) {
        for (const line of terminal(run, { ...screen, page, exit: EXIT.fail }).split('\n')) {
          expect([...line].length, line).toBeLessThanOrEqual(80);
        }
      }
    }
  });

  it('lets no text of the wire steer the terminal', () => {
    const hostile = mapTexts(failingRun(), (text) =>
      /[ :]/.test(text) ? `\u001b[2J\u009b31m\r${text}\u202e\u0007` : text,
    );
    const run = {
      ...failingRun(),
      verdicts: hostile.verdicts,
      summary: hostile.summary,
      target: '\u001b]0;owned\u0007',
    };
    expect(terminal(run, { ...PLAIN, page, exit: EXIT.fail })).not.toMatch(
      // oxlint-disable-next-line no-control-regex -- that none is there is what is tested
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
    );
  });

  it('shows no p99.9 below 1,000 samples, and in place of what never came how long it was waited for', () => {
    const run = passingRun();
    const trend = run.metrics.join_time!;
    if (trend.kind === 'trend') Object.assign(trend, { missing: 250, p90: null, p99: null });
    const row = terminal(run, { ...PLAIN, exit: EXIT.pass })
      .split('\n')
      .find((line) => line.startsWith('join_time'))!;
    expect(row.split(/\s+/)).toEqual(['join_time', '2.42', '>10s', '>10s', '–', '>10s', '250']);
  });

  it('colours only where colour is wanted', () => {
    const codes = /\u001b\[/; // oxlint-disable-line no-control-regex -- colours begin with it
    expect(terminal(passingRun(), { colour: true, unicode: true, exit: EXIT.pass })).toMatch(codes);
    expect(terminal(passingRun(), { ...PLAIN, exit: EXIT.pass })).not.toMatch(codes);
  });
});

describe('the banner', () => {
  it('says who does how much, to whom, and what must hold', () => {
    expect(banner(fixturePlan(), 'ws://127.0.0.1:43817', PLAIN)).toMatchInlineSnapshot(`
      "steady   5 sessions × 50 users = 250 users, 2 changes/s each, 30 s after ramp-up
               → 500 changes/s, 24,500 deliveries/s           seed 417093
      server   the bundled one, ws://127.0.0.1:43817 (yours: --url ws://…)
      limits   broadcast_latency p(99)<100 ms   disconnect_rate <0.001   lost 0
      "
    `);
  });

  it('says of a plan without changes what there is instead', () => {
    const plan = fixturePlan({
      scenario: 'idle',
      plans: { edits: false, cursors: false, heartbeats: true, leaves: false },
      target: 'ws://localhost:8765',
      thresholds: ['join_time:p(95)<5000'],
    });
    expect(banner(plan, 'ws://localhost:8765', PLAIN)).toMatchInlineSnapshot(`
      "idle     5 sessions × 50 users = 250 users, no changes, 30 s after ramp-up
               → a heartbeat every 30 s and user              seed 417093
      server   ws://localhost:8765
      limits   join_time p(95)<5000 ms
      "
    `);
  });

  it('keeps to 80 columns', () => {
    const plan = fixturePlan({
      users: 1000,
      sessions: 1000,
      users_total: 1_000_000,
      rate: 12.5,
      faults: ['drop=0.001', 'stall=500ms/5s'],
    });
    for (const line of banner(plan, 'ws://127.0.0.1:43817', PLAIN).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
