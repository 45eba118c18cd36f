import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import type { CounterName } from '../core/metrics.ts';
import type { Interval } from '../core/record.ts';

const program = process.platform === 'win32' ? 'k6.exe' : 'k6';
const places = [
  join('k6', program),
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program)),
];
const k6 = process.env['K6'] ?? places.find((path) => existsSync(path));
const missing = 'no k6 found: build it with `go build -C k6 -o k6 go.k6.io/k6/v2`, or name it in K6';

const settings = { USERS: '5', SESSIONS: '2', RATE: '4', RAMP_UP: '500ms', SETTLE: '200ms', DURATION: '2s' };

/** The records of a run of a scenario inside k6. */
async function run(scenario: string): Promise<Interval[]> {
  const server = await createServer({ port: 0 });
  const folder = mkdtempSync(join(tmpdir(), 'loadtest-k6-'));
  const records = join(folder, 'records.ndjson');
  const environment = Object.entries({ LOADTEST_URL: server.url, ...settings });
  try {
    await promisify(execFile)(
      k6!,
      [
        'run',
        '--quiet',
        '--no-thresholds',
        '--summary-mode=disabled',
        '--log-format=raw',
        `--console-output=${records}`,
        ...environment.flatMap(([name, value]) => ['-e', `${name}=${value}`]),
        `scenarios/${scenario}.ts`,
      ],
      { env: { ...process.env, K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' }, timeout: 60_000 },
    );
    const lines = readFileSync(records, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Interval);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(k6 === undefined).concurrent(`inside k6${k6 ? '' : ` (${missing})`}`, () => {
  it.each([
    ['steady', 10],
    ['join-storm', 10],
    ['late-join', 10],
    ['host-state', 10],
    ['reconnect-storm', 20],
  ])(
    '%s runs: two sessions join and see their deliveries',
    async (scenario, connections) => {
      const intervals = await run(scenario);
      const count = (name: CounterName): number =>
        intervals.reduce(
          (sum, { stages }) => sum + Object.values(stages).reduce((of, stage) => of + (stage.counters[name] ?? 0), 0),
          0,
        );
      expect(new Set(intervals.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
      expect(count('connections')).toBe(connections);
      expect(count('deliveries')).toBeGreaterThan(100);
      expect(count('deliveries')).toBe(count('deliveries_expected'));
      expect(count('lost') + count('corrupted') + count('misrouted')).toBe(0);
      expect(count('disconnects_unexpected') + count('connections_failed')).toBe(0);
      expect(intervals.flatMap(({ traits }) => traits)).toEqual(expect.arrayContaining(['acks', 'versions', 'state']));
      expect(count('host_states_sent')).toBe(scenario === 'host-state' ? 8 : 0);
      const storms = intervals.flatMap(({ events }) => events).filter(({ kind }) => kind === 'storm');
      expect(storms).toHaveLength(scenario === 'reconnect-storm' ? 1 : 0);
    },
    90_000,
  );

  it('slow-consumer is refused, as k6 cannot stop reading', async () => {
    await expect(run('slow-consumer')).rejects.toThrow(/slow-consumer is not for k6, which cannot stop reading/);
  }, 90_000);
});
