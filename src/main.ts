#!/usr/bin/env node
/**
 * The program's entry: what holds before any of its code is there. It imports nothing and is plain enough for every
 * Node to read it, so that one that is too old says so; and from its first line on a signal ends the program in order.
 */
import type { Stops } from './cli/shell.ts';
import type { EXIT } from './core/errors.ts';

const DEFECT: (typeof EXIT)['defect'] = 1;
const INVALID: (typeof EXIT)['invalid'] = 104;
const INTERRUPTED: (typeof EXIT)['interrupted'] = 105;

/** As in package.json. */
const OLDEST = { major: 20, minor: 19 };
/**
 * Signals within so long of the first are one stop, ms: npx and timeout(1) send theirs to a process that had it from
 * the terminal or the group already, and a terminal that is closed sends several.
 */
const ONE_STOP = 1000;

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];

if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
  process.stderr.write(
    `loadtest: this is Node ${process.versions.node}, and Node ${OLDEST.major}.${OLDEST.minor} or later is needed.\n`,
  );
  process.exitCode = INVALID;
} else {
  // Until there is an outcome.
  process.exitCode = DEFECT;
  const stops: Stops = {
    told(signal) {
      process.stderr.write(`loadtest: stopped by ${signal === 'SIGINT' ? 'Ctrl+C' : signal}.\n`);
      process.exit(INTERRUPTED);
    },
  };
  let last = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last < ONE_STOP) return;
      last = now;
      stops.told(signal);
    });
  }
  import('./program.ts').then(
    ({ program }) => program(stops),
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EMFILE') throw error;
      process.stderr.write('loadtest: it may not open enough files to begin: raise the limit (ulimit -n 1024).\n');
      process.exitCode = INVALID;
    },
  );
}
