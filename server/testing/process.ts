import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { FromServer } from '../foreground.ts';

/** A server in a process of its own, with everything it said. */
export interface ServerProcess {
  child: ChildProcess;
  ready: { url: string; port: number; pid: number };
  output(): string;
  /** Resolved with its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** The server's own entry. */
export const program = new URL('../main.ts', import.meta.url);

/** Runs TypeScript in a process with a channel. */
export function forkSource(url: URL, args: string[]): { child: ChildProcess; output(): string } {
  const child = fork(url, args, { execArgv: ['--import', 'tsx'], silent: true });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (text += String(data)));
  return { child, output: () => text };
}

/** The first message of a kind that a child sends from now on. */
export async function said<K extends FromServer['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<FromServer, { kind: K }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [FromServer];
    if (message.kind === kind) return message as Extract<FromServer, { kind: K }>;
  }
}

/** Starts `server/main.ts` as a child and waits until it is ready. */
export async function startProcess(options: object): Promise<ServerProcess> {
  const { child, output } = forkSource(program, [JSON.stringify({ port: 0, ...options })]);
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const first = once(child, 'message').then(([message]) => message as FromServer);
  const message = await Promise.race([first, ended]);
  if (typeof message !== 'object' || message.kind !== 'ready') throw new Error(`no server: ${output()}`);
  return { child, ready: message, output, ended };
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
