import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs somebody's server (`--start`) in a process group of its own, and ends the group when this process's parent
 * asks, or is gone, even by `kill -9`. The command is the first argument.
 */
export type StarterReport =
  | { kind: 'started'; pid: number }
  | { kind: 'line'; text: string }
  | { kind: 'ended'; how: string };

/** How long the group may take to end before it is killed. */
const GRACE_MS = 5000;

const report = (message: StarterReport): void => {
  if (process.connected) process.send?.(message);
};

const child = spawn(process.argv[2]!, {
  shell: true,
  detached: process.platform !== 'win32',
  stdio: ['ignore', 'pipe', 'pipe'],
});
let ended = false;

function end(signal: NodeJS.Signals): void {
  if (ended || child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

function shutDown(): void {
  end('SIGTERM');
  setTimeout(() => end('SIGKILL'), GRACE_MS).unref();
}

process.on('SIGINT', () => {});
process.on('SIGTERM', shutDown);
process.on('disconnect', shutDown);
if (child.pid !== undefined) report({ kind: 'started', pid: child.pid });
for (const stream of [child.stdout, child.stderr]) {
  createInterface({ input: stream }).on('line', (text) => report({ kind: 'line', text }));
}
child.on('error', (error) => report({ kind: 'ended', how: error.message }));
child.on('exit', (code, signal) => {
  // Its children may outlive a shell: the whole group goes.
  end('SIGTERM');
  ended = true;
  report({ kind: 'ended', how: signal ?? `exit ${code}` });
  setImmediate(() => process.disconnect?.());
});
