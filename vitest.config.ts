import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Tests of commands read what they print; vitest would take console.log away.
    disableConsoleIntercept: true,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
