import { fork } from 'node:child_process';
import { EXIT, isStop, stoppedEarly, ToolError, unlessStopped, type ExitCode } from '../core/errors.ts';
import type { Target } from '../plan/plan.ts';
import { estimate } from '../plan/estimate.ts';
import { refuseServerFiles } from '../plan/walls.ts';
import { inUrl, portOf, printable, reachOf } from './addresses.ts';
import { programUrl } from './programs.ts';
import type { RunRequest } from './request.ts';
import { ServerProcesses } from './server-processes.ts';
import { endOf, portFor, startServer, tell } from './started.ts';

/** The server under test, and what there is of it on this machine. */
export interface RunningTarget {
  target: Target;
  /** The address as it may be printed. */
  where: string;
  /** Where the name of this machine leads, by which it is reached. */
  address?: string;
  /** The process that was started, or that the user named. */
  pid?: number;
  /** Those whose resources are read. */
  processes?: ServerProcesses;
  /** Page of the server's metrics, as Prometheus scrapes it. */
  metrics?: string;
  /** The longest delay of the server's event loop since the last call, ms; absent where it does not tell. */
  loopDelay?(): number | undefined;
  /** Ends what was started for this run; nothing for a server that was there. May be called again. */
  stop(): Promise<void>;
  /** Ends what was started without waiting for a command that takes its time: it is ended as where this process is gone. */
  leave(): Promise<void>;
  /** How often the bundled server committed each fault it was asked for, once it has ended. */
  faults(): Record<string, number>;
  /** The last lines that a started server printed. */
  lastLines(): string[];
}

/** Items that a user adds on its own at most, with room to spare; how far above the mean rate a burst of one may be. */
const ADDED_ITEMS = 10;
const BURST = 20;

/**
 * Makes the target ready: the bundled server in a process of its own, a command of the user's, or one that runs.
 * @param died told when a process that was started ends on its own, and how
 * @param stop ends the waiting for a server that does not listen yet
 */
export function startTarget(
  request: RunRequest,
  died: (how: string) => void,
  stop: AbortSignal,
): Promise<RunningTarget> {
  if (request.start !== undefined) return startCommand(request, request.start, died, stop);
  if (request.target) {
    const { target, server_pid: pid } = request;
    if (pid !== undefined) refuseNoProcess(pid);
    const ports = target.urls.map((url) => portOf(new URL(url)));
    return Promise.resolve({
      target,
      where: target.urls.map(printable).join(', '),
      ...(pid !== undefined && { pid, processes: new ServerProcesses({ pid, ports, started: false }) }),
      ...(request.server_metrics !== undefined && { metrics: request.server_metrics }),
      stop: () => Promise.resolve(),
      leave: () => Promise.resolve(),
      faults: () => ({}),
      lastLines: () => [],
    });
  }
  return startBundled(request, died, stop);
}

function refuseNoProcess(pid: number): void {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's may be looked at, not signalled.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return;
    throw new ToolError(`There is no process ${pid}, which --server-pid names.`, { cause: error });
  }
}

/**
 * A server that runs on this machine may not be able to open enough files.
 * @throws ToolError (104)
 */
export function refuseFullServer({ plan }: RunRequest, { processes, target }: RunningTarget): void {
  const limit = processes?.filesLimit();
  if (limit !== undefined) refuseServerFiles(plan, estimate(plan, 0, reachOf(target.urls)).server_files, limit);
}

/** What the bundled server tells its parent (server/foreground.ts). */
type FromServer =
  | { kind: 'ready'; port: number }
  | { kind: 'gauges'; event_loop_delay: number }
  | { kind: 'failed'; message: string; hint?: string; exitCode: ExitCode }
  | { kind: 'stopped'; counts: { faults: Record<string, number> } };

/** What the bundled server must take at least: the user asked for this load, not for its limits (rule P16). */
const roomFor = ({
  plan: { users, sessions, users_total, items, rate },
  room,
}: RunRequest): Record<string, number> => ({
  // Who is thrown out may be back before the old connection is gone.
  maxConnections: 2 * users_total,
  // Another one is looked into before the run.
  maxSessions: sessions + 1,
  maxUsersPerSession: users,
  maxItems: items + Math.max(ADDED_ITEMS * users, room?.items ?? 0),
  // What is late is caught up with at once.
  maxRate: Math.max(Math.ceil(rate * BURST), 2 * (room?.rate ?? 0)),
});

async function startBundled(
  request: RunRequest,
  died: (how: string) => void,
  stop: AbortSignal,
): Promise<RunningTarget> {
  const options = {
    host: '127.0.0.1',
    port: 0,
    faults: request.plan.faults,
    seed: request.plan.seed,
    quiet: true,
    room: roomFor(request),
  };
  const child = fork(programUrl('server'), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let faults: Record<string, number> = {};
  let delay: number | undefined;
  let ending = false;
  const listens = new Promise<number>((resolve, reject) => {
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
      if (isStop(signal)) return reject(stoppedEarly());
      reject(new ToolError(`The bundled server did not start (${how}).`, { exitCode: EXIT.defect }));
    });
  });
  const port = await unlessStopped(listens, stop).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const where = `ws://127.0.0.1:${port}`;
  return {
    target: { urls: [where], headers: {}, subprotocols: [] },
    where,
    pid: child.pid!,
    processes: new ServerProcesses({ pid: child.pid!, ports: [port], started: true }),
    loopDelay: () => {
      const told = delay;
      delay = undefined;
      return told;
    },
    stop: () =>
      endOf(child, () => {
        ending = true;
        // A signal would do, but Windows has none that can be answered.
        tell(child, { kind: 'stop' });
      }),
    leave: () => endOf(child, () => child.kill('SIGKILL')),
    faults: () => faults,
    lastLines: () => [],
  };
}

async function startCommand(
  request: RunRequest,
  command: string,
  died: (how: string) => void,
  stop: AbortSignal,
): Promise<RunningTarget> {
  const target = request.target ?? { urls: [], headers: {}, subprotocols: [] };
  const port = await portFor(command, target.urls);
  const fill = (text: string): string => text.replaceAll('{port}', String(port));
  const url = target.urls.map(fill)[0];
  const server = await startServer({ command: fill(command), port, url, called: '--start', stop, died });
  const { pid, address } = server;
  const urls = url === undefined ? [`ws://${inUrl(address)}:${port}`] : target.urls.map(fill);
  return {
    target: { ...target, urls },
    where: urls.map(printable).join(', '),
    ...(pid !== undefined && { pid, processes: new ServerProcesses({ pid, ports: [port], started: true }) }),
    ...(request.server_metrics !== undefined && { metrics: fill(request.server_metrics) }),
    stop: () => server.stop(),
    leave: () => Promise.resolve(server.leave()),
    faults: () => ({}),
    lastLines: () => server.lastLines(),
  };
}
