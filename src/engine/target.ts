import { fork, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { EXIT, stoppedEarly, ToolError, type ExitCode } from '../core/errors.ts';
import type { Target } from '../plan/plan.ts';
import { printable } from './addresses.ts';
import { builtUrl, programUrl } from './programs.ts';
import type { RunRequest } from './request.ts';
import type { StarterReport } from './starter.ts';

/** The server under test, and what there is of it on this machine. */
export interface RunningTarget {
  target: Target;
  /** The address as it may be printed. */
  where: string;
  /** Process whose resources can be read. */
  pid?: number;
  /** Page of the server's metrics, as Prometheus scrapes it. */
  metrics?: string;
  /** The longest delay of the server's event loop since the last call, ms; absent where it does not tell. */
  loopDelay?(): number | undefined;
  /** Ends what was started for this run; nothing for a server that was there. May be called again. */
  stop(): Promise<void>;
  /** How often the bundled server committed each fault it was asked for, once it has ended. */
  faults(): Record<string, number>;
  /** The last lines that a started server printed. */
  lastLines(): string[];
}

/** How long a started server may take to listen, and how long one that was told to end may take. */
const STARTS_MS = 30_000;
const ENDS_MS = 8000;
const LINES = 20;
/** Items that a user adds on its own at most, with room to spare; how far above the mean rate a burst of one may be. */
const ADDED_ITEMS = 10;
const BURST = 20;

/**
 * Makes the target ready: the bundled server in a process of its own, a command of the user's, or one that runs.
 * @param died told when a process that was started ends on its own, and how
 * @param stop ends the waiting for a command that does not listen yet
 */
export function startTarget(
  request: RunRequest,
  died: (how: string) => void,
  stop: AbortSignal,
): Promise<RunningTarget> {
  if (request.start !== undefined) return startCommand(request, request.start, died, stop);
  if (request.target) {
    const { target } = request;
    return Promise.resolve({
      target,
      where: target.urls.map(printable).join(', '),
      ...(request.server_pid !== undefined && { pid: request.server_pid }),
      ...(request.server_metrics !== undefined && { metrics: request.server_metrics }),
      stop: () => Promise.resolve(),
      faults: () => ({}),
      lastLines: () => [],
    });
  }
  return startBundled(request, died);
}

/** Ends a child that was asked to end; kills it where it does not. */
function endOf(child: ChildProcess, ask: () => void): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      const impatient = setTimeout(() => child.kill('SIGKILL'), ENDS_MS);
      child.once('exit', () => {
        clearTimeout(impatient);
        resolve();
      });
      ask();
    });
}

/** What the bundled server tells its parent (server/foreground.ts). */
type FromServer =
  | { kind: 'ready'; port: number }
  | { kind: 'gauges'; event_loop_delay: number }
  | { kind: 'failed'; message: string; hint?: string; exitCode: ExitCode }
  | { kind: 'stopped'; counts: { faults: Record<string, number> } };

/** What the bundled server must take at least: the user asked for this load, not for its limits (rule P16). */
const roomFor = ({ users, sessions, users_total, items, rate }: RunRequest['plan']): Record<string, number> => ({
  // Who is thrown out may be back before the old connection is gone.
  maxConnections: 2 * users_total,
  // Another one is looked into before the run.
  maxSessions: sessions + 1,
  maxUsersPerSession: users,
  maxItems: items + ADDED_ITEMS * users,
  maxRate: Math.ceil(rate * BURST),
});

async function startBundled(request: RunRequest, died: (how: string) => void): Promise<RunningTarget> {
  const options = {
    host: '127.0.0.1',
    port: 0,
    faults: request.plan.faults,
    seed: request.plan.seed,
    quiet: true,
    room: roomFor(request.plan),
  };
  const child = fork(programUrl('server'), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let faults: Record<string, number> = {};
  let delay: number | undefined;
  let ending = false;
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message) => {
      const said = message as FromServer;
      if (said.kind === 'ready') resolve(said.port);
      else if (said.kind === 'gauges') delay = Math.max(delay ?? 0, said.event_loop_delay);
      else if (said.kind === 'failed')
        reject(new ToolError(said.message, { exitCode: said.exitCode, ...(said.hint && { hint: said.hint }) }));
      else faults = said.counts.faults;
    });
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit ${code}`;
      if (!ending) died(how);
      reject(new ToolError(`The bundled server did not start (${how}).`, { exitCode: EXIT.defect }));
    });
  });
  const where = `ws://127.0.0.1:${port}`;
  return {
    target: { urls: [where], headers: {}, subprotocols: [] },
    where,
    pid: child.pid!,
    loopDelay: () => {
      const told = delay;
      delay = undefined;
      return told;
    },
    stop: endOf(child, () => {
      ending = true;
      // A signal would do, but Windows has none that can be answered.
      if (child.connected) child.send({ kind: 'stop' });
    }),
    faults: () => faults,
    lastLines: () => [],
  };
}

async function startCommand(
  request: RunRequest,
  command: string,
  died: (how: string) => void,
  asked: AbortSignal,
): Promise<RunningTarget> {
  const port = await freePort();
  const fill = (text: string): string => text.replaceAll('{port}', String(port));
  const target = request.target ?? { urls: ['ws://127.0.0.1:{port}'], headers: {}, subprotocols: [] };
  const starter = fork(builtUrl('starter.js'), [fill(command)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const lines: string[] = [];
  let pid: number | undefined;
  let ended: string | undefined;
  let ending = false;
  starter.on('message', (message) => {
    const report = message as StarterReport;
    if (report.kind === 'started') pid = report.pid;
    else if (report.kind === 'line') lines.push(report.text);
    else {
      ended = report.how;
      if (!ending) died(ended);
    }
    if (lines.length > LINES) lines.shift();
  });
  const stop = endOf(starter, () => {
    ending = true;
    starter.kill('SIGTERM');
  });
  const began = Date.now();
  while (!(await accepts(port))) {
    if (asked.aborted) {
      await stop();
      throw stoppedEarly();
    }
    if (ended === undefined && Date.now() - began < STARTS_MS) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await stop();
    const what =
      ended === undefined ? `does not listen on port ${port} after ${STARTS_MS / 1000} s` : `ended (${ended})`;
    throw new ToolError(`The server started with --start ${what}${lines.length > 0 ? `: ${telling(lines)}` : ''}.`, {
      hint: 'The command gets its port where it says {port}.',
    });
  }
  const urls = target.urls.map(fill);
  return {
    target: { ...target, urls },
    where: urls.map(printable).join(', '),
    ...(pid !== undefined && { pid }),
    ...(request.server_metrics !== undefined && { metrics: fill(request.server_metrics) }),
    stop,
    faults: () => ({}),
    lastLines: () => [...lines],
  };
}

/** The line that says most: an error rather than what a runtime prints behind it. */
const telling = (lines: readonly string[]): string =>
  lines.findLast((line) => /error|exception/i.test(line)) ?? lines.at(-1)!;

/** A port that nobody has at this moment. */
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

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
