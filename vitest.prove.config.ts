import { defineConfig } from 'vitest/config';

/** What takes minutes to hours: `npm run prove [-- FILE]`. What it finds is written to docs/proofs.md. */
export default defineConfig({
  test: {
    include: ['{src,server,scenarios,bench}/**/*.prove.ts'],
    passWithNoTests: true,
    testTimeout: 4 * 3_600_000,
    fileParallelism: false,
  },
});
