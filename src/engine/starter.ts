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
const LOOK_MS = 50;

const report = (message: StarterReport): void => {
  if (process.connected) process.send?.(message);
};

// Signals of a terminal or a supervisor go to all its processes: the parent decides, and asks by any message. From
// before there is anything that would be left behind.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});

const child = spawn(process.argv[2]!, {
  shell: true,
  detached: process.platform !== 'win32',
  stdio: ['ignore', 'pipe', 'pipe'],
});
const { pid } = child;

/** Whether any process of the group is left; on Windows there are no groups to ask about. */
function signal(name: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}

let ending = false;
/** Ends the whole group: its leader may be a shell that is gone while the server it started goes on. */
function endGroup(): void {
  if (ending) return;
  ending = true;
  if (process.platform === 'win32') {
    if (pid !== undefined) spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    finish();
    return;
  }
  signal('SIGTERM');
  const until = Date.now() + GRACE_MS;
  const look = (): void => {
    if (signal(0) && Date.now() < until) setTimeout(look, LOOK_MS);
    else {
      signal('SIGKILL');
      finish();
    }
  };
  look();
}

function finish(): void {
  child.stdout.destroy();
  child.stderr.destroy();
  if (process.connected) process.disconnect();
}

process.on('message', endGroup);
process.on('disconnect', endGroup);
if (pid !== undefined) report({ kind: 'started', pid });
for (const stream of [child.stdout, child.stderr]) {
  createInterface({ input: stream }).on('line', (text) => report({ kind: 'line', text }));
}
child.on('error', (error) => report({ kind: 'ended', how: error.message }));
child.on('exit', (code, how) => {
  // What it printed last may still be in the pipe; what it started may still be there.
  setTimeout(() => {
    report({ kind: 'ended', how: how ?? `exit ${code}` });
    endGroup();
  }, LOOK_MS);
});
