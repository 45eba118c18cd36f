import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createServer } from '../../server/server.ts';
import type { Interval } from '../core/record.ts';

const program = process.platform === 'win32' ? 'k6.exe' : 'k6';
const places = [
  join('k6', program),
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program)),
];
const k6 = process.env['K6'] ?? places.find((path) => existsSync(path));
const missing = 'no k6 found: build it with `go build -C k6 -o k6 go.k6.io/k6/v2`, or name it in K6';

it.skipIf(k6 === undefined)(
  `runs a scenario inside k6: two sessions join and see their deliveries${k6 ? '' : ` (${missing})`}`,
  async () => {
    const server = await createServer({ port: 0 });
    const folder = mkdtempSync(join(tmpdir(), 'loadtest-k6-'));
    const records = join(folder, 'records.ndjson');
    const settings = {
      LOADTEST_URL: server.url,
      USERS: '5',
      SESSIONS: '2',
      RATE: '4',
      RAMP_UP: '500ms',
      SETTLE: '200ms',
      DURATION: '2s',
    };
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
          ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
          'scenarios/steady.ts',
        ],
        { env: { ...process.env, K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' }, timeout: 60_000 },
      );
      const intervals = readFileSync(records, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Interval);
      const count = (
        name: 'connections' | 'deliveries' | 'deliveries_expected' | 'lost' | 'corrupted' | 'misrouted',
      ): number =>
        intervals.reduce(
          (sum, { stages }) => sum + Object.values(stages).reduce((of, stage) => of + (stage.counters[name] ?? 0), 0),
          0,
        );
      expect(new Set(intervals.map(({ worker }) => worker))).toEqual(new Set([0, 1]));
      expect(count('connections')).toBe(10);
      expect(count('deliveries')).toBeGreaterThan(100);
      expect(count('deliveries')).toBe(count('deliveries_expected'));
      expect(count('lost') + count('corrupted') + count('misrouted')).toBe(0);
      expect(intervals.flatMap(({ traits }) => traits)).toEqual(expect.arrayContaining(['acks', 'versions', 'state']));
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  90_000,
);
