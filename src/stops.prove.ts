import { expect, it } from 'vitest';
import { writeProof } from './core/testing/proofs.ts';
import { builtUrl } from './engine/programs.ts';
import { disorder, stopped, type Stop } from './testing/stopped.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** From before Node is there to after the whole of the shortest command. */
const UNTIL_MS = 3000;
const STEP_MS = 50;

const SHORT = ['-u', '3', '-s', '2', '-d', '1s', '--ramp-up', '300ms', '--settle', '0', '--out', 'OUT'];
const OWN = `"${process.execPath}" "${builtUrl('main.js').pathname}" serve --quiet --port {port}`;

/** How a run and a check may end by themselves, where the machine is busy too. */
const OWN_ENDS = [0, 2, 99, 111];

/** What a command that is stopped may end with: 105, or its own end where the stop comes too late. */
const COMMANDS: Record<string, { line: string[]; ends: number[] }> = {
  run: { line: ['run', ...SHORT], ends: [105, ...OWN_ENDS] },
  'run --start': { line: ['run', ...SHORT, '--start', OWN], ends: [105, ...OWN_ENDS] },
  check: { line: ['check', '--for', '1s', '--out', 'OUT'], ends: [105, ...OWN_ENDS] },
  watch: { line: ['watch', '--url', 'ws://127.0.0.1:1', '--listen', '0'], ends: [105, 0] },
  serve: { line: ['serve', '--port', '0'], ends: [105, 0] },
  echo: { line: ['echo', '--port', '0'], ends: [105, 0] },
  scenarios: { line: ['scenarios', '--json'], ends: [105, 0] },
};

it('a stop at any moment of any command ends it in order', async () => {
  const rows: Record<string, string | number>[] = [];
  for (const [name, { line, ends }] of Object.entries(COMMANDS)) {
    const counts = { stops: 0, 'before Node hears': 0, 'exit 105': 0, 'with a result': 0, 'too late': 0 };
    for (let after_ms = 0; after_ms <= UNTIL_MS; after_ms += STEP_MS) {
      const nth = after_ms / STEP_MS;
      const stop: Stop = {
        after_ms,
        signal: SIGNALS[nth % 3]!,
        times: 1 + (nth % 2),
        to: (['group', 'all', 'program'] as const)[Math.floor(nth / 6) % 3]!,
      };
      const end = await stopped(line, stop);
      expect(disorder(end, ends), `${name}: ${JSON.stringify(stop)}`).toEqual([]);
      counts.stops++;
      if (end.by !== null) counts['before Node hears']++;
      else if (end.code === 105) counts['exit 105']++;
      else counts['too late']++;
      if (end.code === 105 && end.result) counts['with a result']++;
    }
    expect(counts['exit 105']).toBeGreaterThan(10);
    rows.push({ command: `\`${name}\``, ...counts });
  }
  writeProof(
    'Stops',
    `Each command was stopped after 0, ${STEP_MS}, ${2 * STEP_MS} … ${UNTIL_MS} ms by SIGINT, SIGTERM or SIGHUP, once or twice in a row, to it alone, to its process group, or to each of its processes. Each end was in order: a sentence, no trace, no process left, a folder with a whole result or none. \`watch\`, \`serve\` and \`echo\` end with 0 once they listen.`,
    rows,
  );
});
