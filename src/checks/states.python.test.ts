import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Result } from '../result/result.ts';
import {
  causes,
  failures,
  lookAt,
  program,
  relayCommand,
  standings,
  startFixture,
  withWebsockets,
} from './testing/servers.ts';

vi.setConfig({ testTimeout: 90_000 });

const { python, why } = withWebsockets();
const folder = mkdtempSync(join(tmpdir(), 'states-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TIMES = ['--ramp-up', '1s', '--settle', '500ms', '--duration', '6s', '--deadline', '4s'];

/** What a person has before him after `loadtest run SCENARIO` against the relay in Python. */
async function run(scenario: string, ...switches: string[]): Promise<{ code: number; text: string; result: Result }> {
  const relay = await startFixture(relayCommand(python, ...switches));
  try {
    const args = ['run', scenario, '--url', relay.url, '-u', '8', '-s', '3', ...TIMES, '--out', folder, '--json'];
    const child = execFile(process.execPath, [program, ...args]);
    let output = '';
    child.stdout!.on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    const result = JSON.parse(output) as Result;
    return { code, result, text: result.summary };
  } finally {
    await relay.stop();
  }
}

const saysOf = ({ verdicts }: Result, judge: string): string[] =>
  verdicts.filter((one) => one.judge === judge).map(({ standing, because }) => `${standing}: ${because}`);
const unclaimed = ({ not_claimed }: Result, judge: string): string[] =>
  not_claimed.filter((one) => one.judge === judge).map(({ because }) => because);
/** What fails, but for what this machine was too busy to tell. */
const wrong = ({ verdicts }: Result): string[] =>
  verdicts.filter(({ standing }) => standing === 'fail').map(({ judge, because }) => `${judge}: ${because}`);

const STATELESS = 'This server keeps no state: who joins late has only what a host sends.';

describe.skipIf(why !== '')(`a Python server, by what it answers to who asks for the state${why}`, () => {
  it('an empty state: latecomers begin with nothing, and a host loses its canvas', async () => {
    const { code, text, result } = await run('late-join', '--state empty');
    expect(code).toBe(99);
    const [late] = saysOf(result, 'late-join');
    expect(late).toMatch(
      /^fail: \d+ times a user was given an empty document, which costs a host that asks its canvas/,
    );
    expect(text).toContain('a user was given an empty document, which costs a host that asks its canvas');
    const { evidence = [] } = result.verdicts.find(({ judge }) => judge === 'late-join')!;
    expect(evidence[0]).toMatchObject({
      kind: 'stale_snapshots',
      session: expect.stringMatching(/^lt-/),
      receiver: expect.stringMatching(/-u000\d$/),
      item_id: expect.stringMatching(/^[\da-f-]{36}$/),
      note: expect.stringMatching(/^its state is empty, though everybody had \d+ items? when it was asked for$/),
    });

    const check = await lookAt({ start: relayCommand(python, '--state empty') });
    expect(check.outcome).toBe('fail');
    expect(failures(check)).toEqual([
      'server.sync: who asks (sync:request) is given an empty state, though items are there: a host that asks loses its canvas',
      'server.late-join: who joins later is given an empty state, though items are there: a host that asks loses its canvas',
    ]);
    expect(causes(check)).toEqual(['empty-state']);
  });

  it.each([
    ['null', '--state null', 'the server keeps no state: it answers null to who asks for one', 'answered with null'],
    ['nothing', '--state none', 'the server keeps no state: nobody was given one', 'it is a mere relay'],
  ])('%s: it passes, and no more is claimed than was seen', async (_, state, because, words) => {
    const { code, text, result } = await run('late-join', state);
    expect(wrong(result)).toEqual([]);
    // 2 is: this machine was too busy to tell.
    expect([0, 2]).toContain(code);
    expect(unclaimed(result, 'late-join')).toEqual([because]);
    const [same] = saysOf(result, 'convergence');
    expect(same).toMatch(/24 users hold the same of what changed while they were there; nobody told 21 of them/);
    if (code === 0)
      expect(text).toMatch(`Everybody saw every change that was made while they were there. ${STATELESS}`);

    const check = await lookAt({ start: relayCommand(python, state) });
    expect(standings(check)).toMatchObject({ server: 'pass' });
    const told = check.not_claimed.map((one) => one.because).filter((one) => one.includes('sync:request'));
    expect(told).toHaveLength(2);
    for (const one of told) expect(one).toMatch(new RegExp(`${words}.*who joins late has only what a host sends$`));
  });

  it('the state as it is: joining is judged by what is in it', async () => {
    const { code, result } = await run('late-join', '--state kept');
    expect(wrong(result)).toEqual([]);
    expect([0, 2]).toContain(code);
    expect(saysOf(result, 'late-join')[0]).toMatch(/^pass: \d+ states held all that everybody had when asked for/);
    expect(saysOf(result, 'convergence')[0]).toMatch(/24 users hold the same 3 documents$/);
    const check = await lookAt({ start: relayCommand(python, '--state kept') });
    expect(failures(check)).toEqual([]);
    expect(check.not_claimed.filter(({ because }) => because.includes('state'))).toEqual([]);
  });

  it.each([
    ['to whom it is for', []],
    ['to everybody', ['--states-to-all']],
  ])('null, and hosts who answer, passed on %s: joining is judged, and what it costs is told', async (_, more) => {
    const { code, text, result } = await run('host-state', '--state null', ...more);
    expect(wrong(result)).toEqual([]);
    expect([0, 2]).toContain(code);
    const [late] = saysOf(result, 'late-join');
    expect(late).toMatch(
      /^pass: \d+ states held all that .*; hosts sent 21 states, [\d.]+ KiB; \d+ came, [\d.]+ [KM]iB$/,
    );
    expect(saysOf(result, 'convergence')[0]).toMatch(/24 users hold the same 3 documents$/);
    if (code === 0) expect(text).toContain(STATELESS);
    const came = result.metrics['states_received'] as { count: number };
    // Each gets null too, and once more at the end.
    expect(came.count).toBeGreaterThanOrEqual(21 + 24);
    if (more.length > 0) expect(came.count).toBeGreaterThan(3 * 21);
    expect(result.metrics['host_state_time']).toMatchObject({ kind: 'trend', count: 21 });
  });
});
