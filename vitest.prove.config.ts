import { defineConfig } from 'vitest/config';

/** What takes hours: `npm run prove`. */
export default defineConfig({
  test: {
    include: ['{src,server,scenarios,bench}/**/*.prove.ts'],
    passWithNoTests: true,
    testTimeout: 4 * 3_600_000,
    fileParallelism: false,
  },
});
