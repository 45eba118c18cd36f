import { fork, type ChildProcess } from 'node:child_process';
import { isStop, stoppedEarly, ToolError } from '../core/errors.ts';
import { bareHost, inUrl, portOf } from './addresses.ts';
import { holderWords } from './port-holder.ts';
import { accepts, acceptsAt, freePort, LOOPBACK } from './ports.ts';
import { builtUrl } from './programs.ts';
import type { StarterReport } from './starter.ts';

/** A server that a command started, in a process group of its own that dies with this process (starter.ts). */
export interface StartedServer {
  /** The process that the command became. */
  pid: number | undefined;
  /** Where it listens. */
  address: string;
  /** The last lines that it printed. */
  lastLines(): string[];
  /** Presses Ctrl+C; resolves once it has ended, or with false where it has not within a time. */
  interrupt(within_ms: number): Promise<boolean>;
  /** Ends it in any case. May be called again. */
  stop(): Promise<void>;
  /** Lets it end by itself, as it does where this process is gone. */
  leave(): void;
}

/** How long a started server may take to listen, and how long one that was told to end may take. */
const STARTS_MS = 30_000;
const ENDS_MS = 8000;
const LOOK_MS = 30;
const LINES = 40;

/**
 * Where a command's server is to listen: at a free port that the command is told, or at the one that it always takes.
 * @param urls of the target
 * @throws ToolError (104) where nobody can know
 */
export function portFor(command: string, urls: readonly string[]): Promise<number> {
  if (urls.length > 0 && !urls.some((url) => url.includes('{port}'))) return Promise.resolve(portOf(new URL(urls[0]!)));
  if (command.includes('{port}')) return freePort();
  throw new ToolError('The command of --start does not say {port}, so nobody knows where its server listens.', {
    hint: 'Write {port} where the command takes its port, or give the one it always takes: --url ws://localhost:8765.',
  });
}

interface StartRequest {
  command: string;
  /** The port on which it is to listen. */
  port: number;
  /** Where users are told to find it: there it has to listen. Absent: at either address of this machine itself. */
  url?: string | undefined;
  /** What the user calls the command: `--start`. */
  called: string;
  /** Ends the waiting for a command that does not listen yet. */
  stop: AbortSignal;
  /** Told when it ends on its own, and how. */
  died?(how: string): void;
}

/**
 * Starts a server by a command; it is ready when its port accepts.
 * @throws ToolError (104) where the port is taken, where it ends at once or never listens, (105) where it is stopped before that
 */
export async function startServer(request: StartRequest): Promise<StartedServer> {
  const { command, port, called, stop, url } = request;
  const hosts = url === undefined ? LOOPBACK : [bareHost(url)];
  if (await accepts(port)) {
    throw new ToolError(`Port ${port} is taken, so the server of ${called} cannot have it: ${holderWords(port)}.`, {
      hint: 'Is an older server still running? docs/check.md says how to end it.',
    });
  }
  const started = begin(command, request.died);
  const began = Date.now();
  // Whoever accepts while our process is gone is somebody else.
  for (;;) {
    const address = started.how() === undefined ? await acceptsAt(port, hosts) : undefined;
    if (address !== undefined && started.how() === undefined) return Object.assign(started, { address });
    const how = started.how();
    if (!stop.aborted && how === undefined && Date.now() - began < STARTS_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      continue;
    }
    const elsewhere = how === undefined && !stop.aborted ? await acceptsAt(port) : undefined;
    await started.stop();
    if (stop.aborted || started.isStopped()) throw stoppedEarly();
    const what =
      how === undefined
        ? `does not listen on port ${port} of ${hosts.join(' or ')} after ${STARTS_MS / 1000} s`
        : `ended (${how})`;
    const said = telling(started.lastLines());
    throw new ToolError(
      `The server started with ${called} ${what}${said === undefined ? '' : `: ${said.replace(/\.$/, '')}`}.`,
      elsewhere === undefined ? {} : { hint: `It listens at ${elsewhere}: --url ws://${inUrl(elsewhere)}:{port}.` },
    );
  }
}

/** The line that says most: an error rather than what a runtime prints behind it. */
export const telling = (lines: readonly string[]): string | undefined =>
  lines.findLast((line) => /error|exception/i.test(line)) ?? lines.at(-1);

/** A server that may not listen yet. */
interface Starting extends Omit<StartedServer, 'address'> {
  /** How it ended, once it has. */
  how(): string | undefined;
  /** Whether a signal that tells all of our processes to stop ended the one that starts it. */
  isStopped(): boolean;
}

function begin(command: string, died?: (how: string) => void): Starting {
  const starter = fork(builtUrl('starter.js'), [command], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const lines: string[] = [];
  let pid: number | undefined;
  let how: string | undefined;
  let ending = false;
  let stopped = false;
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
      if (!ending) died?.(how);
    }
    if (lines.length > LINES) lines.shift();
  });
  starter.once('exit', (code, signal) => {
    stopped = how === undefined && isStop(signal);
    how ??= signal ?? `exit ${code}`;
    ended();
  });
  return {
    get pid() {
      return pid;
    },
    how: () => how,
    isStopped: () => stopped,
    lastLines: () => [...lines],
    async interrupt(within_ms) {
      ending = true;
      interruptGroup(pid);
      let late: NodeJS.Timeout | undefined;
      const overdue = new Promise<boolean>((resolve) => {
        late = setTimeout(() => resolve(false), within_ms);
      });
      const inTime = await Promise.race([end.then(() => true), overdue]);
      clearTimeout(late);
      return inTime;
    },
    stop() {
      ending = true;
      return endOf(starter, () => tell(starter, 'stop'));
    },
    leave() {
      ending = true;
      starter.unref();
      if (starter.connected) starter.disconnect();
    },
  };
}

function interruptGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGINT');
  } catch {
    // It is gone already.
  }
}

/** Tells a child something; one that is gone, and only seems to be there, is told nothing. */
export function tell(child: ChildProcess, message: string | object): void {
  if (child.connected) child.send(message, () => {});
}

/** Ends a child that is asked to end; kills it where it does not. */
export function endOf(child: ChildProcess, ask: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const impatient = setTimeout(() => child.kill('SIGKILL'), ENDS_MS);
    child.once('exit', () => {
      clearTimeout(impatient);
      resolve();
    });
    ask();
  });
}
