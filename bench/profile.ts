import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flameGraph, selfTimes, type Profile } from './flame.ts';
import { build, withServer } from './limit.ts';
import { MAIN } from './ours.ts';
import { CLIENT_CORE, outputOf, start } from './processes.ts';

const PLAIN = fileURLToPath(new URL('plain.ts', import.meta.url));
const FOLDER = fileURLToPath(new URL('results/profile/', import.meta.url));
const LOAD = ['--users', '50', '--sessions', '5', '--rate', '4', '--duration', '10s', '--workers', '1', '--no-fail'];

/** Where a worker's time goes at 49,000 deliveries a second: V8's own profile, a flame graph, and a list. */
export async function profile(): Promise<void> {
  const missing = build();
  if (missing !== undefined) throw new Error(missing);
  const made = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    // Workers inherit what their parent is started with.
    const node = [process.execPath, '--cpu-prof', '--cpu-prof-dir', made, '--cpu-prof-interval', '500', MAIN];
    await withServer('limit', (port) =>
      outputOf(
        start([...node, 'run', PLAIN, '--url', `ws://127.0.0.1:${port}`, ...LOAD, '--quiet', '--out', made], {
          core: CLIENT_CORE,
        }),
      ),
    );
    const profiles = readdirSync(made).filter((name) => name.endsWith('.cpuprofile'));
    const read = profiles.map((name) => JSON.parse(readFileSync(join(made, name), 'utf8')) as Profile);
    const isWorker = ({ nodes }: Profile): boolean =>
      nodes.some(({ callFrame }) => callFrame.url.endsWith('worker.js'));
    const worker = read.find(isWorker);
    if (worker === undefined) throw new Error('the worker wrote no profile');
    mkdirSync(FOLDER, { recursive: true });
    const list = selfTimes(worker).slice(0, 30);
    const text = list.map(({ share, name }) => `${(share * 100).toFixed(1).padStart(5)} %  ${name}`).join('\n');
    writeFileSync(`${FOLDER}worker.cpuprofile`, JSON.stringify(worker));
    writeFileSync(`${FOLDER}worker.svg`, flameGraph(worker));
    writeFileSync(`${FOLDER}worker.txt`, `${text}\n`);
    process.stdout.write(`${text}\n\nin ${FOLDER}: worker.svg, worker.cpuprofile, worker.txt\n`);
  } finally {
    rmSync(made, { recursive: true });
  }
}
