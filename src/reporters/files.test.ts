import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Result } from '../result/result.ts';
import { csv } from './csv.ts';
import { failingRun, passingRun, unknownRun } from './fixtures/run.ts';
import { documentOf, renderPage } from './html.ts';
import { REPORTERS } from './index.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';

beforeEach(() => vi.stubEnv('TZ', 'UTC'));

const HOSTILE = '</script><img src=x onerror=alert(1)>&"\'`]]>\u2028\u0000|\n# @everyone [x](https://evil.example)';

/** A run in which every text that a server or a user chooses is hostile. */
function hostileRun(): Result {
  const run = failingRun();
  const evidence = {
    kind: HOSTILE,
    session: HOSTILE,
    sender: HOSTILE,
    receiver: HOSTILE,
    action: HOSTILE,
    item_id: HOSTILE,
    note: HOSTILE,
  };
  return {
    ...run,
    summary: HOSTILE,
    scenario: HOSTILE,
    target: HOSTILE,
    interrupted: HOSTILE,
    tags: { [HOSTILE]: HOSTILE },
    environment: { ...run.environment, os: HOSTILE },
    disconnects: run.disconnects.map((one) => ({ ...one, reason: HOSTILE })),
    errors: run.errors.map((one) => ({ ...one, kind: HOSTILE, message: HOSTILE })),
    events: run.events.map((one) => ({ ...one, kind: HOSTILE, text: HOSTILE })),
    verdicts: run.verdicts.map((verdict) => ({ ...verdict, claim: HOSTILE, because: HOSTILE, evidence: [evidence] })),
    not_claimed: run.not_claimed.map((one) => ({ ...one, claim: HOSTILE, because: HOSTILE })),
  };
}

