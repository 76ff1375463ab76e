import { defineConfig } from 'vitest/config';
import common from './vitest.config.ts';

/** What test/real/inside.ts tells: the cluster that is up, or why there is none. */
const { cluster, missing } = JSON.parse(process.env.ANTON_LOGGING_REAL ?? '{}');

export default defineConfig({
  test: {
    ...common.test,
    include: ['test/contract/**/*.test.ts', 'test/real/**/*.test.ts'],
    exclude: [],
    // One cluster, two cores: what a test waits for must not be another's load.
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 450_000,
    provide: { realCluster: cluster, missingParts: missing },
  },
});
