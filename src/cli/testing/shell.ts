import { Writable } from 'node:stream';
import { ToolError } from '../../core/errors.ts';
import { commandLine } from '../main.ts';
import type { Shell } from '../shell.ts';

class Kept extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What shows Unicode, on every system. */
const UNICODE = { LC_ALL: 'C.UTF-8', TERM_PROGRAM: 'test' };

/** A shell without a terminal whose output is kept. */
export function testShell(folder = process.cwd(), env: NodeJS.ProcessEnv = {}): Shell & { stdout: Kept; stderr: Kept } {
  const shown = { ...UNICODE, ...env };
  return {
    stdout: new Kept(),
    stderr: new Kept(),
    env: shown,
    folder,
    onSignal: () => () => undefined,
    standBack() {},
  };
}

/** What a command line prints on standard output, and its exit code. */
export async function typed(
  line: string | string[],
  folder?: string,
  env?: NodeJS.ProcessEnv,
): Promise<{ exit: number; out: string; err: string }> {
  const shell = testShell(folder, env);
  const exit = await commandLine(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, shell);
  return { exit, out: shell.stdout.text, err: shell.stderr.text };
}

/** The sentence with which a command line is refused. */
export async function refusal(line: string | string[], folder?: string, env?: NodeJS.ProcessEnv): Promise<string> {
  try {
    await typed(line, folder, env);
  } catch (error) {
    if (!(error instanceof ToolError) || error.exitCode !== 104) throw error;
    return `${error.message}${error.hint ? ` ${error.hint}` : ''}`;
  }
  throw new Error(`${String(line)} was not refused`);
}