describe('the page', () => {
  const assets = { script: 'void 0;', style: 'a{}' };
  const dataOf = (page: string): string =>
    /<script type="application\/json" id="document">(.*?)<\/script>/s.exec(page)![1]!;

  it('holds its data in a way that no text can end', () => {
    const page = renderPage(documentOf(hostileRun()), assets);
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toMatch(/[\u2028\u2029]/);
    expect(JSON.parse(dataOf(page)).result.verdicts[0].because).toBe(HOSTILE);
  });

  it('may load nothing and run nothing but its own program', () => {
    const page = renderPage(documentOf(passingRun()), assets);
    expect(page).toMatch(
      /default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/,
    );
    expect(page).not.toMatch(/(src|href)=|https?:/);
  });

  it('carries curves that rise to everything that was measured, and end before what never came', () => {
    const { curves } = documentOf(failingRun());
    const latency = curves.find(({ name }) => name === 'broadcast_latency')!;
    expect(latency.total).toBe(734_216);
    expect(latency.shares.at(-1)).toBeCloseTo((734_216 - 3) / 734_216, 9);
    for (const { shares, values } of curves) {
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });
});

describe('JUnit', () => {
  it('makes a failure of fail, an error of unknown, and skips what is not claimed', () => {
    expect(junit(failingRun())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="loadtest steady" tests="11" failures="5" errors="0" skipped="2" time="38.120">
        <testsuite name="loadtest steady" tests="11" failures="5" errors="0" skipped="2" time="38.120" timestamp="2026-11-22T20:48:03.120Z">
          <properties>
            <property name="run" value="k3x9q2"/>
            <property name="seed" value="417093"/>
            <property name="target" value="bundled"/>
          </properties>
          <testcase classname="delivery" name="every change arrived at everybody in its session, once and unchanged">
            <failure message="3 of 734,216 lost (the first due at 20:48:24)" type="delivery">20:48:24.231  lost  s4  u7 → u31  move_item 5f0cd07791  48 of 49 got it
      20:48:24.232  lost  s4  u12 → u31  add_item 77b1bb2a-0e  48 of 49 got it
      20:48:24.305  lost  s2  u40 → u3  move_item c2aa92cf-aa  48 of 49 got it</failure>
          </testcase>
          <testcase classname="order" name="each sender&apos;s changes arrived in the order in which they were sent"/>
          <testcase classname="isolation" name="nothing crossed from one session to another"/>
          <testcase classname="heartbeat" name="every heartbeat was answered"/>
          <testcase classname="disconnects" name="everybody was let in, and stayed connected until they left">
            <failure message="12 of 250 connections ended: 12 by the server with 1011 (server error: an exception in its handler, or no pong within its limit) &quot;handler raised&quot; at 20:48:33" type="disconnects">20:48:33.532  disconnected  s1  u14  closed with 1011 by the server</failure>
          </testcase>
          <testcase classname="thresholds" name="broadcast_latency p(99)&lt;100">
            <failure message="broadcast_latency p(99)&lt;100: it was 142 ms; 8,354 of 734,216 (1.1 %) took longer or never came" type="thresholds"></failure>
          </testcase>
          <testcase classname="thresholds" name="disconnect_rate rate&lt;0.001">
            <failure message="disconnect_rate rate&lt;0.001: it was 0.048 (follows from disconnects)" type="thresholds"></failure>
          </testcase>
          <testcase classname="thresholds" name="lost count==0">
            <failure message="lost count==0: it was 3 (follows from delivery)" type="thresholds"></failure>
          </testcase>
          <testcase classname="generator" name="the load generator was fit to judge"/>
          <testcase classname="presence" name="everybody saw who was there">
            <skipped message="the server neither lists users nor tells who comes and goes"/>
          </testcase>
          <testcase classname="late-join" name="who joined late missed nothing">
            <skipped message="everybody joined before the first change"/>
          </testcase>
          <system-out>3 deliveries were lost (the first due at 20:48:24). 12 connections were cut off from 20:48:33 to 20:48:33: server error: an exception in its handler, or no pong within its limit (1011).</system-out>
        </testsuite>
      </testsuites>
      "
    `);
    expect(junit(unknownRun())).toContain('tests="11" failures="0" errors="2" skipped="2"');
  });

  it('is well-formed whatever the server said', () => {
    const xml = junit(hostileRun());
    // oxlint-disable-next-line no-control-regex -- XML has no room for them
    expect(xml).not.toMatch(/<img|[\u0000-\u0009\u000b-\u001f]/);
    expect(xml.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  });
});

describe('Markdown', () => {
  it('begins with the outcome and its reasons', () => {
    expect(markdown(failingRun())).toMatchInlineSnapshot(`
      "## ❌ FAIL: steady, 5 × 50 users, 30 s

      3 deliveries were lost (the first due at 20:48:24). 12 connections were cut off from 20:48:33 to 20:48:33: server error: an exception in its handler, or no pong within its limit (1011).

      - ❌ **delivery** 3 of 734,216 lost (the first due at 20:48:24)
        - 20:48:24.231  lost  s4  u7 → u31  move\\_item 5f0cd07791  48 of 49 got it
        - 20:48:24.232  lost  s4  u12 → u31  add\\_item 77b1bb2a-0e  48 of 49 got it
        - 20:48:24.305  lost  s2  u40 → u3  move\\_item c2aa92cf-aa  48 of 49 got it
      - ❌ **disconnects** 12 of 250 connections ended: 12 by the server with 1011 (server error: an exception in its handler, or no pong within its limit) "handler raised" at 20:48:33
        - 20:48:33.532  disconnected  s1  u14  closed with 1011 by the server
      - ❌ **thresholds** broadcast\\_latency p(99)&lt;100: it was 142 ms; 8,354 of 734,216 (1.1 %) took longer or never came
      - ❌ **thresholds** disconnect\\_rate rate&lt;0.001: it was 0.048 (follows from disconnects)
      - ❌ **thresholds** lost count==0: it was 3 (follows from delivery)
      - ✅ **order** each sender's changes in the order sent
      - ✅ **isolation** nothing crossed sessions
      - ✅ **heartbeat** 240 of 240
      - ✅ **generator** fit to judge: event loop 0.34, sends late by 0.92 ms at p99

      | latency, ms | p50 | p90 | p99 | p99.9 | max | samples | threshold |
      | --- | --: | --: | --: | --: | --: | --: | --: |
      | \`broadcast_latency\` | 0.42 | 0.79 | 142 | 412 | >10s | 734,213 | p99&lt;100 ❌ |
      | \`broadcast_service_time\` | 0.38 | 0.71 | 142 | 412 | >10s | 734,213 |  |
      | \`broadcast_completion\` | 0.89 | 1.68 | 146 | 418 | >10s | 14,981 |  |
      | \`heartbeat_rtt\` | 0.31 | 0.58 | 128 | – | 378 | 240 |  |
      | \`join_time\` | 2.42 | 7.49 | 9.74 | – | 9.74 | 250 |  |
      | \`recovery_time\` | 291 | 391 | 410 | – | 410 | 12 |  |

      <sub>target bundled · 2 changes/s and user · seed 417093 · run k3x9q2 · 30 s measured from 2026-11-22 20:48:10 UTC · collab-loadtest 0.1.0</sub>
      "
    `);
  });

  it('lets no text of the wire become markup, a link or a mention', () => {
    const text = markdown(hostileRun());
    expect(text).not.toMatch(/<img|<\/script|@everyone|https:\/\/|\n# /);
  });
});

describe('the time line', () => {
  it('is a row for each slice, with the metrics named as in thresholds', () => {
    const run = failingRun();
    const [head, ...rows] = csv(run).trimEnd().split('\r\n');
    expect(head).toMatch(/^from_ms,to_ms,stage,users,broadcast_latency_count,broadcast_latency_p50,/);
    expect(rows).toHaveLength(run.timeline.length);
    expect(new Set(rows.map((row) => row.split(',').length))).toEqual(new Set([head!.split(',').length]));
    const lost = head!.split(',').indexOf('lost');
    expect(rows.map((row) => Number(row.split(',')[lost])).reduce((sum, count) => sum + count, 0)).toBe(3);
  });
});

describe('the registry', () => {
  it('gives each form a file of its own', () => {
    expect(Object.values(REPORTERS).map(({ file }) => file)).toEqual([
      'report.html',
      'result.json',
      'junit.xml',
      'summary.md',
      'timeline.csv',
    ]);
    expect(JSON.parse(REPORTERS.json.render(passingRun()))).toEqual(passingRun());
  });
});
