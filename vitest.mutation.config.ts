import { defineConfig } from 'vitest/config';

/** Nothing but what loads the sources within its tests: stryker runs for each mutant the tests that it has seen running it. */
export default defineConfig({ test: { include: ['test/checks/modules.test.ts'] } });
