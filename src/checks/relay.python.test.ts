import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../engine/execute.ts';
import { requestOf } from '../engine/testing/request.ts';
import type { Result } from '../result/result.ts';
import { program, relayCommand, startFixture, withWebsockets } from './testing/servers.ts';

const { python, why } = withWebsockets();

describe.skipIf(why !== '')(`a Python relay on websockets${why}`, () => {
  let relay: Awaited<ReturnType<typeof startFixture>>;
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));

  beforeAll(async () => {
    relay = await startFixture(relayCommand(python));
  });

  afterAll(async () => {
    await relay.stop();
    rmSync(folder, { recursive: true });
  });

  it('passes a run, which says what nobody can judge without versions, state and acknowledgements', async () => {
    const args = ['--url', relay.url, '--users', '5', '--sessions', '4', '--ramp-up', '1s', '--settle', '500ms'];
    const child = execFile(process.execPath, [program, ...args, '--duration', '4s', '--out', folder, '--json']);
    let output = '';
    child.stdout!.on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    const result = JSON.parse(output) as Result;
    const failed = result.verdicts.filter(
      ({ standing, judge, explained_by }) =>
        standing !== 'pass' && judge !== 'generator' && explained_by !== 'generator',
    );
    expect(failed.map(({ judge, because }) => `${judge}: ${because}`)).toEqual([]);
    // 2 is: this machine was too busy to tell.
    expect([0, 2]).toContain(code);
    const claims = result.not_claimed.map(({ judge, because }) => `${judge}: ${because}`);
    expect(claims).toContain('order: the server gives its changes no versions');
    expect(claims.some((claim) => claim.startsWith('late-join: '))).toBe(true);
    expect(result.verdicts.map(({ judge }) => judge)).toEqual(
      expect.arrayContaining(['delivery', 'order', 'isolation', 'presence', 'heartbeat', 'convergence']),
    );
  }, 30_000);

  it.runIf(process.platform === 'linux').each([
    ['a shell', (command: string) => `${command}; true`],
    ['npm', (command: string) => `npm exec --offline --call '${command}'`],
  ])(
    'has the memory that ps shows, started by %s',
    async (_by, wrapped) => {
      const shown: number[] = [];
      const { result } = await execute(
        requestOf({ users: 3, sessions: 2, duration_ms: 3000 }, { start: wrapped(relayCommand(python)) }),
        {
          observer: {
            started: ({ environment: { server_processes } }) => {
              expect(server_processes).toMatchObject([{ command: expect.stringMatching(/^python[\d.]* relay\.py$/) }]);
              const ps = execFileSync('ps', ['-o', 'rss=', '-p', String(server_processes![0]!.pid)], {
                encoding: 'utf8',
              });
              shown.push(Number(ps) * 1024);
            },
          },
        },
      );
      const { server_rss, server_cpu, server_fds } = result.metrics;
      expect(shown[0]).toBeGreaterThan(15e6);
      // It takes a little more while its users come.
      expect(server_rss).toMatchObject({ kind: 'gauge', min: expect.toSatisfy((min) => min > 0.95 * shown[0]!) });
      expect(server_rss).toMatchObject({ max: expect.toSatisfy((max) => max < 1.3 * shown[0]!) });
      expect(server_cpu).toMatchObject({ max: expect.toSatisfy((cores) => cores > 0) });
      expect(server_fds).toMatchObject({ max: expect.toSatisfy((files) => files >= 6) });
    },
    30_000,
  );
});
