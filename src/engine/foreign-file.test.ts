import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolError } from '../core/errors.ts';
import { foreignFile } from './foreign-file.ts';
import { loadScenario } from './loader.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'loadtest-foreign-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('a file of another tool is known by its name or by what is in it', () => {
  it.each([
    ['talk.HAR', '', 'HAR'],
    ['export.json', '\ufeff{\n "log": {\n  "creator": {"name": "Firefox"},\n  "entries": []}}', 'HAR'],
    ['plan.xml', '<?xml version="1.0"?>\n<!-- mine -->\n<jmeterTestPlan version="1.2" properties="5.0">', 'JMeter'],
    ['old.JMX', '', 'JMeter'],
    ['soak.yaml', '# nightly\nconfig:\n  # where\n  target: "wss://x"\n', 'Artillery'],
    ['flow.yml', 'scenarios:\n  - engine: socketio\n', 'Artillery'],
    ['flow.json', '{ "config": { "phases": [] } }', 'Artillery'],
    ['flow.ts', "export const config = { target: 'ws://x' };\nexport const scenarios = [];", 'Artillery'],
    ['taurus.yml', 'execution:\n- concurrency: 10\n', 'Taurus'],
    ['users', 'import locust\n', 'Locust'],
    ['tasks.py', 'from locust import HttpUser\n', 'Locust'],
    ['other.py', 'print(1)\n', 'Python'],
    ['k6.ts', "import ws from 'k6/ws';\nexport default () => {};", 'k6'],
    ['k6.cjs', "const http = require('k6/http');", 'k6'],
    ['vus.js', '// comment\nexport default async function main() {}', 'k6'],
    ['Sim.scala', 'import io.gatling.core.Predef._', 'Gatling'],
    ['sim.mjs', 'import { simulation } from "@gatling.io/core";', 'Gatling'],
    ['Main.kt', 'fun main() {}', 'JVM'],
    ['calls.json', '{"info": {"_postman_id": "1", "name": "x"}}', 'Postman'],
    ['insomnia.json', '{"_type":"export","__export_format":4}', 'Insomnia'],
    ['api.yaml', 'openapi: 3.1.0\n', 'OpenAPI'],
    ['room.cast', '{"version": 2, "width": 80}', 'asciinema'],
    ['report.lua', 'wrk.method = "GET"', 'Lua'],
    ['net.pcapng', '', 'capture'],
    ['page.spec.ts', "import { test } from '@playwright/test';", 'browser'],
    ['targets.txt', 'GET http://x/\n', 'HTTP'],
    ['go.sh', '', 'shell'],
    ['tsung.xml', '<tsung loglevel="notice">', 'Tsung'],
    ['journal.ndjson', '{"schema":"collab-loadtest/journal/v1"}', 'journal of a run'],
    ['result.json', '{\n  "schema": "collab-loadtest/result/v1"}', 'result of a run'],
    ['loadtest.config.mts', "import { defineConfig } from 'collab-loadtest';", 'config file'],
  ])('%s', (name, text, tool) => {
    expect(foreignFile(write(name, text))?.is).toContain(tool);
  });

  it('also in the encoding of PowerShell', () => {
    const text = Buffer.from('\ufeffconfig:\r\n  target: ws://x\r\n', 'utf16le');
    expect(foreignFile(write('utf16.yml', text))?.is).toContain('Artillery');
  });
});

describe('what may be a scenario is none of them', () => {
  it.each([
    ['mine.ts', "import { defineScenario } from 'collab-loadtest';\n// not as in: import http from 'k6/http'"],
    ['plain.js', "const { base } = require('./base');\nmodule.exports = base({ config: { target: 1 } });"],
    ['shared.mts', "import scenario from './scenarios/execution.ts';\nexport default scenario;"],
    ['talk.ndjson', '{"schema":"collab-loadtest/recording/v1"}'],
    ['notes.txt', 'scenarios are described in mine.ts'],
    ['gone.ts', ''],
  ])('%s', (name, text) => {
    expect(foreignFile(write(name, text))).toBeUndefined();
  });
});

it('is refused with whose it is and how to begin, and nothing of it is run', async () => {
  const path = write('ran.js', "process.stderr.write('ran');\nexport default function () {}");
  const error = await loadScenario(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ToolError);
  const { message, hint, exitCode } = error as ToolError;
  expect({ message, exitCode }).toEqual({
    message: `${path} is a script of k6, and no scenario of this tool.`,
    exitCode: 104,
  });
  expect(hint).toMatch(/^k6 run plays it\. .*loadtest init .*loadtest watch .*--record/);
});

it('a folder is refused as one', async () => {
  await expect(loadScenario(folder)).rejects.toThrow(`${folder} is a folder, and a scenario is a file in one.`);
});
