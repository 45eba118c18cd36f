import { fork, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { ToolError } from '../core/errors.ts';
import { builtUrl } from '../engine/programs.ts';
import type { StarterReport } from '../engine/starter.ts';

/** A server that was started for this check. */
export interface RunningServer {
  port: number;
  /** The last lines that it printed. */
  lastLines(): string[];
  /** Presses Ctrl+C; resolves once it has ended, or with false where it has not within a time. */
  interrupt(within_ms: number): Promise<boolean>;
  /** Starts it again on the same port. @throws ToolError where it does not listen */
  restart(): Promise<void>;
  /** Ends it in any case. */
  stop(): Promise<void>;
}

const STARTS_MS = 30_000;
const ENDS_MS = 8000;
const LOOK_MS = 30;
const LINES = 40;

/**
 * Starts a server by a command, `{port}` filled in with a free port.
 * @throws ToolError (104) where it ends at once or never listens
 */
export async function launch(command: string, signal: AbortSignal, called = '--start'): Promise<RunningServer> {
  const port = await freePort();
  const lines: string[] = [];
  let running = begin(command.replaceAll('{port}', String(port)), lines);
  const listens = async (): Promise<void> => {
    try {
      await listening(running, port, signal, lines, called);
    } catch (error) {
      await running.stop();
      throw error;
    }
  };
  await listens();
  return {
    port,
    lastLines: () => [...lines],
    interrupt: (within_ms) => running.interrupt(within_ms),
    async restart() {
      await running.stop();
      running = begin(command.replaceAll('{port}', String(port)), lines);
      await listens();
    },
    stop: () => running.stop(),
  };
}

interface Started {
  /** How it ended, once it has. */
  how(): string | undefined;
  interrupt(within_ms: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** In a group of its own, which dies with this process (engine/starter.ts). */
function begin(command: string, lines: string[]): Started {
  const starter = fork(builtUrl('starter.js'), [command], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let pid: number | undefined;
  let how: string | undefined;
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  starter.on('message', (message) => {
    const report = message as StarterReport;
    if (report.kind === 'started') ({ pid } = report);
    else if (report.kind === 'line') lines.push(report.text);
    else {
      ({ how } = report);
      ended();
    }
    if (lines.length > LINES) lines.shift();
  });
  starter.once('exit', () => ended());
  return {
    how: () => how,
    async interrupt(within_ms) {
      if (pid !== undefined) {
        try {
          process.kill(-pid, 'SIGINT');
        } catch {
          // It is gone already.
        }
      }
      let late: NodeJS.Timeout | undefined;
      const overdue = new Promise<boolean>((resolve) => {
        late = setTimeout(() => resolve(false), within_ms);
      });
      const inTime = await Promise.race([end.then(() => true), overdue]);
      clearTimeout(late);
      return inTime;
    },
    stop: () => endOf(starter),
  };
}

function endOf(starter: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (starter.exitCode !== null || starter.signalCode !== null) return resolve();
    const impatient = setTimeout(() => starter.kill('SIGKILL'), ENDS_MS);
    starter.once('exit', () => {
      clearTimeout(impatient);
      resolve();
    });
    starter.kill('SIGTERM');
  });
}

async function listening(
  started: Started,
  port: number,
  signal: AbortSignal,
  lines: readonly string[],
  called: string,
): Promise<void> {
  const began = Date.now();
  // Whoever accepts while our process is gone is somebody else.
  while (started.how() !== undefined || !(await accepts(port))) {
    signal.throwIfAborted();
    const how = started.how();
    if (how === undefined && Date.now() - began < STARTS_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      continue;
    }
    const what = how === undefined ? `does not listen on port ${port} after ${STARTS_MS / 1000} s` : `ended (${how})`;
    const last = lines.findLast((line) => /error|exception/i.test(line)) ?? lines.at(-1);
    throw new ToolError(`The server started with ${called} ${what}${last === undefined ? '' : `: ${last}`}.`, {
      hint: 'The command gets its port where it says {port}.',
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether anybody listens on a port of this machine. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
