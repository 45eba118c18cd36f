import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,server,scenarios,bench}/**/*.test.ts'],
    // Generous, as a machine that others use takes its time: what never ends is found all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // Three at least, also on two cores: much of the time they wait for clocks.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // What a file imports is loaded once a worker, not once a file: no test changes a module for another.
    isolate: false,
    // Of one file: whole runs, several processes each, which must not be what makes the machine too busy for them.
    maxConcurrency: Math.max(3, availableParallelism()),
  },
});
