import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIZE, type Load } from '../load.ts';
import { CLIENT_CORE, isInstalled, outputOf, start, Usage } from '../processes.ts';

/** Its program; nothing where it is not installed. */
export const artilleryProgram = (): string | undefined =>
  isInstalled('artillery', '--version') ? 'artillery' : undefined;

/** Its users arrive within so long, once it has started. */
const ARRIVAL_S = 2;

/** A user connects, then sends and sleeps. Artillery's WebSocket engine does not look at what comes in. */
function script(port: number, { users, rate }: Load, seconds: number): object {
  const message = { type: 'command', user_id: 'u', command: { type: 'move_item', item_id: 'u', pad: '' } };
  message.command.pad = 'x'.repeat(SIZE - JSON.stringify(message).length);
  const loop = [{ send: JSON.stringify(message) }, { think: `${1000 / rate} ms` }];
  return {
    config: {
      target: `ws://127.0.0.1:${port}/ws/peer`,
      phases: [{ duration: ARRIVAL_S, arrivalCount: users }],
    },
    scenarios: [
      {
        engine: 'ws',
        flow: [
          { connect: { target: `ws://127.0.0.1:${port}/ws/peer/{{ $uuid }}` } },
          { loop, count: (ARRIVAL_S + seconds + 2) * rate },
        ],
      },
    ],
  };
}

/** Artillery under a load, on one core. @returns CPU a delivery, µs, by what its users were sent meanwhile */
export async function artillery(program: string, port: number, load: Load, seconds: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'load.json');
    writeFileSync(file, JSON.stringify(script(port, load, seconds)));
    const child = start([program, 'run', '--quiet', file], {
      core: CLIENT_CORE,
      env: { ARTILLERY_DISABLE_TELEMETRY: 'true', ARTILLERY_LOCAL_WORKER_POOL_SIZE: '1' },
    });
    const usage = new Usage(child);
    const output = outputOf(child);
    const began = await allThere(port, load.users, output);
    await output;
    usage.stop();
    const deliveries = load.users * (load.users - 1) * load.rate * seconds;
    return (usage.cpu(began, began + seconds * 1000) * 1000) / deliveries;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** When all users have been connected, by the wall clock; the system knows who is. */
async function allThere(port: number, users: number, ended: Promise<string>): Promise<number> {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = '01';
  const over = new AbortController();
  void ended.then(() => over.abort());
  while (!over.signal.aborted) {
    const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
    const there = lines.filter((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return local?.endsWith(place) && state === established;
    });
    if (there.length >= users) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Artillery ended before its users were there: ${await ended}`);
}
