import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,server,scenarios,bench}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    restoreMocks: true,
    // Two at least, also on two cores: much of the time they wait for clocks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Runs in real time on a machine that others use may be inconclusive, and say so: once is no finding.
    retry: 1,
  },
});
