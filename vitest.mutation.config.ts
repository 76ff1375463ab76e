import { defineConfig } from 'vitest/config';

/** What loads the sources within its tests, and tests of what is only called in them: stryker runs for each mutant the tests that ran it. */
export default defineConfig({
  test: { include: ['modules', 'beginnings', 'survey', 'tools', 'diagnosis/*'].map((name) => `test/checks/${name}.test.ts`) },
});
