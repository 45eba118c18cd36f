/**
 * How near to what the machine allows: `npm run bench`. Our generator and server beside programs in C, and beside other
 * generators where they are installed, in alternating runs; one table of ratios, and JSON with `--json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connects, lateness } from './groups/sending.ts';
import { coordinator } from './groups/coordinator.ts';
import { cpu } from './groups/cpu.ts';
import { growth } from './groups/growth.ts';
import { ordinary } from './groups/ordinary.ts';
import { peers } from './groups/peers.ts';
import { server } from './groups/server.ts';
import { build } from './limit.ts';
import { outputOf, start } from './processes.ts';
import { profile } from './profile.ts';
import { median, type Bench, type Row } from './rows.ts';
import { circumstances, terminalTable, type Results } from './table.ts';

/** In this order; all but the last need the C programs. */
const GROUPS = { cpu, growth, lateness, connects, peers, server, coordinator, ordinary };
type Group = keyof typeof GROUPS;
const names = Object.keys(GROUPS) as Group[];
const RESULTS = new URL('results/', import.meta.url);

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean' },
    profile: { type: 'boolean' },
  },
});
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** @throws Error where one of the names is of no group */
function asked(): Group[] {
  const wanted = values.only?.split(',') ?? names;
  const strange = wanted.find((name) => !names.includes(name as Group));
  if (strange !== undefined) throw new Error(`--only takes ${names.join(', ')}: there is no "${strange}"`);
  return wanted as Group[];
}

async function measure(groups: readonly Group[]): Promise<Results> {
  const rows: Row[] = [];
  const waited: number[] = [];
  const trusted = { wrong: 0, confessed: 0, runs: 0 };
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const missing = build();
  for (const group of groups) {
    const absent: Bench['absent'] = (figure, because) => rows.push({ group, figure, unit: '', because });
    if (missing !== undefined && group !== 'ordinary') {
      absent(group, missing);
      continue;
    }
    await GROUPS[group]({
      rounds,
      seconds,
      say,
      absent,
      add: (row) => void rows.push({ group, ...row }),
      trust: (run) => {
        trusted.runs++;
        trusted.wrong += run.wrong;
        if (run.confessed) trusted.confessed++;
        if (run.waited !== undefined) waited.push(run.waited);
      },
    });
  }
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    seconds,
    waited: waited.length > 0 ? median(waited) : 0,
    ...trusted,
    rows,
  };
}

if (values.profile) await profile();
else {
  const results = await measure(asked());
  if (values.only === undefined) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(new URL('latest.json', RESULTS), `${JSON.stringify(results, null, 1)}\n`);
    // The tables in the READMEs are made of it, as all that can drift is.
    await outputOf(start([process.execPath, '--import', 'tsx', fileURLToPath(new URL('../docs.ts', import.meta.url))]));
    say('kept in bench/results/latest.json, README.md and bench/README.md');
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else process.stdout.write(`${terminalTable(results.rows)}\n${circumstances(results)}\n`);
}
