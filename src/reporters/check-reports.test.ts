import { describe, expect, it } from 'vitest';
import { resultSchema } from '../result/result.ts';
import { failingCheck } from './fixtures/check.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { outcomeLines, terminal } from './terminal.ts';

const screen = { colour: false, unicode: true, exit: 99, page: 'reports/latest/report.html' } as const;
const HOSTILE = '</script><img src=x>&"\'`]]>\u2028\u0000\u001b[31m|\n# @everyone [x](https://evil.example)';

describe('a check', () => {
  it('is a result of the schema', () => {
    expect(resultSchema.safeParse(failingCheck()).error).toBeUndefined();
  });

  it('is shown layer by layer, what was not run once, and the diagnosis next to the prompt', () => {
    expect(terminal(failingCheck(), { ...screen, file: 'reports/latest/result.json' })).toMatchInlineSnapshot(`
      "0 reach       ✓ port 8765: 127.0.0.1 open in 0.2 ms
                    - ws:// has no TLS
                    ✓ HTTP 101, "Server: Python/3.11 websockets/17.4" (3 s)
      3 server      ✗ closed by the server: code 1011, "Python/3.11 websockets/17.4"
                      once more, with one thing changed:
                        other session and user   1011  so not the ids
                    - not run: nobody is let in
      4 workflow    ? not run: rests on 3 server
      5 small load  ? not run: rests on 4 workflow

       FAIL   Your server accepts everybody, then its own handler fails (1011).
       why    Nothing we changed made a difference, so the cause is in the server.
       likely def handler(websocket, path)
       do     1 the server's own output says: Python/3.11 websockets/17.4
              2 npx loadtest check --url ws://localhost:8765 --layer server
       not    1008, whatever a Qt log says.
       note   Your server compresses where a client offers it. To do: nothing for Qt.
       page   reports/latest/report.html
       file   reports/latest/result.json: attach it when you ask for help
       exit   99 (a check failed)
      "
    `);
  });

  it('keeps to 80 columns, says only how it ended where that is all that is wanted, and lets nothing steer', () => {
    const text = terminal(failingCheck(HOSTILE), screen);
    for (const control of ['\u0000', '\u001B']) expect(text).not.toContain(control);
    expect(Math.max(...text.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(outcomeLines(failingCheck(), screen).split('\n')[0]).toBe(
      ' FAIL   Your server accepts everybody, then its own handler fails (1011).',
    );
  });

  it('is a test case a step in JUnit, skipped where it was not run', () => {
    expect(junit(failingCheck())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="loadtest check" tests="8" failures="1" errors="0" skipped="5" time="38.120">
        <testsuite name="loadtest check" tests="8" failures="1" errors="0" skipped="5" time="38.120" timestamp="2026-11-22T20:48:03.120Z">
          <properties>
            <property name="run" value="k3x9q2"/>
            <property name="seed" value="417093"/>
            <property name="target" value="ws://localhost:8765"/>
          </properties>
          <testcase classname="check.reach" name="What reach.port shows" time="0.004"/>
          <testcase classname="check.reach" name="What reach.tls shows" time="0.000">
            <skipped message="ws:// has no TLS"/>
          </testcase>
          <testcase classname="check.reach" name="What reach.upgrade shows" time="3.004"/>
          <testcase classname="check.server" name="What server.join shows" time="0.004">
            <failure message="closed by the server: code 1011, &quot;Python/3.11 websockets/17.4&quot;" type="check.server">once more, with one thing changed:
        other session and user   1011  so not the ids</failure>
          </testcase>
          <testcase classname="check.server" name="What server.heartbeat shows" time="0.004">
            <skipped message="not run: nobody is let in"/>
          </testcase>
          <testcase classname="check.server" name="What server.changes shows" time="0.004">
            <skipped message="not run: nobody is let in"/>
          </testcase>
          <testcase classname="check.workflow" name="4 workflow">
            <skipped message="not run: rests on 3 server"/>
          </testcase>
          <testcase classname="check.load" name="5 small load">
            <skipped message="not run: rests on 4 workflow"/>
          </testcase>
          <system-out>Your server accepts everybody, then its own handler fails (1011).
      why: Nothing we changed made a difference, so the cause is in the server.
      do 1: the server&apos;s own output says: Python/3.11 websockets/17.4
      do 2: npx loadtest check --url ws://localhost:8765 --layer server</system-out>
        </testsuite>
      </testsuites>
      "
    `);
  });

  it('is well-formed JUnit whatever the server said', () => {
    const xml = junit(failingCheck(HOSTILE));
    for (const bad of ['<img', '\u0000', '\u001B']) expect(xml).not.toContain(bad);
    expect(xml.match(/<testcase/g)).toHaveLength(8);
  });

  it('is a table in Markdown, in which no text becomes markup', () => {
    expect(markdown(failingCheck())).toMatchInlineSnapshot(`
      "## ❌ FAIL: check, ws:&#47;&#47;localhost:8765

      Your server accepts everybody, then its own handler fails (1011).

      **Why:** Nothing we changed made a difference, so the cause is in the server.

      **Likely:** def handler(websocket, path)

      1. the server's own output says: Python/3.11 websockets/17.4
      2. npx loadtest check --url ws:&#47;&#47;localhost:8765 --layer server

      **Not:** 1008, whatever a Qt log says.

      - **Note:** Your server compresses where a client offers it. Offered, it took it.

      | layer |  | what was found | took |
      | --- | --- | --- | --: |
      | 0 reach | ✅ | port 8765: 127.0.0.1 open in 0.2 ms | 4 ms |
      | 0 reach | – | ws:&#47;&#47; has no TLS | 0 ms |
      | 0 reach | ✅ | HTTP 101, "Server: Python/3.11 websockets/17.4" | 3,004 ms |
      | 3 server | ❌ | closed by the server: code 1011, "Python/3.11 websockets/17.4"<br>once more, with one thing changed:<br>  other session and user   1011  so not the ids | 4 ms |
      | 3 server | – | not run: nobody is let in | 4 ms |
      | 3 server | – | not run: nobody is let in | 4 ms |
      | 4 workflow | ❔ | not run: rests on 3 server |  |
      | 5 small load | ❔ | not run: rests on 4 workflow |  |

      <sub>target ws:&#47;&#47;localhost:8765 · server Python/3.11 websockets/17.4 · Python 3.11.7, Qt 6.11.0 · run k3x9q2 · 2026-11-22T20:48:03.120Z · Linux 6.8.0 x64, Node 20.19.5 · collab-loadtest 0.1.0</sub>
      "
    `);
    const text = markdown(failingCheck(HOSTILE));
    expect(text).not.toMatch(/<img|@everyone|https:\/\//);
    expect(text.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(10);
  });
});
