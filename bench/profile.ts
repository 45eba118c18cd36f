import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flameGraph, selfTimes, type Profile } from './flame.ts';
import { build, withServer } from './limit.ts';
import { MAIN } from './ours.ts';
import { CLIENT_CORE, outputOf, start } from './processes.ts';

const FOLDER = fileURLToPath(new URL('results/profile/', import.meta.url));
/** What is profiled: the loads of the first rows of the table. */
const LOADS = {
  'one-frame-a-read': { scenario: 'plain.ts', rate: 4, server: 'limit' },
  'four-frames-a-read': { scenario: 'burst.ts', rate: 16, server: 'gathered' },
} as const;

/** Where a worker's time goes: V8's own profile, a flame graph, and a list, of each load. */
export async function profile(): Promise<void> {
  const missing = build();
  if (missing !== undefined) throw new Error(missing);
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, load] of Object.entries(LOADS)) {
    const worker = await profileOf(load);
    const list = selfTimes(worker).slice(0, 30);
    const text = list.map(({ share, name: of }) => `${(share * 100).toFixed(1).padStart(5)} %  ${of}`).join('\n');
    writeFileSync(`${FOLDER}${name}.cpuprofile`, JSON.stringify(worker));
    writeFileSync(`${FOLDER}${name}.svg`, flameGraph(worker));
    writeFileSync(`${FOLDER}${name}.txt`, `${text}\n`);
    process.stdout.write(`${name}\n${text}\n\n`);
  }
  process.stdout.write(`in ${FOLDER}: a flame graph, V8’s profile and this list of each\n`);
}

/** The worker's profile of one run. */
async function profileOf({ scenario, rate, server }: (typeof LOADS)[keyof typeof LOADS]): Promise<Profile> {
  const made = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    // Workers inherit what their parent is started with.
    const node = [process.execPath, '--cpu-prof', '--cpu-prof-dir', made, '--cpu-prof-interval', '500', MAIN];
    const file = fileURLToPath(new URL(scenario, import.meta.url));
    const load = ['--users', '50', '--sessions', '5', '--rate', String(rate), '--duration', '10s', '--workers', '1'];
    await withServer(server, (port) => {
      const target = ['--url', `ws://127.0.0.1:${port}`, '--quiet', '--no-fail', '--out', made];
      return outputOf(start([...node, 'run', file, ...target, ...load], { core: CLIENT_CORE }));
    });
    const profiles = readdirSync(made).filter((name) => name.endsWith('.cpuprofile'));
    const read = profiles.map((name) => JSON.parse(readFileSync(join(made, name), 'utf8')) as Profile);
    const isWorker = ({ nodes }: Profile): boolean =>
      nodes.some(({ callFrame }) => callFrame.url.endsWith('worker.js'));
    const worker = read.find(isWorker);
    if (worker === undefined) throw new Error('the worker wrote no profile');
    return worker;
  } finally {
    rmSync(made, { recursive: true });
  }
}
