import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
