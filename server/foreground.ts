import { EXIT, messageOf, ToolError } from '../src/core/errors.ts';
import type { LoggerOptions } from './logger.ts';

/** How a program that serves is told to end, and tells how it goes. */
export interface ForegroundOptions {
  /**
   * Whether a parent process started this one and has a channel to it. It then says `ready`, ends when asked to or when
   * its parent does, and leaves signals, which a terminal or a supervisor sends to both, to its parent.
   */
  child?: boolean;
  /** Calls `handler` for each stop until the function that it returns is called; absent: for each signal. */
  onSignal?(handler: (signal: NodeJS.Signals) => void): () => void;
}

/** How a command that serves is run: where it listens and how it tells what happens. */
export interface CommandOptions extends ForegroundOptions, Omit<LoggerOptions, 'write'> {
  host?: string;
  port?: number;
}

/** How often a child tells its parent how it is, ms: once an interval of a run. */
const TELLS_EVERY = 1000;

/** Where a server in the foreground says things. */
export const toOutput = (text: string): void => {
  process.stdout.write(text);
};

/** What a child tells its parent. */
export type FromServer =
  | { kind: 'ready'; url: string; port: number; pid: number }
  | { kind: 'gauges'; event_loop_delay: number }
  | { kind: 'failed'; message: string; hint?: string; exitCode: number }
  | { kind: 'stopped'; counts: object };

/** What a parent tells the child: to stop as for SIGTERM. */
interface ToServer {
  kind: 'stop';
}

/** Something that runs until it is closed. */
export interface Running {
  url: string;
  port: number;
  close(): Promise<void>;
  counts(): object;
  /** The longest delay of the event loop since the last call, ms. */
  loopDelay?(): number;
}

/** Tells the parent; a parent that is gone is told nothing. */
function tellParent(message: FromServer): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) resolve();
    else process.send?.(message, undefined, undefined, () => resolve());
  });
}

const tellGauges = (running: Running): void =>
  void tellParent({ kind: 'gauges', event_loop_delay: running.loopDelay!() });

/** Tells the parent why there is no server. */
export const tellFailure = (error: unknown): Promise<void> =>
  tellParent({
    kind: 'failed',
    message: messageOf(error),
    ...(error instanceof ToolError && error.hint !== undefined && { hint: error.hint }),
    exitCode: error instanceof ToolError ? error.exitCode : EXIT.defect,
  });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function onOwnSignals(handler: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
}

const orphaned = (): never => process.exit(EXIT.interrupted);

/**
 * Runs a server until a signal ends it: the first one gracefully (P5), the second one at once.
 * @param stopping told what ended it
 */
export async function untilStopped(
  running: Running,
  options: ForegroundOptions,
  stopping: (why: string) => void,
): Promise<void> {
  const { child = false, onSignal = onOwnSignals } = options;
  let stop!: (why: string) => void;
  const asked = new Promise<string>((resolve) => {
    stop = resolve;
  });
  let signals = 0;
  const deaf = onSignal((signal) => {
    if (child) return;
    if (++signals > 1) process.exit(EXIT.interrupted);
    stop(signal);
  });
  const onMessage = (message: unknown): void => {
    if ((message as ToServer | undefined)?.kind === 'stop') stop('asked to');
  };
  if (child) {
    process.on('message', onMessage).on('disconnect', orphaned);
    if (!process.connected) orphaned();
    await tellParent({ kind: 'ready', url: running.url, port: running.port, pid: process.pid });
  }
  const telling = child && running.loopDelay ? setInterval(() => tellGauges(running), TELLS_EVERY) : undefined;
  stopping(await asked);
  clearInterval(telling);
  await running.close();
  if (child) {
    await tellParent({ kind: 'stopped', counts: running.counts() });
    process.off('message', onMessage).off('disconnect', orphaned);
    if (process.connected) process.disconnect();
  }
  deaf();
}
