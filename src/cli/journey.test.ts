import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../result/result.ts';
import { refusal, typed } from './testing/shell.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadtest-journey-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A journey's file; what stands in its middle is its line 7. */
function file(name: string, middle: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `import { journey } from 'collab-loadtest';

interface Lens { id: string }

export default journey(async (u) => {
  await u.join(); const lens: Lens = u.add();
  ${middle}
  await u.sleep('150ms'); u.move(); await u.leave(); await u.sleep(50);
}, { name: 'visit', defaults: { users: 3, sessions: 2, items: 2 } });
`,
  );
  return path;
}

const SHORT = ['--duration', '1s', '--deadline', '2s', '--ramp-up', '200ms', '--settle', '100ms', '--json'];
async function run(path: string): Promise<{ exit: number; result: Result }> {
  const { exit, out } = await typed(['run', path, ...SHORT, '--out', join(folder, 'runs')], folder);
  return { exit, result: JSON.parse(out) as Result };
}

describe.concurrent('a journey in a file', () => {
  it('is run as a closed model, by the same judges, and says so', async () => {
    const { exit, result } = await run(file('visit.ts', "await u.expect(({ type }) => type === 'command:ack', '5s');"));
    // A busy machine leaves undecided what rests on time.
    expect([0, 2]).toContain(exit);
    expect(result.verdicts.filter(({ standing }) => standing === 'fail')).toEqual([]);
    expect(result.plan).toMatchObject({ model: 'closed', rate: 0 });
    const sent = result.metrics['commands_sent'] as { count: number };
    expect(sent.count).toBeGreaterThan(6 * 4);
    expect(result.verdicts.map(({ judge }) => judge)).toEqual(
      expect.arrayContaining(['delivery', 'order', 'isolation']),
    );
  });

  it('that throws lets the run end, and exits with 107: its message and its line are among the errors', async () => {
    const { exit, result } = await run(
      file('broken.ts', "if (u.nth === 1) throw new Error('no lens ' + lens.id.length);"),
    );
    expect(exit).toBe(107);
    expect(result.errors).toMatchObject([{ kind: 'scenario', message: 'no lens 36 (broken.ts, line 7)', count: 2 }]);
    expect(result.events.filter(({ kind }) => kind === 'scenario')).toHaveLength(1);
    expect(result.verdicts.find(({ judge }) => judge === 'delivery')?.standing).toBe('pass');
  });

  it('that waits in vain exits with 107 too, by the line at which it waited', async () => {
    const { exit, result } = await run(file('vain.ts', "if (u.nth === 1) await u.expect(() => false, '100ms');"));
    expect(exit).toBe(107);
    expect(result.errors[0]!.message).toBe('nothing of what was expected came within 0.1 s (vain.ts, line 7)');
  });

  it('has a pace of its own: a rate is refused, and a dry run claims none', async () => {
    const path = file('plain.ts', '');
    expect(await refusal(['run', path, '--rate', '3'])).toBe(
      '--rate does not change the pace of the journey visit. Leave it out, and take more --users or --sessions for more load.',
    );
    const { out } = await typed(['run', path, '--dry-run'], folder);
    expect(out).toContain('a journey at its own pace');
    expect(out).not.toContain('deliveries');
  });
});
