/**
 * The program, and the only place in which anything becomes an exit code: a command answers with one, and what it
 * throws is either a sentence for whoever typed it (`ToolError`) or a defect of the tool.
 */
import { commandLine } from './cli/main.ts';
import { processShell, type Stops } from './cli/shell.ts';
import { wrap } from './cli/wrap.ts';
import { EXIT, EXIT_MEANING, ToolError, type ExitCode } from './core/errors.ts';
import { openFilesLimit } from './engine/environment.ts';
import { ownLimit } from './engine/system-error.ts';
import { presentable, screenOf } from './reporters/screen.ts';

/**
 * Whoever reads our output may close it early, as `head` does, and a disk may be full: the run goes on. What was asked
 * for and could not be written is no success, whatever else it is.
 */
function watchOutput(): void {
  let told = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || told) return;
      told = true;
      if (stream !== process.stdout) return;
      process.stderr.write(`loadtest: the output cannot be written: ${error.message}.\n`);
      process.once('exit', (code) => {
        if (code === EXIT.pass) process.exitCode = EXIT.invalid;
      });
    });
  }
}

function sayWhy(error: unknown, files: number | undefined): ExitCode {
  const thrown = ownLimit(error, files) ?? error;
  if (thrown instanceof ToolError && thrown.exitCode !== EXIT.defect) {
    const sentence = `${thrown.message}${thrown.hint ? ` ${thrown.hint}` : ''}`;
    // After "loadtest: " a sentence goes on; names such as LOADTEST_URL stay.
    const goesOn = sentence.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
    // A part of it may have come from the server: its reason for a close, its last lines.
    const said = presentable(`loadtest: ${goesOn}`, screenOf(process.stderr));
    process.stderr.write(`${wrap(said)}\n`);
    return thrown.exitCode;
  }
  const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  process.stderr.write(`loadtest: ${EXIT_MEANING[EXIT.defect]}, please report it with these lines:\n${trace}\n`);
  return EXIT.defect;
}

/** Carries out the command line of this process, and leaves its exit code. */
export async function program(stops: Stops): Promise<void> {
  watchOutput();
  // Without this, Node takes its ears off first: a signal of the same stop would then end it, whatever the outcome.
  process.once('beforeExit', () => process.exit());
  process.once('exit', (code) => {
    if (code === EXIT.defect && !decided) process.stderr.write('loadtest: it ended without an outcome.\n');
  });
  let decided = false;
  const files = openFilesLimit();
  process.exitCode = await commandLine(process.argv.slice(2), processShell(stops)).catch(async (error: unknown) => {
    // A signal to all processes may have ended one that was waited for: it is heard before that is told.
    await new Promise((resolve) => setImmediate(resolve));
    return sayWhy(error, files);
  });
  decided = true;
  // Nothing is left to be stopped but what keeps the process.
  stops.told = () => process.exit();
}
