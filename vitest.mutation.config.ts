import { defineConfig } from 'vitest/config';

/** What judges checks, and nothing that takes longer: stryker runs it once for each mutant. */
export default defineConfig({ test: { include: ['test/checks/**/*.test.ts'] } });
