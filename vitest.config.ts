import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a real cluster around them: vitest.real.config.ts.
    exclude: ['test/real/**'],
    // One for each of two cores: much of the time is waited.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Nothing is left in, or found in, the home of whoever runs the tests.
    env: { XDG_STATE_HOME: join(tmpdir(), 'anton-logging-test-state') },
    // Tests of commands read what they print; vitest would take console.log away.
    disableConsoleIntercept: true,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
