import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,server,scenarios,bench}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    restoreMocks: true,
  },
});
