import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import storm from '../../scenarios/reconnect-storm.ts';
import { foundIn, lively, live, still } from './testing/history.ts';
import { ReferenceServer, type ServerMeddling } from './testing/reference.ts';
import { planOf, simulate } from './testing/simulate.ts';

/** Numbers what a server says of versions anew. */
const numbering = (of: (version: number, text: string) => number): ServerMeddling => ({
  outgoing(text, to) {
    const other = text.replaceAll(/"version":(\d+)/g, (_, version) => `"version":${of(Number(version), text)}`);
    if (other === text) return true;
    to.deliver(other);
    return false;
  },
});
const sessionOf = (text: string): number =>
  Number(/lt1\.\w+\.(\w+)/.exec(text)?.[1] ?? /-s(\d{4})/.exec(text)?.[1] ?? 0);

describe('versions that a server leaves out', () => {
  it('P9 each is found, exactly, where nobody leaves', () => {
    let skipped = 0;
    fc.assert(
      fc.property(still, fc.double({ min: 0.005, max: 0.4, noNaN: true }), (of, rate) => {
        let server: ReferenceServer | undefined;
        const run = live(of, { faults: [`skip-version=${rate}`] }, {}, (made) => (server = made));
        const count = server!.sabotage!.counts['skip-version']!;
        expect(foundIn(run)).toEqual(count > 0 ? { version_errors: count } : {});
        skipped += count;
        if (count === 0) return;
        const [example] = run.intervals.flatMap(({ examples }) => examples);
        expect(example).toMatchObject({
          kind: 'version_errors',
          note: expect.stringMatching(/^no change has version \d+$/),
        });
      }),
      { numRuns: 10, seed: 1, endOnFailure: true },
    );
    expect(skipped).toBeGreaterThan(200);
  });

  it('P9 most are found, and none too many, while users come, go and are cut off', () => {
    let skipped = 0;
    let found = 0;
    fc.assert(
      fc.property(lively, (of) => {
        let server: ReferenceServer | undefined;
        const run = live(of, { faults: ['skip-version=0.1'] }, {}, (made) => (server = made));
        const count = server!.sabotage!.counts['skip-version']!;
        const { version_errors = 0, diverged_by_protocol: _, ...others } = foundIn(run);
        expect(others).toEqual({});
        expect(version_errors).toBeLessThanOrEqual(count);
        skipped += count;
        found += version_errors;
      }),
      { numRuns: 10, seed: 2, endOnFailure: true },
    );
    expect(skipped).toBeGreaterThan(60);
    // Cut off again and again, in sessions of a few: a change of which nobody knows explains one.
    expect(found / skipped).toBeGreaterThan(0.75);
  });

  it('what all were cut off after is no gap, and a real one beside it still is one', () => {
    let skipped = 0;
    let found = 0;
    for (let seed = 0; seed < 3; seed++) {
      const plan = planOf({ users: 6, sessions: 4, rate: 30, items: 10, duration_ms: 3000, seed });
      let server: ReferenceServer | undefined;
      const faults = ['skip-version=0.02'];
      const run = simulate(plan, storm.spec, (time) => (server = new ReferenceServer(time, { faults })));
      const { version_errors = 0, ...others } = foundIn(run);
      expect(others).toEqual({});
      expect(version_errors).toBeLessThanOrEqual(server!.sabotage!.counts['skip-version']!);
      skipped += server!.sabotage!.counts['skip-version']!;
      found += version_errors;
    }
    expect(found / skipped).toBeGreaterThan(0.9);
  });

  it.each([
    ['one row for all sessions', numberingInOneRow],
    ['the time, ms', () => numbering((version) => 1_700_000_000_000 + version * 173)],
    ['every tenth number', () => numbering((version) => version * 10)],
  ])('a server that counts by %s is not blamed, and the gaps are told apart', (_name, meddling) => {
    let skipped = 0;
    fc.assert(
      fc.property(still, (of) => {
        const run = live({ ...of, sessions: 3 }, meddling());
        const { diverged_by_protocol: _, ...found } = foundIn(run);
        expect(found).toEqual({});
        skipped += run.count('versions_skipped');
      }),
      { numRuns: 4, seed: 3, endOnFailure: true },
    );
    expect(skipped).toBeGreaterThan(400);
  });
});

describe('versions that a server gives twice', () => {
  it.each([
    ['where nobody leaves', still, 8],
    ['while users come, go and are cut off', lively, 20],
  ] as const)('P9 each is found, once, and states are not blamed for it, %s', (_name, histories, numRuns) => {
    let repeated = 0;
    let checked = 0;
    fc.assert(
      fc.property(histories, fc.constantFrom(0.01, 0.1), (of, rate) => {
        let server: ReferenceServer | undefined;
        const run = live(of, { faults: [`repeat-version=${rate}`] }, {}, (made) => (server = made));
        const count = server!.sabotage!.counts['repeat-version']!;
        const { version_errors = 0, ...others } = foundIn(run);
        expect(others).toEqual({});
        if (histories === still) expect(version_errors).toBe(count);
        else expect(version_errors).toBeLessThanOrEqual(count);
        repeated += version_errors;
        checked += run.count('states_checked');
      }),
      { numRuns, seed: 4, endOnFailure: true },
    );
    expect(repeated).toBeGreaterThan(60);
    expect(checked).toBeGreaterThan(50);
  });
});

/** One counter for all sessions, by the order in which commands are first sent on. */
function numberingInOneRow(): ServerMeddling {
  const row = new Map<string, number>();
  return numbering((version, text) => {
    if (version === 0) return 0;
    const key = `${sessionOf(text)}/${version}`;
    if (!row.has(key)) row.set(key, row.size + 1);
    return row.get(key)!;
  });
}
